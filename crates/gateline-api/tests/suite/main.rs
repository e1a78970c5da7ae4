//! What the conformance suite of the Gateway API asserts of statuses, held against `resolve` for each of its manifests.
//! The manifests are those of the Go module: `cargo xtask test suite` fetches it and sets `GATELINE_SUITE`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

mod claim;
mod expected;
mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;

use gateline_api::Resolution;
use gateline_api::resolve;

use claim::{Claims, Part};
use expected::{Case, Line};
use world::World;

const EXPECTED: &str = include_str!("expected.txt");

#[test]
#[ignore = "needs the manifests of the suite: cargo xtask test suite"]
fn statuses_are_what_the_suite_asserts() {
    let suite =
        PathBuf::from(std::env::var_os("GATELINE_SUITE").expect("GATELINE_SUITE: the folder of the module"));
    let world = World::new(&suite);
    let cases = expected::cases(EXPECTED);
    let named: BTreeSet<&str> = cases.iter().map(|case| case.test.as_str()).collect();
    let all = world.tests();
    assert_eq!(all.len(), 147, "the suite has other tests than expected.txt was written for");
    for name in &named {
        assert!(all.contains(*name), "{name} is no test of the suite");
    }
    let plain: Vec<Case> =
        all.iter().filter(|test| !named.contains(test.as_str())).map(|test| Case::plain(test)).collect();
    let failures: Vec<String> = cases.iter().chain(&plain).flat_map(|case| check(&world, case)).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// What is not as the suite wants it. Where it says nothing, everything must be good.
fn check(world: &World, case: &Case) -> Vec<String> {
    let objects = world.during(case);
    let resolution = resolve(&objects, &world::options());
    let mut parts = parts(&resolution);
    let mut failures = Vec::new();
    for Line { part, claims } in &case.lines {
        match parts.iter().position(|(found, _)| found.is(part)) {
            None => failures.push(format!("{case}: {part} has no status")),
            Some(index) => {
                let (_, said) = parts.swap_remove(index);
                failures.extend(claims.held_against(&said).map(|what| format!("{case}: {part}: {what}")));
            }
        }
    }
    for (part, said) in parts {
        failures
            .extend(said.faults().map(|what| format!("{case}: {part}: {what} (nothing is expected of it)")));
    }
    for status in &resolution.statuses {
        let object = objects.get(&status.group, &status.kind, &status.name).unwrap();
        for condition in claim::all_conditions(status) {
            if condition.observed_generation != object.generation {
                failures.push(format!("{case}: {} {}: {condition:?}", status.kind, status.name));
            }
        }
    }
    failures
}

/// Everything that has conditions of its own: objects, their listeners, their parents or ancestors.
fn parts(resolution: &Resolution) -> Vec<(Part, Claims)> {
    let mut parts = Vec::new();
    for status in &resolution.statuses {
        if status.parents.is_empty() {
            let claims = Claims::of(&status.conditions).sets(status.attached_listener_sets);
            parts.push((Part::object(status), claims));
        }
        for listener in &status.listeners {
            let kinds = listener.supported_kinds.iter().map(|(_, kind)| kind.clone()).collect();
            let claims = Claims::of(&listener.conditions).listener(kinds, listener.attached_routes);
            parts.push((Part::listener(status, &listener.name), claims));
        }
        for parent in &status.parents {
            parts.push((Part::parent(status, &parent.parent_ref), Claims::of(&parent.conditions)));
        }
    }
    parts
}

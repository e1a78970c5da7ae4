//! What `gateline check` must say about `examples/guide`: manifests that are published as a working set and are not one.

#![expect(clippy::expect_used, reason = "helpers of tests may fail loudly")]

use std::path::Path;

use gateline::Profile;
use gateline_api::parse::{self, Input, Limits};
use gateline_api::status::ConditionStatus;
use gateline_api::{Finding, Options, Resolution, Severity, Target, analyse, resolve, validate};

fn guide() -> Resolution {
    guide_on(Profile::SPEC)
}

fn guide_on(profile: Profile) -> Resolution {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/guide");
    let mut loaded = parse::load(&[Input::Path(path)], &Limits::default());
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    let refusals = validate(&mut loaded.objects);
    assert!(refusals.is_empty(), "{refusals:?}");
    let mut resolution = resolve(&loaded.objects, &Options::default());
    resolution.findings.extend(analyse(&resolution.model, &Target::of(profile)));
    resolution
}

/// `GL103 01-three-tiers.yaml:36`.
fn place(finding: &Finding) -> String {
    let place = finding.origin.place.as_ref().expect("every finding has a place");
    let file = place.file.rsplit('/').next().unwrap_or_default();
    format!("{} {file}:{}", finding.code, place.line)
}

/// Each is a defect of the manifests.
#[test]
fn the_findings_are_these_and_no_others() {
    for profile in [Profile::SPEC, Profile::named("envoy-gateway").expect("a profile")] {
        let resolution = guide_on(profile);
        let serious = resolution.findings.iter().filter(|finding| finding.severity != Severity::Info);
        let mut found: Vec<String> = serious.map(place).collect();
        found.sort();
        // Where its regular expression ranks is known of Envoy Gateway, and open in the specification.
        let open = (profile == Profile::SPEC).then_some("GL503 03-path-routing.yaml:39");
        let mut expected: Vec<&str> = EXPECTED.into_iter().chain(open).collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "{profile}");
    }
}

const EXPECTED: [&str; 12] = [
    "GL103 01-three-tiers.yaml:36",
    "GL104 14-ingress-parallel.yaml:27",
    "GL106 06-redirect-rewrite.yaml:8",
    "GL108 02-envoy-gateway.yaml:61",
    "GL201 05-canary.yaml:13",
    "GL201 06-redirect-rewrite.yaml:14",
    "GL203 14-ingress-parallel.yaml:40",
    "GL401 06-redirect-rewrite.yaml:14",
    "GL604 02-envoy-gateway.yaml:50",
    "GL604 09-cert-manager.yaml:29",
    "GL801 12-rate-limit-route.yaml:8",
    "GL802 12-rate-limit-route.yaml:8",
];

#[test]
fn what_is_only_worth_knowing() {
    let resolution = guide();
    let notes = resolution.findings.iter().filter(|finding| finding.severity == Severity::Info);
    let mut codes: Vec<&str> = notes.map(|finding| finding.code).collect();
    codes.dedup();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes, ["GL106", "GL207", "GL301", "GL304", "GL305", "GL502", "GL601", "GL606"]);
}

#[test]
fn the_messages_name_what_is_wrong_and_what_to_do() {
    let resolution = guide();
    let text = |code: &str| {
        let finding = resolution.findings.iter().find(|finding| finding.code == code).unwrap();
        format!("{} {}", finding.message, finding.help.as_deref().unwrap_or_default())
    };
    for (code, words) in [
        ("GL103", &["\"https\"", "https-wildcard", "http-redirect"][..]),
        ("GL104", &["gateway-access=true", "kubectl label namespace production"]),
        (
            "GL203",
            &["3 routes", "production/app-route takes every request", "canary-route", "redirect-and-rewrite"],
        ),
        ("GL801", &["production/api-route", "app-team-a", "never applied"]),
        ("GL802", &["infra-gateway/global-rate-limit", "rateLimit", "StrategicMerge"]),
    ] {
        for word in words {
            assert!(text(code).contains(word), "{code} lacks {word:?}: {}", text(code));
        }
    }
}

#[test]
fn one_route_is_refused_and_eight_are_attached() {
    let resolution = guide();
    let refused =
        resolution.statuses.iter().flat_map(|status| status.parents.iter().map(move |p| (status, p)));
    let refused: Vec<String> = refused
        .filter(|(_, parent)| parent.conditions.iter().any(|one| one.status == ConditionStatus::False))
        .map(|(status, _)| status.name.to_string())
        .collect();
    assert_eq!(refused, ["app-team-a/api-route"]);
    let listeners: Vec<(String, usize)> =
        resolution.model.listeners.iter().map(|l| (l.name.to_string(), l.attached.len())).collect();
    assert_eq!(
        listeners,
        [
            ("infra-gateway/production-gateway/http-redirect".to_owned(), 0),
            ("infra-gateway/production-gateway/https-wildcard".to_owned(), 8),
        ]
    );
}

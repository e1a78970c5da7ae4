//! Tests that are suggested for manifests pass on them, for the manifests of all files of cases.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

use gateline_testing::{Runner, Suite, suggest};
use spec_tests::worlds;

#[test]
fn suggested_tests_pass_and_go_through_all_that_can_be_reached() {
    let (mut passed, mut reached) = (0, 0);
    // Tests are of routes: `gateline test` takes no Ingresses.
    for (file, world) in worlds().unwrap().into_iter().filter(|(file, _)| file.ingress.is_none()) {
        let text = suggest(&world.router, &[]);
        let (suite, errors) = Suite::parse(&file.name, &text);
        assert!(errors.is_empty(), "{}: {errors:?}\n{text}", file.name);
        let asked = gateline_testing::World {
            resolution: world.resolution,
            findings: world.findings,
            ..gateline_testing::World::default()
        };
        let mut runner = Runner::new(&asked, &world.router, None);
        for case in &suite.cases {
            let report = runner.run(case);
            assert!(report.passed(), "{}: {report:#?}\n{text}", file.name);
            passed += 1;
        }
        for rule in runner.finish().rules {
            let found = rule.hits > 0 || rule.unreachable.is_some() || rule.suggestion.is_none();
            assert!(found, "{}: {} is not gone through\n{text}", file.name, rule.name);
            reached += usize::from(rule.hits > 0);
        }
    }
    assert!(passed > 300, "{passed}");
    assert!(reached >= passed, "{reached} of {passed}");
}

use gateline::model::HostPattern;
use proptest::prelude::*;

use super::*;

/// How many HTTPRoutes and GRPCRoutes with these hostnames are told to meet on one listener.
fn meetings(listener: &str, http: &[String], grpc: &[String]) -> usize {
    let listener = format!("{{name: http, port: 80, protocol: HTTP, hostname: '{listener}'}}");
    let spec = |hosts: &[String]| {
        let hosts: Vec<String> = hosts.iter().map(|host| format!("'{host}'")).collect();
        format!("{{parentRefs: [{{name: edge}}], hostnames: [{}]}}", hosts.join(", "))
    };
    let routes =
        route("HTTPRoute", "infra", "web", &spec(http)) + &route("GRPCRoute", "infra", "api", &spec(grpc));
    codes(&closed(&(gateway(&listener) + &routes))).iter().filter(|code| **code == "GL208").count()
}

#[test]
fn two_kinds_of_routes_on_one_host() {
    for (listener, http, grpc, expected) in [
        ("", &["a.com"][..], &["a.com"][..], 1),
        ("", &["a.com"], &["b.com"], 0),
        ("", &[], &["b.com"], 1),
        ("", &["a.com"], &[], 1),
        ("", &[], &[], 1),
        ("", &["a.com", "*.b.com"], &["x.y.b.com", "a.com"], 1),
        ("", &["b.com"], &["*.b.com"], 0),
        ("*.b.com", &[], &["a.com"], 0),
        ("b.com", &["*.com"], &["b.com"], 1),
    ] {
        let [web, api] = [http, grpc].map(|hosts| hosts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(meetings(listener, &web, &api), expected, "{listener} {http:?} {grpc:?}");
    }
}

#[test]
fn the_finding_names_both_routes() {
    let spec = "{parentRefs: [{name: edge}]}";
    let yaml = gateway("{name: a, port: 80, protocol: HTTP}\n{name: b, port: 81, protocol: HTTP}")
        + &route("HTTPRoute", "infra", "web", spec)
        + &route("HTTPRoute", "infra", "www", spec)
        + &route("GRPCRoute", "infra", "api", spec);
    let resolution = closed(&yaml);
    let found: Vec<_> = resolution.findings.iter().filter(|finding| finding.code == "GL208").collect();
    assert_eq!(found.len(), 1, "once for a GRPCRoute");
    assert!(
        found[0].message.starts_with("GRPCRoute infra/api and HTTPRoute infra/web "),
        "{}",
        found[0].message
    );
    assert_eq!(&*found[0].origin.object.name, "api");
    assert_eq!(&*found[0].related[0].1.object.name, "web");
}

proptest! {
    /// The index says what comparing every pair says.
    #[test]
    fn hosts_meet_as_patterns_intersect(
        http in prop::collection::vec("(\\*\\.)?([ab]\\.){0,2}[ab]", 1..4),
        grpc in prop::collection::vec("(\\*\\.)?([ab]\\.){0,2}[ab]", 1..3),
    ) {
        let parsed = |hosts: &[String]| hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect::<Vec<_>>();
        let (web, api) = (parsed(&http), parsed(&grpc));
        let meet = web.iter().any(|one| api.iter().any(|other| one.intersect(other).is_some()));
        prop_assert_eq!(meetings("", &http, &grpc), usize::from(meet));
    }
}

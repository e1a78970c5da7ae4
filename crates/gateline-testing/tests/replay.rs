//! Replays held against what decides: brute force over small logs, the classes of a diff, and any bytes.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fmt::Write;

use gateline::analysis::{Beside, ChangeKind, Comparing, Label};
use gateline::model::ObjectName;
use gateline::{Options, Router};
use gateline_api::parse::Input;
use gateline_testing::record::{LogOptions, requests};
use gateline_testing::replay::{Played, Replay, ReplayReport};
use gateline_testing::{Config, World, diff_weighed};
use proptest::prelude::*;

const GATEWAY: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
";

/// A route of these paths to these backends.
fn route(name: &str, rules: &[(&str, &str)]) -> String {
    let mut text = format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n\
         metadata: {{name: {name}, namespace: shop}}\nspec:\n  parentRefs: [{{name: edge}}]\n  rules:\n"
    );
    for (path, backends) in rules {
        writeln!(text, "    - matches: [{{path: {{value: {path}}}}}]\n      backendRefs: [{backends}]")
            .unwrap();
    }
    text
}

fn compiled(text: String) -> Router {
    let input = Input::Text { name: "shop.yaml".into(), bytes: text.into_bytes() };
    let world = World::load(&[input], &Config::default().options(None));
    assert!(world.errors.is_empty(), "{:?}", world.errors);
    world.router(&Options::default()).unwrap()
}

fn router(routes: &[(&str, &[(&str, &str)])]) -> Router {
    let routes = routes.iter().map(|(name, rules)| route(name, rules));
    compiled(GATEWAY.to_owned() + &routes.collect::<String>())
}

fn played(router: &Router) -> Played<'_> {
    Played { router, beside: Beside::default() }
}

fn replay(log: &str, before: &Router, after: Option<&Router>) -> ReplayReport {
    let mut replay = Replay::new(played(before), after.map(played));
    let options = LogOptions::default();
    for one in requests("log", log.as_bytes(), &options).unwrap() {
        replay.play(one);
    }
    replay.finish()
}

fn line(path: &str, more: &str) -> String {
    format!("{{\"method\":\"GET\",\"authority\":\"a.example\",\"path\":\"{path}\",{more}}}\n")
}

const SHOP: &[(&str, &str)] = &[("/", "{name: web, port: 80}"), ("/cart", "{name: cart, port: 80}")];

#[test]
fn a_split_agrees_with_each_of_its_backends_and_no_other() {
    let split = "{name: web, port: 80, weight: 9}, {name: next, port: 80}, {name: idle, port: 80, weight: 0}";
    let router = router(&[("web", &[("/", split)])]);
    let of = |backend: &str| {
        line(
            "/",
            &format!(r#""route_name":"httproute/shop/web/rule/0/match/0","gateline_backend":"{backend}""#),
        )
    };
    let report = replay(&[of("shop/web:80"), of("shop/next:80"), of("shop/idle:80")].concat(), &router, None);
    assert_eq!((report.agreement.compared, report.agreement.agree), (3, 2));
    let [only] = &*report.disagreements else { panic!("{:?}", report.disagreements) };
    assert_eq!(only.recorded, "HTTPRoute/shop/web#0: shop/idle:80");
    assert_eq!((only.place.line, &*only.curl), (3, "curl -i http://a.example/"));
}

#[test]
fn what_only_the_age_of_routes_decides_is_said() {
    let router = router(&[("a", SHOP), ("b", SHOP)]);
    let report = replay(&line("/", r#""route_name":"httproute/shop/b/rule/0/match/0""#), &router, None);
    let note = report.disagreements[0].note.as_deref().unwrap();
    assert!(note.starts_with("both match as well, and the older route goes first"), "{note}");
    let report = replay(&line("/", r#""route_name":"httproute/shop/c/rule/0/match/0""#), &router, None);
    assert_eq!(report.disagreements[0].note.as_deref(), Some("the manifests have no such route"));
}

#[test]
fn a_port_that_nothing_listens_on_is_said() {
    let log = line("/", r#""requested_server_name":"a.example","response_code":200"#);
    let report = replay(&log, &router(&[("web", SHOP)]), None);
    let [only] = &*report.disagreements else { panic!("{:?}", report.disagreements) };
    assert_eq!((&*only.recorded, &*only.predicted), ("200", "nothing listens"));
    let note = only.note.as_deref().unwrap();
    assert_eq!(note, "no listener has port 443; there are 80 (shop/edge/http)");
}

#[test]
fn what_would_be_recorded_so_either_way_is_not_compared() {
    let router = router(&[("web", SHOP)]);
    for (more, compared, agree) in [
        (r#""response_code":200"#, 1, 1),
        (r#""response_code":404"#, 0, 0),
        (r#""response_code":503"#, 0, 0),
        (r#""response_code":404,"route_name":null"#, 1, 0),
        (r#""response_code":431,"route_name":null"#, 0, 0),
        (r#""response_code":200,"route_name":"somebody else's""#, 1, 1),
        (r#""response_code":503,"route_name":"httproute/shop/web/rule/0/match/0""#, 1, 1),
        (r#""response_code":503,"route_name":"httproute/shop/web/rule/1/match/0""#, 1, 0),
    ] {
        let agreement = replay(&line("/", more), &router, None).agreement;
        assert_eq!((agreement.compared, agreement.agree), (compared, agree), "{more}");
    }
}

#[test]
fn another_certificate_is_a_change_of_every_request_over_tls() {
    let https = GATEWAY.replace(
        "{name: http, port: 80, protocol: HTTP}",
        "{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: web}]}}",
    );
    let router = compiled(https + &route("web", SHOP));
    let showing = |words: &str| Beside {
        listeners: vec![Label { words: words.into(), content: words.into() }],
        ..Beside::default()
    };
    let [before, after] = [showing("certificate web"), showing("certificate new")];
    let mut replay = Replay::new(
        Played { router: &router, beside: before },
        Some(Played { router: &router, beside: after }),
    );
    let log = line("/", r#""requested_server_name":"a.example""#).repeat(3);
    for one in requests("log", log.as_bytes(), &LogOptions::default()).unwrap() {
        replay.play(one);
    }
    let changes = replay.finish().changes.unwrap();
    let [only] = &*changes else { panic!("{changes:?}") };
    assert_eq!((only.kind, only.requests), (ChangeKind::Tls, 3));
    assert_eq!((&*only.before.effect, &*only.after.effect), ("certificate web", "certificate new"));
}

#[test]
fn the_gateway_whose_log_it_is() {
    let other = GATEWAY.replace("name: edge", "name: inner");
    let inner = route("b", &[("/", "{name: inner, port: 80}")]).replace("{name: edge}", "{name: inner}");
    let router = compiled([GATEWAY, "---", &other, &route("a", SHOP), &inner].concat());
    let log = line("/", r#""route_name":"httproute/shop/b/rule/0/match/0""#);
    for (gateway, agree) in [(None, 0), (Some("edge"), 0), (Some("inner"), 1)] {
        let mut replay = Replay::new(played(&router), None);
        for one in requests("log", log.as_bytes(), &LogOptions::default()).unwrap() {
            let mut recorded = one.unwrap();
            recorded.request.gateway = gateway.map(|name| ObjectName::new("shop", name));
            replay.play(Ok(recorded));
        }
        assert_eq!(replay.finish().agreement.agree, agree, "{gateway:?}");
    }
}

#[test]
fn disagreements_without_end_are_counted() {
    let router = router(&[("web", SHOP)]);
    let log = (0..1_200).map(|one| line("/", &format!(r#""route_name":"httproute/shop/r{one}/rule/0""#)));
    let report = replay(&log.collect::<String>(), &router, None);
    assert_eq!((report.disagreements.len(), report.unlisted, report.agreement.compared), (1_000, 200, 1_200));
}

#[test]
fn lines_that_cannot_be_read_are_counted_and_the_first_ones_told() {
    let router = router(&[("web", SHOP)]);
    let log =
        format!("{}{}", "{\n".repeat(7).replace("{\n", "nonsense\n"), line("/", r#""response_code":200"#));
    let report = replay(&log, &router, None);
    assert_eq!((report.requests, report.unreadable.count, report.unreadable.first.len()), (1, 7, 5));
    assert!(report.unreadable.first[4].starts_with("log:5:1: this line is neither JSON nor"));
}

/// A route of some of these paths to some of these backends.
fn rules() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let path = prop::sample::select(vec!["/", "/a", "/a/b", "/c"]);
    let backend = prop::sample::select(vec![
        "{name: x, port: 80}",
        "{name: y, port: 80}",
        "{name: x, port: 80}, {name: y, port: 80}",
    ]);
    prop::collection::vec((path, backend), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every request that changes falls into a class of the diff of its kind, and the classes sum up to them.
    #[test]
    fn classes_of_a_diff_take_all_that_changes(
        before in rules(),
        after in rules(),
        paths in prop::collection::vec(prop::sample::select(vec!["/", "/a", "/a/b/x", "/ab", "/c/", "/d"]), 1..20),
    ) {
        let (before, after) = (router(&[("web", &before)]), router(&[("web", &after)]));
        let log: String = paths.iter().map(|path| line(path, r#""response_code":200"#)).collect();
        let report = replay(&log, &before, Some(&after));
        let options = LogOptions::default();
        let diff = diff_weighed(&before, &after, &Comparing::default(), |weighing| {
            requests("log", log.as_bytes(), &options).map(|all| all.for_each(|one| weighing.play(one)))
        }).unwrap();
        let weighed = diff.traffic.unwrap();
        prop_assert_eq!((weighed.requests, weighed.changed, weighed.elsewhere), (report.requests, report.changed(), 0));
        for kind in ChangeKind::ALL {
            let of_diff: u64 = diff.changes.iter().filter(|one| one.kind == kind)
                .map(|one| one.traffic.unwrap().requests).sum();
            let of_replay: u64 = report.changes.iter().flatten().filter(|one| one.kind == kind)
                .map(|one| one.requests).sum();
            prop_assert_eq!(of_diff, of_replay);
        }
    }

    /// Whatever a log holds: each line is a request, or an error with its place.
    #[test]
    fn any_bytes(
        lines in prop::collection::vec(prop::sample::select(vec![
            r#"{"method":"GET","path":"/","authority":"a","#, r#""route_name":"httproute/"#, "}", "\n", "] \"GET / HTTP/1.1\" 200",
            "\"", "[", " 1 2 [a-b-80] [] -", "\\x", "\\x4", "\u{e9}", "\0", "\r",
        ]), 0..20),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let router = router(&[("web", SHOP)]);
        let mut log = lines.concat().into_bytes();
        log.extend(bytes);
        let host = gateline_testing::record::LogHost::parse("a.example").ok();
        let options = LogOptions { host, ..LogOptions::default() };
        let mut replay = Replay::new(played(&router), Some(played(&router)));
        if let Ok(all) = requests("log", &log[..], &options) {
            all.for_each(|one| replay.play(one));
        }
        let report = replay.finish();
        prop_assert_eq!(report.changed(), 0);
        prop_assert!(report.unreadable.first.iter().all(|error| error.starts_with("log:")));
    }
}

//! Cases worth reading: misdirected requests and explanations.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod world;

use std::sync::Arc;

use gateline::explain::{Criterion, Outcome, Stage, Verdict};
use gateline::filter::{AuthProtocol, ExternalAuth};
use gateline::model::*;
use gateline::{Decision, MissReason, Model, Options, Router};
use http::{HeaderName, Method};
use world::*;

fn prefix(path: &str) -> Match {
    Match {
        path: PathMatch::Prefix(path.into()),
        method: None,
        headers: vec![],
        query: vec![],
        origin: origin(),
    }
}

fn route(name: &str, rules: Vec<Rule>) -> Route {
    let name = ObjectName::new("ns", name);
    Route { kind: RouteKind::Http, name, created: None, rules, origin: origin() }
}

/// The table of `HTTPRouteHTTPSListenerDetectMisdirectedRequests`: one listener for each hostname, one route on each.
#[test]
fn misdirected_requests() {
    let hosts = ["*", "second-example.org", "*.wildcard.org", "fourth-example.wildcard.org"];
    let mut model = Model::default();
    for (index, host) in hosts.into_iter().enumerate() {
        model.listeners.push(listener(index, "g", Protocol::Https, host));
    }
    let own = ["example.org", "second-example.org", "*.wildcard.org", "fourth-example.wildcard.org"];
    attach(&mut model, route("r", vec![rule(vec![prefix("")])]), &own);
    let router = Router::compile(Arc::new(model), &Options::default()).unwrap();
    let entry = router.entry(PORT).unwrap();
    let table = [
        ("example.org", "example.org", 200),
        ("example.org", "second-example.org", 421),
        ("example.org", "unknown-example.org", 404),
        ("second-example.org", "second-example.org", 200),
        ("second-example.org", "example.org", 421),
        ("second-example.org", "unknown-example.org", 421),
        ("third-example.wildcard.org", "third-example.wildcard.org", 200),
        ("third-example.wildcard.org", "fith-example.wildcard.org", 200),
        ("third-example.wildcard.org", "fourth-example.wildcard.org", 421),
        ("third-example.wildcard.org", "second-example.org", 421),
        ("third-example.wildcard.org", "unknown-example.org", 421),
        ("fourth-example.wildcard.org", "fourth-example.wildcard.org", 200),
        ("fourth-example.wildcard.org", "fith-example.wildcard.org", 421),
        ("unknown-example.org", "example.org", 200),
        ("unknown-example.org", "unknown-example.org", 404),
    ];
    for (sni, host, expected) in table {
        let status = match router.decide(entry, &Owned::get(host, "/").sni(sni).head()) {
            Decision::Hit(_) => 200,
            Decision::Miss(miss) => miss.reason.status().as_u16(),
            Decision::Ask(_) => 0,
        };
        assert_eq!(status, expected, "{sni} {host}");
    }
}

fn asks(backend: u32) -> ExternalAuth {
    let protocol = AuthProtocol::Grpc { request_headers: vec![] };
    ExternalAuth { target: Target::Backend(BackendId(backend)), protocol, body: 0, origin: origin() }
}

/// GEP-5224: filters of the listener run before routing, which then sees what they changed, and once.
#[test]
fn filters_of_the_listener_come_before_routing() {
    let user = |name: &str| HeaderMatch {
        name: HeaderName::from_static("x-user"),
        value: ValueMatch::Exact(name.into()),
    };
    let of = |name| Match { headers: vec![user(name)], ..prefix("") };
    let mut model = Model::default();
    model.listeners.push(Listener {
        filters: vec![asks(1), asks(0)],
        ..listener(0, "g", Protocol::Http, "*.guarded.org")
    });
    model.listeners.push(listener(1, "g", Protocol::Http, "*"));
    attach(&mut model, route("forged", vec![rule(vec![of("forged")])]), &["*"]);
    attach(&mut model, route("real", vec![rule(vec![of("real")])]), &["*"]);
    let backend = |name| Backend {
        name: BackendName { kind: "Service".into(), object: ObjectName::new("ns", name), port: Some(80) },
        protocol: BackendProtocol::Unspecified,
        origin: None,
    };
    model.backends = vec![backend("a"), backend("b")];
    let router = Router::compile(Arc::new(model), &Options::default()).unwrap();
    let entry = router.entry(PORT).unwrap();
    let request = |host: &str, user| Owned::get(host, "/").header("x-user", user);

    let sent = request("a.guarded.org", "forged");
    assert_eq!(router.decide(entry, &sent.head()), Decision::Ask(ListenerId(0)));
    let asked = router.listener_filters(entry, &sent.head()).map(|filter| filter.target.backend());
    assert_eq!(asked.collect::<Vec<_>>(), [Some(BackendId(1)), Some(BackendId(0))]);
    let changed = request("a.guarded.org", "real");
    let Decision::Hit(hit) = router.decide_admitted(entry, &changed.head()) else { panic!("no rule") };
    assert_eq!((hit.listener, hit.route), (ListenerId(0), RouteId(1)));
    let explanation = router.explain(entry, &changed.head(), 0);
    let asks: Vec<_> = explanation.asks.iter().map(|one| (&*one.reference, one.stage)).collect();
    assert_eq!(asks, [("ns/b:80", Stage::Listener), ("ns/a:80", Stage::Listener)]);

    let free = request("free.org", "real");
    assert!(matches!(router.decide(entry, &free.head()), Decision::Hit(_)));
    assert_eq!(router.listener_filters(entry, &free.head()).count(), 0);
}

/// Whatever is wrong with one of the servers, no request passes.
#[test]
fn a_listener_whose_server_is_missing_answers_500() {
    let target = Target::Invalid { reference: "ns/none:80".into(), reason: "BackendNotFound".into() };
    let filters = vec![asks(0), ExternalAuth { target, ..asks(0) }];
    let mut model = Model::default();
    model.listeners.push(Listener { filters, ..listener(0, "g", Protocol::Http, "*") });
    attach(&mut model, route("r", vec![rule(vec![prefix("")])]), &["*"]);
    let router = Router::compile(Arc::new(model), &Options::default()).unwrap();
    let explanation = router.explain(router.entry(PORT).unwrap(), &Owned::get("a", "/").head(), 0);
    assert_eq!((explanation.outcome, explanation.status), (Outcome::Respond, Some(500)));
    assert!(explanation.reason.contains("ns/none:80"), "{}", explanation.reason);
}

#[test]
fn explanations() {
    let exact = |text: &str| ValueMatch::Exact(text.into());
    let header = HeaderMatch { name: HeaderName::from_static("x-a"), value: exact("b") };
    let query = QueryMatch { name: "v".into(), value: exact("2") };
    let rules = vec![
        rule(vec![prefix("")]),
        rule(vec![prefix("/api")]),
        rule(vec![Match { headers: vec![header], ..prefix("/api") }]),
        rule(vec![Match { method: Some(Method::POST), ..prefix("/api") }]),
        rule(vec![Match { query: vec![query], ..prefix("/api") }]),
        rule(vec![prefix("/app")]),
    ];
    let mut model = Model { listeners: vec![listener(0, "g", Protocol::Http, "*")], ..Model::default() };
    attach(&mut model, route("shop", rules), &["*"]);
    attach(&mut model, route("other", vec![rule(vec![prefix("")])]), &["other.org"]);
    let router = Router::compile(Arc::new(model), &Options::default()).unwrap();
    let entry = router.entry(PORT).unwrap();

    let request = Owned::get("a.com", "/api/x").header("x-a", "c").header("x-a", "d");
    let explanation = router.explain(entry, &request.head(), 0);
    assert_eq!(explanation.listener.as_deref(), Some("infra/g/l0"));
    assert_eq!(explanation.route.as_deref(), Some("HTTPRoute/ns/shop"));
    assert_eq!((explanation.rule, explanation.matched), (Some(1), Some(0)));
    // It has no backend.
    assert_eq!((explanation.outcome, explanation.status), (Outcome::Respond, Some(500)));
    let verdicts: Vec<_> = explanation.candidates.into_iter().map(|one| (one.rule, one.verdict)).collect();
    let failed = |predicate: &str, expected: &str, actual: Option<&str>| Verdict::Failed {
        predicate: predicate.into(),
        expected: expected.into(),
        actual: actual.map(Into::into),
    };
    let expected = [
        (3, failed("method", "POST", Some("GET"))),
        (2, failed("header x-a", "b", Some("c,d"))),
        (4, failed("query v", "2", None)),
        (1, Verdict::Won { on: Some(Criterion::PathLength) }),
        (5, failed("path", "Prefix /app", Some("/api/x"))),
        (0, Verdict::Lost { on: Criterion::PathLength }),
    ];
    assert_eq!(verdicts, expected);

    let bad = router.explain(entry, &Owned::get("a b", "/").head(), 0);
    assert_eq!((bad.outcome, bad.status), (Outcome::None, Some(400)));
    assert!(bad.candidates.is_empty());
}

#[test]
fn a_bad_pattern_names_its_place() {
    let mut model = Model { listeners: vec![listener(0, "g", Protocol::Http, "*")], ..Model::default() };
    let origin = Origin { kind: "HTTPRoute".into(), path: "spec.rules[0].matches[0]".into(), ..origin() };
    let bad = Match { path: PathMatch::Regex("(".into()), origin, ..prefix("") };
    attach(&mut model, route("r", vec![rule(vec![bad])]), &["*"]);
    let error = Router::compile(Arc::new(model), &Options::default()).unwrap_err();
    assert!(error.to_string().contains("spec.rules[0].matches[0]"), "{error}");
}

#[test]
fn an_unknown_port_or_gateway_has_no_entry() {
    let model = Model { listeners: vec![listener(0, "g", Protocol::Http, "a.com")], ..Model::default() };
    let router = Router::compile(Arc::new(model), &Options::default()).unwrap();
    assert!(router.entry(PORT + 1).is_none());
    assert!(router.entry_of(&ObjectName::new("infra", "h"), PORT).is_none());
    let entry = router.entry_of(&ObjectName::new("infra", "g"), PORT).unwrap();
    let Decision::Miss(miss) = router.decide(entry, &Owned::get("b.com", "/").head()) else {
        panic!("a hit")
    };
    assert_eq!((miss.listener, miss.reason), (None, MissReason::NoListener));
}

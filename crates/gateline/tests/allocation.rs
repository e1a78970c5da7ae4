//! `decide` does not allocate: counted, not claimed.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod world;

use std::sync::Arc;

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

fn with_header(matched: Match, name: &'static str, value: ValueMatch) -> Match {
    let headers = vec![HeaderMatch { name: HeaderName::from_static(name), value }];
    Match { headers, ..matched }
}

fn exact(text: &str) -> ValueMatch {
    ValueMatch::Exact(text.into())
}

/// One rule for each match, on any host.
fn world(matches: Vec<Match>) -> Router {
    let mut model = Model { listeners: vec![listener(0, "g", Protocol::Https, "*")], ..Model::default() };
    let rules = matches.into_iter().map(|matched| rule(vec![matched])).collect();
    let name = ObjectName::new("ns", "route");
    let route = Route { kind: RouteKind::Http, name, created: None, rules, origin: origin() };
    attach(&mut model, route, &["*", "*.a.com", "b.a.com"]);
    Router::compile(Arc::new(model), &Options::default()).unwrap()
}

fn mixed() -> Router {
    let mut matches: Vec<Match> = Vec::new();
    // 500 nested prefixes that all ask for a header.
    for depth in 0..500 {
        matches.push(with_header(prefix(&format!("/deep{}", "/a".repeat(depth))), "x-deep", exact("yes")));
    }
    // Indexed by header, pair of headers, query.
    for n in 0..100 {
        matches.push(with_header(prefix("/header"), "x-n", exact(&n.to_string())));
        let mut pair = with_header(prefix("/pair"), "x-n", exact(&(n / 10).to_string()));
        let value = exact(&(n % 10).to_string());
        pair.headers.push(HeaderMatch { name: HeaderName::from_static("x-m"), value });
        matches.push(pair);
        let query = vec![QueryMatch { name: "v".into(), value: exact(&n.to_string()) }];
        matches.push(Match { query, ..prefix("/query") });
    }
    // Regular expressions: with a literal, without one, too large for a DFA; on paths and on a header.
    for n in 0..100 {
        let path = PathMatch::Regex(format!("/re{n}x/[0-9]+/.*").into());
        matches.push(Match { path, ..prefix("") });
    }
    for pattern in ["/[a-z]{3}[0-9]{2}", "/nfa.*a[a-c]{20}\\b"] {
        matches.push(Match { path: PathMatch::Regex(pattern.into()), ..prefix("") });
    }
    matches.push(with_header(prefix("/value"), "x-n", ValueMatch::Regex("[0-9]+,[0-9]+".into())));
    matches.push(Match { method: Some(Method::POST), ..prefix("/post") });
    let (service, method) = (Some(exact("pkg.Service")), Some(ValueMatch::Regex("Get.*".into())));
    let path = PathMatch::Grpc(GrpcMethodMatch { service, method });
    matches.push(Match { path, ..prefix("") });
    world(matches)
}

fn requests() -> Vec<(Owned, bool)> {
    let host = "x.y.a.com:443";
    let mut many = (0..40).map(|n| format!("p{n}=%41")).collect::<Vec<_>>().join("&");
    many.push_str("&v=%34%32");
    vec![
        (Owned::get(host, &format!("/deep{}", "/a".repeat(600))), false),
        (Owned::get(host, &format!("/deep{}", "/a".repeat(600))).header("x-deep", "yes"), true),
        (Owned::get("B.A.com.", "/header").header("x-n", "77"), true),
        (Owned::get("b.a.com", "/header").header("x-n", "7").header("x-n", "a"), true),
        (Owned::get("b.a.com", "/pair/z").header("x-n", "7").header("x-m", "3"), true),
        (Owned::get("b.a.com", "/pair/z").header("x-n", "7").header("x-m", "30"), false),
        (Owned::get(host, "/query").query("a=1&v=4%32"), true),
        (Owned::get(host, "/query").query(&many), true),
        (Owned::get(host, "/query").query("v=a&v=42"), false),
        (Owned::get(host, "/re42x/7/z"), true),
        (Owned::get(host, "/re42x/z/z"), false),
        (Owned::get(host, "/abc12"), true),
        (Owned::get(host, &format!("/nfa/{}a{}", "c".repeat(99), "b".repeat(20))), true),
        (Owned::get(host, "/value").header("x-n", "1").header("x-n", "2"), true),
        (Owned::get(host, "/value").header("x-n", "1"), false),
        (Owned::get(host, "/post"), false),
        (Owned::get(host, "/pkg.Service/GetThis"), true),
        (Owned::get(host, "/re1x/1/".repeat(1024).as_str()), false),
        (Owned::get(host, "/header").header("x-n", "77").sni("q.a.com"), true),
        (Owned::get(&"a.".repeat(32_768), "/header"), false),
    ]
}

#[test]
fn decide_does_not_allocate() {
    let router = mixed();
    let entry = router.entry(PORT).unwrap();
    for (request, hits) in requests() {
        let head = request.head();
        let mut decision = Decision::Miss(gateline::Miss { listener: None, reason: MissReason::NoListener });
        let counted = allocation_counter::measure(|| decision = router.decide(entry, &head));
        assert_eq!(matches!(decision, Decision::Hit(_)), hits, "{request:?}");
        assert_eq!(counted.count_total, 0, "{request:?}");
    }
}

#[test]
fn the_counter_counts() {
    let router = mixed();
    let (request, _) = requests().remove(0);
    let entry = router.entry(PORT).unwrap();
    let counted = allocation_counter::measure(|| drop(router.explain(entry, &request.head(), 0)));
    assert!(counted.count_total > 0);
}

#[test]
fn stats_tell_the_bounds() {
    let stats = mixed().stats();
    assert_eq!(stats.regexes, 100 + 2 + 2);
    assert_eq!(stats.residual_regexes, 1);
    assert!(stats.longest_list <= 8, "{stats:?}");
    assert!(stats.largest_dfa > 0 && stats.largest_dfa <= 128 << 10, "{stats:?}");
}

//! What a profile decides, on rules small enough to be read.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use gateline::analysis::{MatchRef, Scope, takers};
use gateline::model::*;
use gateline::{Decision, Head, Model, Profile, Router};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use world::*;

fn get(path: PathMatch) -> Match {
    Match { path, method: None, headers: vec![], query: vec![], origin: origin() }
}

fn prefix(path: &str) -> Match {
    get(PathMatch::Prefix(path.into()))
}

fn header(name: &'static str, value: ValueMatch) -> HeaderMatch {
    HeaderMatch { name: HeaderName::from_static(name), value }
}

/// A model of one listener with one route for each hostname, with a rule for each match.
fn table(routes: Vec<(&str, Vec<Match>)>) -> Model {
    let mut model = Model::default();
    model.listeners.push(listener(0, "g", Protocol::Http, "*"));
    for (index, (host, matches)) in routes.into_iter().enumerate() {
        let rules = matches.into_iter().map(|one| rule(vec![one])).collect();
        let name = ObjectName::new("ns", format!("r{index}").as_str());
        attach(
            &mut model,
            Route { kind: RouteKind::Http, name, created: None, rules, origin: origin() },
            &[host],
        );
    }
    model
}

/// Route and rule that take `POST http://a.example/users/1` with `x-a` and `x-b`.
fn taken(profile: &str, model: &Model) -> Option<(u32, u16)> {
    let profile = Profile::named(profile).unwrap();
    let model = profile.adapt(model.clone());
    let router = Router::compile(Arc::new(model), &profile.options()).unwrap();
    let mut headers = HeaderMap::new();
    for name in ["x-a", "x-b"] {
        headers.insert(name, HeaderValue::from_static("1"));
    }
    let head = Head {
        method: &Method::POST,
        authority: "a.example",
        path: "/users/1",
        query: None,
        headers: &headers,
        sni: None,
    };
    match router.decide(router.entry(PORT).unwrap(), &head) {
        Decision::Hit(hit) => Some((hit.route.0, hit.rule)),
        Decision::Miss(_) | Decision::Ask(_) => None,
    }
}

#[test]
fn a_method_is_one_more_header_to_envoy_gateway() {
    let exact = |name| header(name, ValueMatch::Exact("1".into()));
    let method = Match { method: Some(Method::POST), ..prefix("") };
    let two = Match { headers: vec![exact("x-a"), exact("x-b")], ..prefix("") };
    let model = table(vec![("*", vec![method.clone(), two])]);
    assert_eq!(taken("spec", &model), Some((0, 0)));
    assert_eq!(taken("envoy-gateway@1.9", &model), Some((0, 1)));
    // Of as many, the one with more exact ones: a method is exact.
    let pattern = Match { headers: vec![header("x-a", ValueMatch::Regex("[0-9]".into()))], ..prefix("") };
    let model = table(vec![("*", vec![pattern, method])]);
    assert_eq!(taken("envoy-gateway", &model), Some((0, 1)));
}

#[test]
fn the_longer_pattern_is_stronger_to_envoy_gateway() {
    let regex = |text: &str| get(PathMatch::Regex(text.into()));
    let model = table(vec![("*", vec![regex("/users/.*"), regex("/users/[0-9]+")])]);
    assert_eq!(taken("spec", &model), Some((0, 0)));
    assert_eq!(taken("envoy-gateway", &model), Some((0, 1)));
}

#[test]
fn envoy_gateway_looks_at_one_hostname_alone() {
    let model = table(vec![("a.example", vec![prefix("/other")]), ("*.example", vec![prefix("")])]);
    assert_eq!(taken("spec", &model), Some((1, 0)));
    assert_eq!(taken("envoy-gateway", &model), None);
}

#[test]
fn who_takes_requests_of_a_scope() {
    let method = Match { method: Some(Method::GET), ..prefix("/a") };
    let model = table(vec![("*", vec![prefix("/a/b"), method, prefix("")])]);
    let router = Router::compile(Arc::new(model), &Profile::SPEC.options()).unwrap();
    let all: BTreeSet<MatchRef> =
        (0..3).map(|rule| MatchRef { route: RouteId(0), rule, matched: 0 }).collect();
    let rules = |method: Method, path: PathMatch| -> Vec<u16> {
        let scope = Scope { method: Some(method), paths: vec![(path, true)], ..Scope::default() };
        takers(&router, &scope, &all).into_keys().map(|of| of.rule).collect()
    };
    assert_eq!(rules(Method::POST, PathMatch::Prefix("/a".into())), [0, 2]);
    assert_eq!(rules(Method::GET, PathMatch::Prefix("/a".into())), [0, 1]);
    assert_eq!(rules(Method::GET, PathMatch::Exact("/x".into())), [2]);
}

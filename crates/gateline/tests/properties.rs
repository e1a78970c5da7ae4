//! The router against the naive reference, and what must not change an answer.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod world;

use std::sync::Arc;

use gateline::explain::Verdict;
use gateline::model::*;
use gateline::{Connect, Decision, Head, Model, Opening, Options, RegexRank, Router, reference};
use proptest::prelude::*;
use proptest::sample::Index;
use world::*;

fn options(below: bool) -> Options {
    let mut options = Options::default();
    options.regex_rank = if below { RegexRank::BelowPrefix } else { RegexRank::AbovePrefix };
    options
}

fn compile(model: Model, options: &Options) -> Router {
    Router::compile(Arc::new(model), options).unwrap()
}

fn decide(router: &Router, head: &Head<'_>) -> Decision {
    router.decide(router.entry(PORT).unwrap(), head)
}

/// An answer in words that do not depend on the order of the model.
fn named(router: &Router, head: &Head<'_>) -> String {
    let model = router.model();
    let listener = |id: ListenerId| model.listeners[id.0 as usize].name.to_string();
    match decide(router, head) {
        Decision::Hit(hit) => {
            let route = &model.routes[hit.route.0 as usize];
            format!("{} {} {} {} {}", listener(hit.listener), route.kind, route.name, hit.rule, hit.matched)
        }
        Decision::Miss(miss) => format!("{:?} {:?}", miss.listener.map(listener), miss.reason),
        Decision::Ask(id) => format!("ask {}", listener(id)),
    }
}

/// The same of a connection.
fn named_connection(router: &Router, opening: &Opening<'_>) -> String {
    let model = router.model();
    let listener = |id: ListenerId| model.listeners[id.0 as usize].name.to_string();
    match router.connect(router.entry(PORT).unwrap(), opening) {
        Connect::Http => "http".into(),
        Connect::Https(id) => format!("https {}", listener(id)),
        Connect::Rule(hit) => {
            let route = &model.routes[hit.route.0 as usize];
            format!("{} {} {} {}", listener(hit.listener), route.kind, route.name, hit.rule)
        }
        Connect::Refuse(miss) => format!("{:?} {:?}", miss.listener.map(listener), miss.reason),
    }
}

proptest! {
    #[test]
    fn the_router_is_the_reference(
        listeners in listeners(),
        routes in routes(),
        requests in prop::collection::vec(request(), 20),
        below: bool,
    ) {
        let model = model(listeners, &routes);
        let options = options(below);
        let router = compile(model.clone(), &options);
        for request in &requests {
            let head = request.head();
            let expected = reference::decide(&model, &options, PORT, None, &head);
            prop_assert_eq!(decide(&router, &head), expected, "{:?}", request);
            for gateway in ["g", "h"].map(|name| ObjectName::new("infra", name)) {
                if let Some(entry) = router.entry_of(&gateway, PORT) {
                    let expected = reference::decide(&model, &options, PORT, Some(&gateway), &head);
                    prop_assert_eq!(router.decide(entry, &head), expected, "{} {:?}", gateway, request);
                }
            }
        }
    }

    #[test]
    fn connections_are_those_of_the_reference(
        listeners in listeners(),
        routes in routes(),
        openings in prop::collection::vec(begin(), 20),
    ) {
        let model = model(listeners, &routes);
        let router = compile(model.clone(), &Options::default());
        let entry = router.entry(PORT).unwrap();
        for begin in &openings {
            let opening = begin.opening();
            let expected = reference::connect(&model, PORT, None, &opening);
            prop_assert_eq!(router.connect(entry, &opening), expected, "{:?}", opening);
            for gateway in ["g", "h"].map(|name| ObjectName::new("infra", name)) {
                if let Some(entry) = router.entry_of(&gateway, PORT) {
                    let expected = reference::connect(&model, PORT, Some(&gateway), &opening);
                    prop_assert_eq!(router.connect(entry, &opening), expected, "{} {:?}", gateway, opening);
                }
            }
            let explanation = router.explain_connection(entry, &opening, 0);
            let won = explanation.candidates.iter().filter(|one| matches!(one.verdict, Verdict::Won { .. }));
            let won: Vec<_> = won.map(|one| (Some(one.route.clone()), Some(one.rule))).collect();
            if let Connect::Rule(_) = expected {
                prop_assert_eq!(won, [(explanation.route, explanation.rule)]);
            } else {
                prop_assert_eq!((won, explanation.route), (vec![], None));
            }
        }
    }

    #[test]
    fn the_order_of_the_input_changes_nothing(
        (listeners, shuffled_listeners) in listeners().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        (routes, shuffled) in routes().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        requests in prop::collection::vec(request(), 20),
        openings in prop::collection::vec(begin(), 20),
    ) {
        let options = Options::default();
        let router = compile(model(listeners.clone(), &routes), &options);
        let again = compile(model(listeners, &routes), &options);
        let shuffled = compile(model(shuffled_listeners, &shuffled), &options);
        for request in &requests {
            prop_assert_eq!(decide(&router, &request.head()), decide(&again, &request.head()));
            prop_assert_eq!(named(&router, &request.head()), named(&shuffled, &request.head()));
        }
        for begin in &openings {
            let opening = begin.opening();
            prop_assert_eq!(named_connection(&router, &opening), named_connection(&shuffled, &opening));
        }
    }

    #[test]
    fn a_rule_changes_only_what_it_matches(
        listeners in listeners(),
        routes in routes().prop_filter("a route to leave out", |routes| !routes.is_empty()),
        left_out: Index,
        requests in prop::collection::vec(request(), 20),
    ) {
        let options = Options::default();
        let mut fewer = routes.clone();
        let (without, _) = fewer.remove(left_out.index(routes.len()));
        let with = compile(model(listeners.clone(), &routes), &options);
        let fewer = compile(model(listeners, &fewer), &options);
        for request in &requests {
            let answer = named(&with, &request.head());
            let own = format!("{} {} ", without.kind, without.name);
            if !answer.contains(&own) {
                prop_assert_eq!(answer, named(&fewer, &request.head()));
            }
        }
    }

    #[test]
    fn explain_tells_what_decide_does(
        listeners in listeners(),
        routes in routes(),
        requests in prop::collection::vec(request(), 20),
        below: bool,
    ) {
        let router = compile(model(listeners, &routes), &options(below));
        let entry = router.entry(PORT).unwrap();
        for request in &requests {
            let explanation = router.explain(entry, &request.head(), 0);
            let won: Vec<_> = explanation
                .candidates
                .iter()
                .filter(|one| matches!(one.verdict, Verdict::Won { .. }))
                .map(|one| (one.route.clone(), one.rule, one.matched))
                .collect();
            match router.decide(entry, &request.head()) {
                Decision::Hit(hit) => {
                    let route = &router.model().routes[hit.route.0 as usize];
                    let name = format!("{}/{}", route.kind, route.name);
                    prop_assert_eq!(explanation.route.as_ref(), Some(&name));
                    prop_assert_eq!(won, [(name, hit.rule.into(), hit.matched.into())]);
                }
                Decision::Ask(_) => prop_assert!(false, "no listener has filters"),
                Decision::Miss(miss) => {
                    prop_assert_eq!(won, []);
                    prop_assert_eq!(explanation.status, Some(miss.reason.status().as_u16()));
                    let lost = explanation.candidates.iter().any(|one| matches!(one.verdict, Verdict::Lost { .. }));
                    prop_assert!(!lost);
                }
            }
        }
    }

    #[test]
    fn authorities_are_read_alike(authority in "[aA.:\\[\\]0-9@%+ -]{0,8}", sni in prop::option::of("[a.:-]{0,4}")) {
        let request = Owned { sni, ..Owned::get(&authority, "/") };
        let model = model(vec![listener(0, "g", Protocol::Https, "*")], &vec![]);
        let router = compile(model.clone(), &Options::default());
        let expected = reference::decide(&model, &Options::default(), PORT, None, &request.head());
        prop_assert_eq!(decide(&router, &request.head()), expected);
    }
}

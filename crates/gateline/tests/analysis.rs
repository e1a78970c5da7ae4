//! What is proved over all requests, against many requests. `GATELINE_LONG=1` makes it 1,000,000 of them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod world;

use std::sync::Arc;

use gateline::analysis::{Effect, MatchRef, Reach, Scope, Verdict as Proof, Witness, diff, for_all, reach};
use gateline::explain::Verdict;
use gateline::filter::{AuthProtocol, ExternalAuth, Filters};
use gateline::model::*;
use gateline::{Connect, Decision, Model, Options, Precedence, RegexRank, Router};
use proptest::prelude::*;
use world::*;

/// The bits of `how` choose among the options.
fn compile(model: Model, how: u8) -> Router {
    let mut options = Options::default();
    options.regex_rank = if how & 1 == 1 { RegexRank::BelowPrefix } else { RegexRank::AbovePrefix };
    options.precedence = if how & 2 == 2 { Precedence::EnvoyGateway } else { Precedence::Standard };
    options.hostname_fallback = how & 4 == 0;
    Router::compile(Arc::new(model), &options).unwrap()
}

/// Cases of each property: a few hundred, or with `GATELINE_LONG` so many that 10^6 requests are decided.
fn config() -> ProptestConfig {
    let cases = if std::env::var_os("GATELINE_LONG").is_some() { 25_000 } else { 40 };
    ProptestConfig { cases, max_local_rejects: u32::MAX, ..ProptestConfig::default() }
}

fn gateways() -> [ObjectName; 2] {
    ["g", "h"].map(|name| ObjectName::new("infra", name))
}

fn sent(router: &Router, witness: &Witness) -> Option<MatchRef> {
    let entry = router.entry_of(&witness.gateway, witness.port).unwrap();
    match router.decide(entry, &witness.head()) {
        Decision::Hit(hit) => Some(hit.into()),
        Decision::Miss(_) | Decision::Ask(_) => None,
    }
}

/// Gives every rule one of three backends, and with them an effect.
fn served(mut model: Model) -> Model {
    for name in ["a", "b", "c"] {
        let name = BackendName { kind: "Service".into(), object: ObjectName::new("n", name), port: Some(80) };
        model.backends.push(Backend { name, protocol: BackendProtocol::Unspecified, origin: None });
    }
    for route in &mut model.routes {
        for (index, rule) in route.rules.iter_mut().enumerate() {
            let id = (route.name.name.len() + usize::from(route.name.name.as_bytes()[0]) + index) % 3;
            let target = Target::Backend(BackendId(u32::try_from(id).unwrap()));
            let (filters, origin) = (Filters::default(), origin());
            rule.backends = vec![WeightedBackend { target, weight: 1, filters, origin }].into();
        }
    }
    model
}

fn effect(router: &Router, gateway: &ObjectName, request: &Owned) -> Effect {
    match router.entry_of(gateway, PORT) {
        Some(entry) => Effect::decided(router, router.decide(entry, &request.head())),
        None => Effect::Closed,
    }
}

/// Who is asked is a part of what becomes of a request, on a rule as on its listener, whatever its index in the model.
#[test]
fn authorization_makes_a_difference() {
    let build = |of_listener: &[u32], of_rule: &[u32], names: [&str; 3]| {
        let asks = |ids: &[u32]| {
            let ask = |id: &u32| ExternalAuth {
                target: Target::Backend(BackendId(*id)),
                protocol: AuthProtocol::Grpc { request_headers: vec![] },
                body: 0,
                origin: origin(),
            };
            ids.iter().map(ask).collect::<Vec<_>>()
        };
        let mut rule = rule(vec![Match { path: PathMatch::Prefix("".into()), ..Match::default() }]);
        rule.filters.auth = asks(of_rule);
        let name = ObjectName::new("n", "r");
        let route = Route { kind: RouteKind::Http, name, created: None, rules: vec![rule], origin: origin() };
        let mut model = Model::default();
        let filters = asks(of_listener);
        model.listeners.push(Listener { filters, ..listener(0, "g", Protocol::Http, "*") });
        attach(&mut model, route, &["*"]);
        let mut model = served(model);
        for (backend, name) in model.backends.iter_mut().zip(names) {
            backend.name.object = ObjectName::new("n", name);
        }
        let target = names.iter().position(|name| *name == "a").and_then(|id| u32::try_from(id).ok());
        let target = Target::Backend(BackendId(target.unwrap()));
        let backend = WeightedBackend { target, weight: 1, filters: Filters::default(), origin: origin() };
        model.routes[0].rules[0].backends = vec![backend].into();
        compile(model, 0)
    };
    let (names, turned) = (["a", "b", "c"], ["a", "c", "b"]);
    let same = |x: &Router, y: &Router| diff(x, y).is_equivalent();
    assert!(same(&build(&[1], &[2], names), &build(&[2], &[1], turned)));
    assert!(!same(&build(&[], &[], names), &build(&[], &[1], names)));
    assert!(!same(&build(&[], &[], names), &build(&[1], &[], names)));
    assert!(!same(&build(&[], &[1], names), &build(&[], &[1], turned)));
    let asked = &build(&[1], &[2], names);
    assert!(reach(asked).values().all(|reach| matches!(reach, Reach::Reached(_))), "{:?}", reach(asked));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_unreachable_is_not_reached(
        listeners in listeners(),
        routes in routes(),
        requests in prop::collection::vec(request(), 40),
        openings in prop::collection::vec(begin(), 10),
        how in 0u8..8,
    ) {
        let router = compile(model(listeners, &routes), how);
        let reach = reach(&router);
        for (of, verdict) in &reach {
            match verdict {
                Reach::Reached(witness) if witness.path.is_empty() => {}
                Reach::Reached(witness) => prop_assert_eq!(sent(&router, witness), Some(*of), "{}", witness),
                Reach::Covered(covers) => prop_assert!(!covers.is_empty() && !covers.contains(of)),
                Reach::NeverMatches => {}
                Reach::Unknown(reason) => prop_assert!(false, "{of:?}: {reason}"),
            }
        }
        for gateway in gateways() {
            let Some(entry) = router.entry_of(&gateway, PORT) else { continue };
            for request in requests.iter().filter(|request| request.path.starts_with('/')) {
                let explanation = router.explain(entry, &request.head(), 0);
                let Decision::Hit(hit) = router.decide(entry, &request.head()) else { continue };
                prop_assert!(matches!(reach[&hit.into()], Reach::Reached(_)), "{:?} reaches {:?}", request, hit);
                for lost in explanation.candidates.iter().filter(|one| matches!(one.verdict, Verdict::Lost { .. })) {
                    let route = router.model().routes.iter().position(|route| format!("{}/{}", route.kind, route.name) == lost.route);
                    let of = MatchRef {
                        route: RouteId(u32::try_from(route.unwrap()).unwrap()),
                        rule: u16::try_from(lost.rule).unwrap(),
                        matched: u16::try_from(lost.matched).unwrap(),
                    };
                    prop_assert_ne!(&reach[&of], &Reach::NeverMatches, "{:?} matches {:?}", request, of);
                }
            }
            for begin in &openings {
                if let Connect::Rule(hit) = router.connect(entry, &begin.opening()) {
                    prop_assert!(matches!(reach[&hit.into()], Reach::Reached(_)), "{:?} reaches {:?}", begin, hit);
                }
            }
        }
    }

    #[test]
    fn what_changes_is_in_the_diff(
        listeners in listeners(),
        (routes, mut changed) in routes().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        more in routes(),
        left_out: prop::sample::Index,
        replaced in 0..3,
        requests in prop::collection::vec(request(), 40),
        how in 0u8..8,
    ) {
        match replaced {
            0 if !changed.is_empty() => drop(changed.remove(left_out.index(changed.len()))),
            1 => changed = more,
            _ => {}
        }
        let before = compile(served(model(listeners.clone(), &routes)), how);
        let after = compile(served(model(listeners, &changed)), how);
        let diff = diff(&before, &after);
        prop_assert!(replaced < 2 || diff.is_equivalent(), "{diff:?}");
        for change in diff.changes.iter().filter(|change| !change.witness.path.is_empty()) {
            let effects = [&before, &after].map(|router| match router.entry_of(&change.gateway, change.port) {
                Some(entry) => Effect::decided(router, router.decide(entry, &change.witness.head())),
                None => Effect::Closed,
            });
            prop_assert_ne!(&effects[0], &effects[1], "{}", change.witness);
            if change.before.effect != Effect::Requests && change.after.effect != Effect::Requests {
                prop_assert_eq!(&effects, &[change.before.effect.clone(), change.after.effect.clone()]);
            }
        }
        for gateway in gateways() {
            for request in requests.iter().filter(|request| request.path.starts_with('/')) {
                let effects = [&before, &after].map(|router| effect(router, &gateway, request));
                let known = diff.changes.iter().any(|change| {
                    change.gateway == gateway && change.before.effect == effects[0] && change.after.effect == effects[1]
                });
                let odd = request.sni.as_ref().is_some_and(|sni| *sni != request.authority);
                let known = known || !diff.unknown.is_empty() || odd && !diff.changes.is_empty();
                prop_assert!(known || effects[0] == effects[1], "{:?} {:?} {:?}", request, effects, diff);
            }
        }
    }

    #[test]
    fn a_claim_holds_or_a_request_shows_that_it_does_not(
        listeners in listeners(),
        routes in routes(),
        requests in prop::collection::vec(request(), 40),
        host in prop::option::of(prop::sample::select(vec!["a.com", "*.com", "*.a.com", "b.a.com"])),
        path in prop::sample::select(vec!["/a", "/a/b", "/b", ""]),
        (host_is, path_is, exact, method) in any::<(bool, bool, bool, bool)>(),
        how in 0u8..8,
    ) {
        let router = compile(served(model(listeners, &routes)), how);
        let path_match = if exact { PathMatch::Exact(path.into()) } else { PathMatch::Prefix(path.into()) };
        let scope = Scope {
            hosts: host.iter().map(|host| (HostPattern::parse(host).unwrap(), host_is)).collect(),
            paths: vec![(path_match, path_is)],
            method: method.then_some(http::Method::GET),
            ..Scope::default()
        };
        let holds = |effect: &Effect| !effect.to_string().contains("n/a:80");
        let includes = |request: &Owned| {
            let bare = request.authority.split(':').next().unwrap_or_default().trim_end_matches('.').to_lowercase();
            let host = scope.hosts.iter().all(|(pattern, wanted)| pattern.matches(&bare) == *wanted);
            let under = request.path == path || !exact && (path.is_empty() || request.path.starts_with(&format!("{path}/")));
            let method = scope.method.as_ref().is_none_or(|method| *method == request.method);
            host && under == path_is && method && request.path.starts_with('/')
        };
        match for_all(&router, &scope, |case| holds(case.effect)) {
            Proof::Proved { .. } => {
                for gateway in gateways() {
                    for request in requests.iter().filter(|request| includes(request)) {
                        prop_assert!(holds(&effect(&router, &gateway, request)), "{:?}", request);
                    }
                }
            }
            Proof::Counterexample(example) => {
                prop_assert!(!holds(&example.effect));
                if !example.witness.path.is_empty() {
                    let witness = &example.witness;
                    prop_assert_eq!(sent(&router, witness), example.matched);
                    let request = Owned { method: witness.method.clone(), ..Owned::get(&witness.host, &witness.path) };
                    prop_assert!(includes(&request), "{}", witness);
                }
            }
            Proof::Unknown(unknown) => prop_assert!(false, "{unknown}"),
        }
    }

    /// A request goes to any of the routes that only their names put in order, once that one is the oldest.
    #[test]
    fn a_claim_for_any_order_holds_whichever_route_is_the_oldest(
        listeners in listeners(),
        routes in routes(),
        method in prop::option::of(Just(http::Method::GET)),
        how in 0u8..8,
    ) {
        let model = served(model(listeners, &routes));
        let holds = |effect: &Effect| !effect.to_string().contains("n/a:80");
        let proof = |model: &Model, any_order: bool| {
            let scope = Scope { method: method.clone(), any_order, ..Scope::default() };
            for_all(&compile(model.clone(), how), &scope, |case| holds(case.effect))
        };
        let proved = |proof: &Proof| matches!(proof, Proof::Proved { .. });
        let oldest = |route: usize| {
            let mut model = model.clone();
            for (index, other) in model.routes.iter_mut().enumerate() {
                let first = i64::from(index == route);
                other.created = match other.created {
                    Some(Timestamp(seconds)) => Some(Timestamp(seconds * 2 - first)),
                    None => (first == 1).then_some(Timestamp(i64::MAX)),
                };
            }
            model
        };
        let each = (0..model.routes.len()).all(|route| proved(&proof(&oldest(route), false)));
        let any = proof(&model, true);
        prop_assert_eq!(proved(&any), each && proved(&proof(&model, false)), "{:?}", any);
    }
}

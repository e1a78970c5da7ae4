use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HOST, LOCATION};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};

use super::*;
use crate::decision::Hit;
use crate::filter::{
    AuthProtocol, Cors, CorsOrigin, DirectResponse, ExternalAuth, Filters, HeaderModifier, HostRewrite,
    Mirror, PathModifier, Redirect, Rewrite, Share,
};
use crate::model::{
    BackendId, Listener, ListenerId, ListenerName, Match, ObjectName, Origin, PathMatch, Protocol, Route,
    RouteId, RouteKind, Rule, Timeouts, TlsMode, WeightedBackend,
};

/// One listener and one route with one rule for the prefix `/foo`.
struct World {
    listener: Listener,
    route: Route,
}

impl World {
    fn new(filters: Filters, backends: Vec<WeightedBackend>) -> Self {
        let name = ListenerName { gateway: ObjectName::new("infra", "gw"), set: None, section: "web".into() };
        let origin = Origin::default();
        let listener = Listener {
            name,
            port: 80,
            protocol: Protocol::Http,
            mode: TlsMode::default(),
            hostname: None,
            filters: vec![],
            attached: vec![],
            origin: origin.clone(),
        };
        let path = PathMatch::Prefix("/foo".into());
        let matched = Match { path, method: None, headers: vec![], query: vec![], origin: origin.clone() };
        let rule = Rule {
            name: None,
            matches: vec![matched],
            filters,
            backends: backends.into(),
            timeouts: Timeouts::default(),
            retry: None,
            session: None,
            origin: origin.clone(),
            ..Rule::default()
        };
        let name = ObjectName::new("shop", "route");
        let route = Route { kind: RouteKind::Http, name, created: None, rules: vec![rule], origin };
        Self { listener, route }
    }

    fn view(&self) -> RuleView<'_> {
        let rule = &self.route.rules[0];
        let hit = Hit { listener: ListenerId(0), route: RouteId(0), rule: 0, matched: 0 };
        RuleView { hit, listener: &self.listener, route: &self.route, rule, matched: &rule.matches[0] }
    }

    fn plan<B>(&self, request: &Request<B>, x: u64) -> Plan<'_> {
        plan(self.view(), &Head::of(request, None), || self.route.rules[0].backends.pick(x))
    }

    fn answer<B>(&self, request: &Request<B>) -> Answer<'_> {
        match self.plan(request, 0) {
            Plan::Answer(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    fn forward<B>(&self, request: &Request<B>) -> Forward<'_> {
        match self.plan(request, 0) {
            Plan::Forward(forward) => forward,
            other => panic!("{other:?}"),
        }
    }
}

fn backend(filters: Filters) -> WeightedBackend {
    WeightedBackend { target: Target::Backend(BackendId(0)), weight: 1, filters, origin: Origin::default() }
}

fn invalid() -> WeightedBackend {
    let target = Target::Invalid { reference: "shop/none:80".into(), reason: "BackendNotFound".into() };
    WeightedBackend { target, ..backend(Filters::default()) }
}

fn get() -> Request<()> {
    Request::get("/foo/bar?q").header(HOST, "a.example:8080").body(()).unwrap()
}

fn set(name: &'static str, value: &'static str) -> HeaderModifier {
    let pair = (http::HeaderName::from_static(name), HeaderValue::from_static(value));
    HeaderModifier { set: vec![pair], ..HeaderModifier::default() }
}

fn all_that_answer() -> Filters {
    Filters {
        response_headers: Some(set("x-answered", "yes")),
        redirect: Some(Redirect {
            scheme: Some("https".into()),
            hostname: None,
            path: None,
            port: None,
            status: StatusCode::MOVED_PERMANENTLY,
        }),
        cors: Some(Cors { origins: vec![CorsOrigin::Any], ..Cors::default() }),
        respond: Some(DirectResponse {
            status: StatusCode::IM_A_TEAPOT,
            content_type: None,
            body: (*b"tea").into(),
        }),
        invalid: Some("unknown filter type".into()),
        ..Filters::default()
    }
}

/// Invalid filter, CORS preflight, redirect, fixed answer, backend; whether they stand on the rule or on the backendRef.
#[test]
fn order_of_the_answers() {
    let preflight =
        Request::options("/foo").header("origin", "https://o").header("access-control-request-method", "GET");
    let preflight = preflight.header(HOST, "a.example").body(()).unwrap();
    for on_rule in [true, false] {
        let world = |filters: Filters| {
            let (rule, of_backend) =
                if on_rule { (filters, Filters::default()) } else { (Filters::default(), filters) };
            World::new(rule, vec![backend(of_backend)])
        };
        let mut filters = all_that_answer();
        let mut expect =
            |request: &Request<()>, status: u16, reason: AnswerReason, next: fn(&mut Filters)| {
                let world = world(filters.clone());
                let answer = world.answer(request);
                assert_eq!((answer.status.as_u16(), &answer.reason), (status, &reason));
                assert_eq!(answer.headers["x-answered"], "yes");
                assert_eq!(answer.headers.get(LOCATION).is_some(), reason == AnswerReason::Redirect);
                assert_eq!(answer.body, if reason == AnswerReason::Respond { &b"tea"[..] } else { b"" });
                next(&mut filters);
            };
        let unknown = AnswerReason::InvalidFilter("unknown filter type".into());
        expect(&preflight, 500, unknown, |filters| filters.invalid = None);
        expect(&preflight, 204, AnswerReason::Preflight, |_| ());
        expect(&get(), 301, AnswerReason::Redirect, |filters| filters.redirect = None);
        expect(&get(), 418, AnswerReason::Respond, |filters| filters.respond = None);
        assert!(matches!(world(filters).plan(&get(), 0), Plan::Forward(_)));
    }
}

#[test]
fn a_redirect_needs_no_backend() {
    let filters = Filters { redirect: all_that_answer().redirect, ..Filters::default() };
    let world = World::new(filters, vec![]);
    assert_eq!(world.answer(&get()).headers[LOCATION], "https://a.example/foo/bar?q");
}

/// HTTPRouteRule.backendRefs: an invalid reference keeps its share and answers 500; so does a rule without backends.
#[test]
fn no_backend() {
    let world = World::new(Filters::default(), vec![]);
    assert_eq!(world.answer(&get()).reason, AnswerReason::NoBackend);
    let zero = WeightedBackend { weight: 0, ..backend(Filters::default()) };
    let world = World::new(Filters::default(), vec![zero.clone(), zero]);
    assert_eq!(world.answer(&get()).reason, AnswerReason::NoBackend);
    assert_eq!(world.answer(&get()).status, 500);

    let good = WeightedBackend { weight: 3, ..backend(Filters::default()) };
    let world = World::new(Filters::default(), vec![good, invalid()]);
    let sequence = crate::weight::Sequence::default();
    let plans: Vec<_> = (0..1_000).map(|_| world.plan(&get(), sequence.next())).collect();
    let failed = plans.iter().filter(|plan| match plan {
        Plan::Answer(answer) => {
            assert_eq!(answer.reason, AnswerReason::InvalidBackend("BackendNotFound".into()));
            true
        }
        Plan::Forward(_) | Plan::Ask(_) => false,
    });
    assert!(failed.count().abs_diff(250) <= 2);
}

#[test]
fn the_filters_of_a_backend_come_after_those_of_the_rule() {
    let rule = Filters {
        request_headers: Some(set("x-a", "rule")),
        response_headers: Some(set("x-a", "rule")),
        ..Filters::default()
    };
    let of_backend = Filters {
        request_headers: Some(set("x-a", "backend")),
        response_headers: Some(set("x-a", "backend")),
        ..Filters::default()
    };
    let world = World::new(rule, vec![backend(of_backend)]);
    let forward = world.forward(&get());
    let (mut request, ()) = get().into_parts();
    forward.request(&mut request);
    assert_eq!(request.headers["x-a"], "backend");
    // On the way back the rule is the last one that an answer passes.
    let (mut response, ()) = Response::new(()).into_parts();
    forward.response(None, &mut response);
    assert_eq!(response.headers["x-a"], "rule");
}

fn rewrite(hostname: Option<&str>, path: Option<&str>) -> Filters {
    let rewrite = Rewrite {
        hostname: hostname.map(|host| HostRewrite::Literal(host.into())),
        path: path.map(|path| PathModifier::Prefix(path.into())),
    };
    Filters { rewrite: Some(rewrite), ..Filters::default() }
}

fn forwarded(world: &World, request: Request<()>) -> (String, Option<String>) {
    let forward = world.forward(&request);
    let (mut parts, ()) = request.into_parts();
    forward.request(&mut parts);
    (parts.uri.to_string(), parts.headers.get(HOST).map(|host| host.to_str().unwrap().to_owned()))
}

#[test]
fn a_rewrite_changes_the_host_where_the_request_has_it() {
    let world = World::new(rewrite(Some("new.example"), Some("/xyz")), vec![backend(Filters::default())]);
    assert_eq!(forwarded(&world, get()), ("/xyz/bar?q".into(), Some("new.example".into())));
    let http2 = Request::get("http://a.example:8080/foo").body(()).unwrap();
    assert_eq!(forwarded(&world, http2), ("http://new.example/xyz".into(), None));
    let both = Request::get("http://a.example/foo").header(HOST, "a.example").body(()).unwrap();
    assert_eq!(forwarded(&world, both), ("http://new.example/xyz".into(), Some("new.example".into())));
    let star = Request::options("*").header(HOST, "a.example").body(()).unwrap();
    assert_eq!(forwarded(&world, star), ("*".into(), Some("new.example".into())));
}

#[test]
fn the_rewrite_of_the_backend_counts_field_by_field() {
    let world =
        World::new(rewrite(Some("rule"), Some("/rule")), vec![backend(rewrite(None, Some("/backend")))]);
    assert_eq!(forwarded(&world, get()), ("/backend/bar?q".into(), Some("rule".into())));
}

#[test]
fn the_host_of_the_endpoint_is_the_callers() {
    let mut filters = rewrite(None, None);
    filters.rewrite = Some(Rewrite { hostname: Some(HostRewrite::Backend), path: None });
    let world = World::new(filters, vec![backend(Filters::default())]);
    assert!(world.forward(&get()).host_from_endpoint);
    assert_eq!(forwarded(&world, get()).1.as_deref(), Some("a.example:8080"));
}

#[test]
fn a_filter_that_cannot_be_applied_answers_500() {
    let mut filters = rewrite(Some("a b"), None);
    filters.response_headers = Some(set("x-a", "yes"));
    let world = World::new(filters, vec![backend(Filters::default())]);
    let answer = world.answer(&get());
    assert_eq!(answer.status, 500);
    assert_eq!(answer.reason, AnswerReason::InvalidFilter("the new hostname is not a host".into()));
    assert_eq!(answer.headers["x-a"], "yes");
}

#[test]
fn an_answer_to_an_allowed_origin_can_be_read() {
    let cors = Cors { origins: vec![CorsOrigin::parse("https://o").unwrap()], ..Cors::default() };
    let filters = Filters { cors: Some(cors), respond: all_that_answer().respond, ..Filters::default() };
    let world = World::new(filters, vec![]);
    let mut request = get();
    assert_eq!(world.answer(&request).headers.get(ACCESS_CONTROL_ALLOW_ORIGIN), None);
    request.headers_mut().insert("origin", HeaderValue::from_static("https://o"));
    assert_eq!(world.answer(&request).headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://o");
}

#[test]
fn mirrors_of_rule_and_backend() {
    let mirror = |target, share| Mirror { target, share, origin: Origin::default() };
    let to = |id, share| mirror(Target::Backend(BackendId(id)), share);
    let none = mirror(invalid().target, Share::ALL);
    let rule =
        Filters { mirrors: vec![to(1, Share::ALL), none, to(2, Share::percent(20))], ..Filters::default() };
    let of_backend =
        Filters { mirrors: vec![to(3, Share::percent(0)), to(4, Share::percent(50))], ..Filters::default() };
    let world = World::new(rule, vec![backend(of_backend)]);
    let forward = world.forward(&get());
    let mut counts = [0_u32; 5];
    let sequence = crate::weight::Sequence::default();
    for _ in 0..10_000 {
        for mirror in forward.mirrors(sequence.next()) {
            let Target::Backend(BackendId(id)) = mirror.target else { panic!("an invalid mirror") };
            counts[id as usize] += 1;
        }
    }
    assert_eq!((counts[0], counts[1], counts[3]), (0, 10_000, 0));
    assert!(counts[2].abs_diff(2_000) < 200 && counts[4].abs_diff(5_000) < 250, "{counts:?}");
}

fn asking(target: Target) -> Filters {
    let protocol = AuthProtocol::Grpc { request_headers: vec![] };
    let auth = ExternalAuth { target, protocol, body: 0, origin: Origin::default() };
    Filters { auth: vec![auth], response_headers: Some(set("x-answered", "yes")), ..Filters::default() }
}

/// Access control: whoever may not pass sees neither redirect nor fixed answer, but a preflight has no credentials.
#[test]
fn servers_are_asked_before_anything_but_a_preflight() {
    let auth = asking(Target::Backend(BackendId(7))).auth;
    let filters = Filters { auth, invalid: None, ..all_that_answer() };
    let world = World::new(filters, vec![]);
    let preflight =
        Request::options("/foo").header("origin", "https://o").header("access-control-request-method", "GET");
    let preflight = preflight.header(HOST, "a.example").body(()).unwrap();
    assert_eq!(world.answer(&preflight).reason, AnswerReason::Preflight);
    let request = get();
    let Plan::Ask(ask) = world.plan(&request, 0) else { panic!("nobody is asked") };
    assert_eq!(ask.filters[0].target, Target::Backend(BackendId(7)));
    let mut denied = HeaderMap::new();
    ask.response(None, &mut denied);
    assert_eq!(denied["x-answered"], "yes");
    let Plan::Answer(answer) = ask.admitted(&Head::of(&request, None)) else { panic!("no redirect") };
    assert_eq!(answer.reason, AnswerReason::Redirect);
}

#[test]
fn the_backend_is_picked_before_the_question() {
    let good = WeightedBackend { weight: 1, ..backend(Filters::default()) };
    let world = World::new(asking(Target::Backend(BackendId(7))), vec![invalid(), good]);
    let request = get();
    for (x, forwards) in [(0, false), (u64::MAX, true)] {
        let Plan::Ask(ask) = world.plan(&request, x) else { panic!("nobody is asked") };
        let plan = ask.admitted(&Head::of(&request, None));
        assert_eq!(matches!(plan, Plan::Forward(_)), forwards, "{plan:?}");
    }
}

#[test]
fn without_a_server_to_ask_nothing_passes() {
    let world = World::new(asking(invalid().target), vec![backend(Filters::default())]);
    let answer = world.answer(&get());
    let reason = "ExternalAuth: shop/none:80 cannot be asked: BackendNotFound";
    assert_eq!((answer.status.as_u16(), &answer.reason), (500, &AnswerReason::InvalidFilter(reason.into())));
}

//! What `explain` tells, held against the engine, for the requests and the rules of all files of cases.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

use std::collections::BTreeMap;

use gateline::explain::Reason;
use gateline::model::ObjectName;
use gateline_api::parse::Input;
use gateline_api::resolve::{Assume, Options};
use gateline_testing::{
    ListenerVerdict, Obstacle, Remedy, Request, RuleRef, Trace, TraceOptions, Tracer, World, route,
};
use spec_tests::{Assumed, Case, File, worlds};

fn load(file: &File) -> World {
    let assume = |assumed| if assumed == Assumed::Missing { Assume::Missing } else { Assume::Present };
    let mut options = Options::default();
    options.services = assume(file.assume.services);
    options.secrets = assume(file.assume.secrets);
    options.namespaces = assume(file.assume.namespaces);
    options.gateways = Assume::Present;
    World::load(
        &[Input::Text { name: file.name.as_str().into(), bytes: file.objects.clone().into_bytes() }],
        &options,
    )
}

/// `None` for a server name that is not the host of the URL: no command line says so.
fn request(case: &Case) -> Option<Request> {
    let asked = &case.request;
    if asked.sni.is_some() {
        return None;
    }
    let mut headers: Vec<String> =
        asked.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    headers.extend(asked.host.iter().map(|host| format!("host: {host}")));
    let text = if asked.url.starts_with("http") {
        format!("{} {}", asked.method, asked.url)
    } else {
        asked.url.clone()
    };
    let request = Request::parse(&text, &headers).ok()?;
    Some(Request { gateway: asked.gateway.as_deref().map(name), ..request })
}

fn name(text: &str) -> ObjectName {
    let (namespace, name) = text.split_once('/').unwrap();
    ObjectName::new(namespace, name)
}

fn takes_once(trace: &Trace) {
    let taking = trace.listeners.iter().filter(|one| one.verdict == ListenerVerdict::Takes);
    let taking: Vec<&str> = taking.map(|one| one.name.as_str()).collect();
    let nobody = [Reason::Misdirected, Reason::NoMatchingListener, Reason::BadAuthority];
    let expected =
        trace.explanation.listener.as_deref().filter(|_| !nobody.contains(&trace.explanation.code));
    assert_eq!(taking, expected.into_iter().collect::<Vec<_>>(), "{trace:#?}");
    for one in &trace.listeners {
        assert!(!one.because.is_empty() && one.source.is_some(), "{one:?}");
    }
}

#[test]
fn listeners_and_remedies_are_what_the_engine_does() {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong: Vec<String> = Vec::new();
    let mut note = |what| *count.entry(what).or_default() += 1;
    for (file, known) in worlds().unwrap() {
        let world = load(&file);
        let router = world.router(&known.options).unwrap();
        let tracer = Tracer::new(&world, &router);
        let numbered = (0..).map(gateline::model::RouteId).zip(&world.resolution.model.routes);
        let rules =
            numbered.flat_map(|(route, of)| (0..of.rules.len()).map(move |rule| RuleRef { route, rule }));
        let options = TraceOptions { all: true, why_not: rules.collect(), ..TraceOptions::default() };
        for request in file.requests.iter().filter_map(request) {
            let trace = tracer.trace(&request, &options);
            takes_once(&trace);
            for why in &trace.why_not {
                let taken = |request: &Request| {
                    let answer = route(&router, request, 0);
                    Some(format!("{}#{}", answer.route?, answer.rule?))
                };
                let is_taker = taken(&request).as_ref() == Some(&why.rule);
                if is_taker != (why.obstacle == Obstacle::Nothing) {
                    wrong.push(format!("{}: {} {:?}", file.name, request.words(), why.obstacle));
                }
                match &why.remedy {
                    Remedy::Change { curl, request: text, gateway, changes } => {
                        let changed = parse(curl, text, gateway.as_deref());
                        if taken(&changed).as_ref() != Some(&why.rule) || changes.is_empty() {
                            wrong.push(format!("{}: {} {:?}", file.name, request.words(), why.remedy));
                        }
                        note("changed");
                    }
                    Remedy::Unreachable { .. } => note("unreachable"),
                    Remedy::Unknown { .. } => note("unknown"),
                    _ => note("taken"),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count["changed"] > 1000 && count["taken"] > 300 && count["unreachable"] > 50, "{count:?}");
    assert!(count.get("unknown").copied().unwrap_or_default() * 100 < count["changed"], "{count:?}");
}

/// The command that is printed, or the connection.
fn parse(curl: &str, text: &str, gateway: Option<&str>) -> Request {
    let text = if curl.starts_with("curl ") { curl } else { text };
    Request { gateway: gateway.map(name), ..Request::parse(text, &[]).unwrap() }
}

//! A request that a rule takes: made up from its match, and kept only if the router agrees.

use gateline::analysis::Witness;
use gateline::model::{
    AttachedHostname, HostPattern, Listener, ListenerId, Match, PathMatch, Protocol, RouteId, RouteKind,
};
use gateline::{Connect, Decision, Hit, Router};
use http::{HeaderMap, HeaderValue, Method};

use crate::example;
use crate::request::{Request, RequestKind};

/// Methods that are tried where a match takes any: other rules may take some of them.
pub(crate) const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS];
/// What is put behind a prefix, where the prefix itself goes to another rule.
const BEHIND: [&str; 3] = ["", "/", "/a"];

/// The request of an analysis, if it can be written and the router decides it. It is sent to a Gateway only where that matters.
pub(crate) fn of_analysis(found: &Witness, router: &Router) -> Option<Request> {
    let shared = Request::of(found)?;
    let alone = Request { gateway: Some(found.gateway.clone()), ..shared.clone() };
    let taken = taken_by(router, &alone)?;
    Some(if taken_by(router, &shared) == Some(taken) { shared } else { alone })
}

/// A request that this match of a rule takes on one of the listeners; `None` if none was found, which does not mean that
/// there is none.
pub(crate) fn of(
    router: &Router,
    listeners: &[ListenerId],
    route: RouteId,
    rule: usize,
    at: usize,
) -> Option<Request> {
    listeners.iter().find_map(|id| on_listener(router, *id, route, rule, at))
}

fn on_listener(router: &Router, id: ListenerId, route: RouteId, rule: usize, at: usize) -> Option<Request> {
    let model = router.model();
    let listener = model.listeners.get(id.0 as usize)?;
    let kind = model.routes.get(route.0 as usize)?.kind;
    let matched = model.routes.get(route.0 as usize)?.rules.get(rule)?.matches.get(at)?;
    let attached = listener.attached.iter().find(|attached| attached.route == route)?;
    let wanted =
        |hit: Hit| hit.route == route && usize::from(hit.rule) == rule && usize::from(hit.matched) == at;
    let tries = attached.hostnames.iter().flat_map(|hostname| candidates(listener, kind, hostname, matched));
    let mut requests = tries.filter_map(|witness| Request::of(&witness));
    requests.find(|request| taken_by(router, request).is_some_and(wanted))
}

/// The match that takes a request, once the filters of its listener have agreed.
pub(crate) fn taken_by(router: &Router, request: &Request) -> Option<Hit> {
    let entry = request.entry(router)?;
    match &request.kind {
        RequestKind::Http(http) => match router.decide_admitted(entry, &http.head()) {
            Decision::Hit(hit) => Some(hit),
            Decision::Miss(_) | Decision::Ask(_) => None,
        },
        RequestKind::Connection(connection) => match router.connect(entry, &connection.opening()) {
            Connect::Rule(hit) => Some(hit),
            _ => None,
        },
    }
}

/// Requests that satisfy a match, likely ones first.
fn candidates(
    listener: &Listener,
    kind: RouteKind,
    hostname: &AttachedHostname,
    matched: &Match,
) -> Vec<Witness> {
    let base = base(listener, hostname);
    if base.is_connection() {
        return vec![base];
    }
    let (Some(headers), Some(query)) = (headers(kind, matched), example::query(matched)) else {
        return Vec::new();
    };
    let query = query.strip_prefix('?').map(str::to_owned);
    let methods: Vec<Method> = match (&matched.method, kind) {
        (Some(method), _) => vec![method.clone()],
        (None, RouteKind::Grpc) => vec![Method::POST],
        (None, _) => METHODS.to_vec(),
    };
    let paths = paths(&matched.path);
    let with = |method: &Method, path: &String| Witness {
        method: method.clone(),
        path: path.clone(),
        query: query.clone(),
        headers: headers.clone(),
        ..base.clone()
    };
    methods
        .iter()
        .flat_map(|method| paths.iter().map(|path| with(method, path)).collect::<Vec<_>>())
        .collect()
}

/// A request for a hostname of a listener, without a path; or the connection that such a listener takes.
pub(crate) fn base(listener: &Listener, hostname: &AttachedHostname) -> Witness {
    let tls = matches!(listener.protocol, Protocol::Https | Protocol::Tls);
    let named = !matches!(listener.protocol, Protocol::Tcp | Protocol::Udp);
    let host =
        if named { host(hostname.effective.as_ref().or(listener.hostname.as_ref())) } else { String::new() };
    Witness {
        gateway: listener.name.gateway.clone(),
        port: listener.port,
        protocol: listener.protocol,
        sni: tls.then(|| host.clone()),
        host,
        method: Method::GET,
        path: String::new(),
        query: None,
        headers: HeaderMap::new(),
    }
}

fn host(pattern: Option<&HostPattern>) -> String {
    match pattern {
        None => "any.example".to_owned(),
        Some(HostPattern::Exact(name)) => name.to_string(),
        Some(HostPattern::Wildcard(suffix) | HostPattern::Label(suffix)) => format!("any.{suffix}"),
    }
}

/// Paths that a match takes, the plainest first; empty if none was found.
pub(crate) fn paths(path: &PathMatch) -> Vec<String> {
    match path {
        PathMatch::Exact(path) => vec![path.to_string()],
        PathMatch::Prefix(prefix) => {
            let behind = BEHIND.into_iter().map(|behind| format!("{prefix}{behind}"));
            behind.filter(|path| !path.is_empty()).collect()
        }
        other => example::path(other).into_iter().collect(),
    }
}

fn headers(kind: RouteKind, matched: &Match) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    if kind == RouteKind::Grpc {
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("te", HeaderValue::from_static("trailers"));
    }
    for header in &matched.headers {
        headers.insert(header.name.clone(), example::value(&header.value)?.parse().ok()?);
    }
    Some(headers)
}

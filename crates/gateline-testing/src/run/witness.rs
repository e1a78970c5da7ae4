//! A request that a rule takes: made up from its match, and kept only if the router agrees.

use std::fmt;

use gateline::model::{
    AttachedHostname, HostPattern, Listener, ListenerId, Match, ObjectName, PathMatch, Protocol, RouteId,
    RouteKind,
};
use gateline::{Connect, Decision, Hit, Router};
use http::Method;

use crate::example;
use crate::request::{Request, RequestKind};

/// Methods that are tried where a match takes any: other rules may take some of them.
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS];
/// What is put behind a prefix, where the prefix itself goes to another rule.
const BEHIND: [&str; 3] = ["", "/", "/a"];

/// A request as it would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Witness {
    /// Only where it matters.
    pub(crate) gateway: Option<ObjectName>,
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Witness {
    /// One that the analysis found, if it can be written and the router decides it so at any Gateway's port.
    pub(crate) fn of_analysis(found: &gateline::analysis::Witness, router: &Router) -> Option<Self> {
        let headers = found.headers.iter();
        let headers: Option<Vec<_>> =
            headers.map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect();
        let gateway = Some(found.gateway.clone());
        if found.path.is_empty() {
            return None;
        }
        let mut witness = Self { gateway, method: found.method.clone(), url: found.url(), headers: headers? };
        let alone = witness.request().and_then(|request| taken_by(router, &request))?;
        let shared = Self { gateway: None, ..witness.clone() };
        if shared.request().and_then(|request| taken_by(router, &request)) == Some(alone) {
            witness = shared;
        }
        Some(witness)
    }

    /// The request.
    pub(crate) fn request(&self) -> Option<Request> {
        let headers: Vec<String> =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let text =
            if self.is_connection() { self.url.clone() } else { format!("{} {}", self.method, self.url) };
        let request = Request::parse(&text, &headers).ok()?;
        Some(Request { gateway: self.gateway.clone(), ..request })
    }

    /// Whether it is a connection, not a request.
    pub(crate) fn is_connection(&self) -> bool {
        !self.url.starts_with("http")
    }
}

impl fmt::Display for Witness {
    /// As `explain` takes it: `GET https://host/path -H 'name: value'`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_connection() {
            write!(f, "{} ", self.method)?;
        }
        f.write_str(&self.url)?;
        self.headers.iter().try_for_each(|(name, value)| write!(f, " -H '{name}: {value}'"))
    }
}

/// A request that this match of a rule takes on one of the listeners; `None` if none was found, which does not mean that
/// there is none.
pub(crate) fn of(
    router: &Router,
    listeners: &[ListenerId],
    route: RouteId,
    rule: usize,
    at: usize,
) -> Option<Witness> {
    listeners.iter().find_map(|id| on_listener(router, *id, route, rule, at))
}

fn on_listener(router: &Router, id: ListenerId, route: RouteId, rule: usize, at: usize) -> Option<Witness> {
    let model = router.model();
    let listener = model.listeners.get(id.0 as usize)?;
    let kind = model.routes.get(route.0 as usize)?.kind;
    let matched = model.routes.get(route.0 as usize)?.rules.get(rule)?.matches.get(at)?;
    let attached = listener.attached.iter().find(|attached| attached.route == route)?;
    let wanted =
        |hit: Hit| hit.route == route && usize::from(hit.rule) == rule && usize::from(hit.matched) == at;
    let mut tries =
        attached.hostnames.iter().flat_map(|hostname| candidates(listener, kind, hostname, matched));
    tries.find(|witness| witness.request().and_then(|request| taken_by(router, &request)).is_some_and(wanted))
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
    let host = host(hostname.effective.as_ref().or(listener.hostname.as_ref()));
    let base = match listener.protocol {
        Protocol::Http if listener.port == 80 => format!("http://{host}"),
        Protocol::Http => format!("http://{host}:{}", listener.port),
        Protocol::Https if listener.port == 443 => format!("https://{host}"),
        Protocol::Https => format!("https://{host}:{}", listener.port),
        Protocol::Tls => return vec![connection(format!("tls://{host}:{}", listener.port))],
        Protocol::Tcp => return vec![connection(format!("tcp://:{}", listener.port))],
        Protocol::Udp => return vec![connection(format!("udp://:{}", listener.port))],
    };
    let (Some(headers), Some(query)) = (headers(kind, matched), example::query(matched)) else {
        return Vec::new();
    };
    let methods: Vec<Method> = match (&matched.method, kind) {
        (Some(method), _) => vec![method.clone()],
        (None, RouteKind::Grpc) => vec![Method::POST],
        (None, _) => METHODS.to_vec(),
    };
    let paths = paths(&matched.path);
    let with = |method: &Method, path: &String| Witness {
        gateway: None,
        method: method.clone(),
        url: format!("{base}{path}{query}"),
        headers: headers.clone(),
    };
    methods
        .iter()
        .flat_map(|method| paths.iter().map(|path| with(method, path)).collect::<Vec<_>>())
        .collect()
}

fn connection(url: String) -> Witness {
    Witness { gateway: None, method: Method::GET, url, headers: Vec::new() }
}

fn host(pattern: Option<&HostPattern>) -> String {
    match pattern {
        None => "any.example".to_owned(),
        Some(HostPattern::Exact(name)) => name.to_string(),
        Some(HostPattern::Wildcard(suffix) | HostPattern::Label(suffix)) => format!("any.{suffix}"),
    }
}

fn paths(path: &PathMatch) -> Vec<String> {
    match path {
        PathMatch::Exact(path) => vec![path.to_string()],
        PathMatch::Prefix(prefix) => {
            let behind = BEHIND.into_iter().map(|behind| format!("{prefix}{behind}"));
            behind.filter(|path| !path.is_empty()).collect()
        }
        other => example::path(other).into_iter().collect(),
    }
}

fn headers(kind: RouteKind, matched: &Match) -> Option<Vec<(String, String)>> {
    let mut headers = Vec::new();
    if kind == RouteKind::Grpc {
        headers.push(("content-type".to_owned(), "application/grpc".to_owned()));
        headers.push(("te".to_owned(), "trailers".to_owned()));
    }
    for header in &matched.headers {
        headers.retain(|(name, _)| name != header.name.as_str());
        headers.push((header.name.to_string(), example::value(&header.value)?));
    }
    Some(headers)
}

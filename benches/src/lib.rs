//! Tables and requests for the benchmarks: the same for the engine, the naive reference and the peers.

mod tables;

use std::sync::Arc;

pub use tables::{Sample, hosts, matchit, prefix, prefixes, spread};

use gateline::filter::Filters;
use gateline::model::{
    AttachedHostname, AttachedRoute, Backends, HeaderMatch, HostPattern, Listener, ListenerName, Match,
    Model, ObjectName, Origin, PathMatch, Protocol, Route, RouteId, RouteKind, Rule, Timeouts, TlsMode,
    ValueMatch,
};
use gateline::{CompileError, Decision, EntryId, Head, Options, Router};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// Rules of one route: what the API allows.
const RULES: usize = 16;

/// A request that owns its parts.
#[derive(Clone, Debug)]
pub struct Request {
    authority: String,
    path: String,
    headers: HeaderMap,
}

impl Request {
    /// `GET http://{authority}{path}`.
    pub fn get(authority: impl Into<String>, path: impl Into<String>) -> Self {
        Self { authority: authority.into(), path: path.into(), headers: HeaderMap::new() }
    }

    /// With a header field; a value that is none leaves it out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// As the engine sees it.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head {
            method: &Method::GET,
            authority: &self.authority,
            path: &self.path,
            query: None,
            headers: &self.headers,
            sni: None,
        }
    }
}

/// A match by path alone.
#[must_use]
pub fn path(path: PathMatch) -> Match {
    Match { path, method: None, headers: Vec::new(), query: Vec::new(), origin: Origin::default() }
}

/// The match `/`, with one exact header.
#[must_use]
pub fn header(prefix: &str, name: &'static str, value: &str) -> Match {
    let value = ValueMatch::Exact(value.into());
    let headers = vec![HeaderMatch { name: HeaderName::from_static(name), value }];
    Match { headers, ..path(PathMatch::Prefix(prefix.into())) }
}

/// Hostnames, each with its matches; one rule for each match, at most 16 in a route.
#[must_use]
pub fn model(hosts: impl IntoIterator<Item = (Option<HostPattern>, Vec<Match>)>) -> Model {
    let mut model = Model::default();
    let mut attached = Vec::new();
    for (host, matches) in hosts {
        let mut rules = matches.into_iter().map(rule).peekable();
        while rules.peek().is_some() {
            let name = ObjectName::new("bench", format!("route-{:06}", model.routes.len()));
            let id = RouteId(u32::try_from(model.routes.len()).unwrap_or(u32::MAX));
            let rules = rules.by_ref().take(RULES).collect();
            model.routes.push(Route {
                kind: RouteKind::Http,
                name,
                created: None,
                rules,
                origin: Origin::default(),
            });
            let hostnames = vec![AttachedHostname { written: host.clone(), effective: host.clone() }];
            attached.push(AttachedRoute { route: id, hostnames });
        }
    }
    let name =
        ListenerName { gateway: ObjectName::new("infra", "gateway"), set: None, section: "http".into() };
    let origin = Origin::default();
    model.listeners.push(Listener {
        name,
        port: 80,
        protocol: Protocol::Http,
        mode: TlsMode::default(),
        hostname: None,
        attached,
        filters: Vec::new(),
        origin,
    });
    model
}

fn rule(matched: Match) -> Rule {
    Rule {
        name: None,
        matches: vec![matched],
        filters: Filters::default(),
        backends: Backends::default(),
        timeouts: Timeouts::default(),
        retry: None,
        session: None,
        origin: Origin::default(),
        ..Rule::default()
    }
}

/// A compiled table.
#[derive(Debug)]
pub struct Table {
    router: Router,
    entry: EntryId,
}

impl Table {
    /// Compiles; `None` for a model without a listener.
    pub fn compile(model: Model) -> Result<Option<Self>, CompileError> {
        let router = Router::compile(Arc::new(model), &Options::default())?;
        Ok(router.entry(80).map(|entry| Self { router, entry }))
    }

    /// The engine's answer.
    #[must_use]
    pub fn decide(&self, head: &Head<'_>) -> Decision {
        self.router.decide(self.entry, head)
    }

    /// The match that wins, in words.
    #[must_use]
    pub fn winner(&self, head: &Head<'_>) -> Option<&PathMatch> {
        let Decision::Hit(hit) = self.decide(head) else { return None };
        self.router.view(hit).map(|view| &view.matched.path)
    }

    /// The router.
    #[must_use]
    pub fn router(&self) -> &Router {
        &self.router
    }
}

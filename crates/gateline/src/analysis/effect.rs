use std::collections::BTreeMap;

use http::StatusCode;

use super::comparing::{Beside, Label};
use crate::Router;
use crate::decision::{Decision, Hit, Miss, MissReason};
use crate::filter::{DirectResponse, ExternalAuth, Filters, Mirror, PathModifier, Redirect};
use crate::model::{
    BackendProtocol, Listener, ListenerId, Match, Model, Origin, PathMatch, Protocol, Retry, RouteKind, Rule,
    SessionPersistence, Target, Timeouts, TlsMode, WeightedBackend,
};

/// What becomes of a request, in names: two rules of two models that do the same have equal effects, wherever they
/// are written and whatever they are called. Shares are in lowest terms; what a redirect takes from its listener is filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Nothing listens on the port.
    Closed,
    /// Of a connection: its requests are routed one by one.
    Requests,
    /// Of a connection in TLS: what is shown and asked for.
    Secured(Label),
    /// The gateway answers an error by itself: no rule, no listener, no backend.
    Error {
        /// 404, 421 or 500.
        status: u16,
        /// A GRPCRoute's: the status of gRPC is sent.
        grpc: bool,
        /// The filters of the listener: they are asked first.
        auth: Vec<ExternalAuth>,
        /// Why; it does not count when effects are compared.
        reason: Why,
    },
    /// The gateway answers by the rule's filters.
    Answer(Box<Answer>),
    /// A backend gets it.
    Forward(Box<Forwarding>),
    /// A TLSRoute, TCPRoute or UDPRoute passes the connection on.
    Connect {
        /// Where TLS ends, if there is TLS.
        mode: Option<TlsMode>,
        /// The shares.
        backends: Vec<Part>,
    },
}

/// A text that is for people alone: all are equal.
#[derive(Clone, Debug, Default)]
pub struct Why(pub Box<str>);

impl PartialEq for Why {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A redirect or a fixed answer, with the fields that go with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Only what answers: `redirect` or `respond`, `response_headers` and `cors`; and `auth`, as in [`Forwarding`].
    pub filters: Filters,
    /// Of `ReplacePrefixMatch`: what is replaced, by what.
    pub prefixes: Vec<(Box<str>, Box<str>)>,
    /// [`Rule::policies`].
    pub policies: BTreeMap<Box<str>, Box<str>>,
}

/// Where a rule sends requests, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Forwarding {
    /// HTTP/2 is spoken to backends that do not say otherwise.
    pub grpc: bool,
    /// The shares.
    pub backends: Vec<Part>,
    /// Those of the rule. `auth` also has those of the listener, before its own.
    pub filters: Filters,
    /// Of each `ReplacePrefixMatch`: what is replaced, by what.
    pub prefixes: Vec<(Box<str>, Box<str>)>,
    /// As resolved.
    pub timeouts: Timeouts,
    /// As resolved.
    pub retry: Option<Retry>,
    /// As resolved.
    pub session: Option<SessionPersistence>,
    /// [`Rule::policies`].
    pub policies: BTreeMap<Box<str>, Box<str>>,
    /// Policies of the implementation that are in force for it; empty where none were looked at.
    pub in_force: Label,
}

/// The share of one backend.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// `ns/name:port`.
    pub backend: Box<str>,
    /// The kind of its object; `None` for a reference that cannot be followed, whose share is answered 500.
    pub kind: Option<Box<str>>,
    /// What is spoken to it.
    pub protocol: BackendProtocol,
    /// Of the sum.
    pub weight: u32,
    /// Those of the backendRef.
    pub filters: Filters,
    /// TLS to it; empty where it was not looked at.
    pub tls: Label,
}

impl Effect {
    /// What becomes of a request that was decided like this.
    #[must_use]
    pub fn decided(router: &Router, decision: Decision) -> Self {
        let hit = match decision {
            Decision::Hit(hit) => hit,
            Decision::Miss(Miss { reason: MissReason::NoRule, listener }) => {
                return Self::missed(router, listener);
            }
            Decision::Miss(miss) => return Self::miss(miss.reason),
            // As of a front door that cannot ask; what becomes of a request that may pass, `Router::decide_admitted` says.
            Decision::Ask(_) => {
                let reason = Why("servers have to be asked first".into());
                return Self::Error { status: 500, grpc: false, auth: Vec::new(), reason };
            }
        };
        let Some(view) = router.view(hit) else { return Self::Closed };
        Self::of(router.model(), view.listener, view.route.kind, view.rule, view.matched)
    }

    /// What becomes of a connection that a rule takes.
    pub(super) fn carried(router: &Router, hit: Hit) -> Self {
        Self::decided(router, Decision::Hit(hit))
    }

    /// No rule takes the request.
    pub(super) fn miss(reason: MissReason) -> Self {
        let status = reason.status().as_u16();
        Self::Error { status, grpc: false, auth: Vec::new(), reason: Why(reason.to_string().into()) }
    }

    /// No rule takes the request, on the listener that its host belongs to.
    pub(super) fn missed(router: &Router, listener: Option<ListenerId>) -> Self {
        let model = router.model();
        let listener = listener.and_then(|id| model.listeners.get(id.0 as usize));
        let filters = listener.map(|listener| &*listener.filters).unwrap_or_default();
        if let Some(reason) = filters.iter().find_map(ExternalAuth::broken) {
            return Self::Error { status: 500, grpc: false, auth: Vec::new(), reason: Why(reason) };
        }
        match Self::miss(MissReason::NoRule) {
            Self::Error { status, grpc, reason, .. } => {
                let auth = filters.iter().map(|auth| named(model, auth)).collect();
                Self::Error { status, grpc, auth, reason }
            }
            other => other,
        }
    }

    /// A rule of a route of this kind takes it on this listener, by this match.
    #[must_use]
    pub fn of(model: &Model, listener: &Listener, kind: RouteKind, rule: &Rule, matched: &Match) -> Self {
        let backends = || parts(model, rule);
        if matches!(kind, RouteKind::Tls | RouteKind::Tcp | RouteKind::Udp) {
            let mode = (kind == RouteKind::Tls).then_some(listener.mode);
            return Self::Connect { mode, backends: backends() };
        }
        let grpc = kind == RouteKind::Grpc;
        let error = |auth, reason: &str| Self::Error { status: 500, grpc, auth, reason: Why(reason.into()) };
        if let Some(reason) = listener.filters.iter().find_map(ExternalAuth::broken) {
            return error(Vec::new(), &reason);
        }
        let first: Vec<_> = listener.filters.iter().map(|auth| named(model, auth)).collect();
        if let Some(reason) = &rule.filters.invalid {
            return error(first, reason);
        }
        if let Some(reason) = rule.filters.auth.iter().find_map(ExternalAuth::broken) {
            return error(first, &reason);
        }
        let own = rule.filters.auth.iter().map(|auth| named(model, auth));
        let auth: Vec<_> = first.iter().cloned().chain(own).collect();
        let mut filters = bare(model, &rule.filters);
        filters.auth.clone_from(&auth);
        let mut prefixes = Vec::new();
        if filters.redirect.is_some() || filters.respond.is_some() {
            let respond = filters.respond.take().filter(|_| filters.redirect.is_none());
            let redirect = filters.redirect.take().map(|redirect| filled(redirect, listener));
            let (response_headers, cors) = (filters.response_headers.take(), filters.cors.take());
            filters = Filters { auth, response_headers, redirect, cors, respond, ..Filters::default() };
            let path = filters.redirect.as_mut().and_then(|redirect| redirect.path.as_mut());
            if !path.is_none_or(|path| lift(path, matched, &mut prefixes)) {
                return error(first, "ReplacePrefixMatch without a prefix");
            }
            if rule.policies.is_empty() && is_nothing(&filters) {
                return Self::miss(MissReason::NoRule);
            }
            let policies = rule.policies.clone();
            return Self::Answer(Box::new(Answer { filters, prefixes, policies }));
        }
        let mut backends = backends();
        for filters in backends.iter_mut().map(|part| &mut part.filters).chain([&mut filters]) {
            filters.redirect = filters.redirect.take().map(|redirect| filled(redirect, listener));
            let redirect = filters.redirect.as_mut().and_then(|redirect| redirect.path.as_mut());
            let rewrite = filters.rewrite.as_mut().and_then(|rewrite| rewrite.path.as_mut());
            for path in [redirect, rewrite].into_iter().flatten() {
                // Without a prefix the request is answered 500: no other text says so.
                if !lift(path, matched, &mut prefixes) {
                    prefixes.push(("*".into(), "".into()));
                }
            }
        }
        let (timeouts, retry, session) = (rule.timeouts, rule.retry.clone(), rule.session.clone());
        let policies = rule.policies.clone();
        Self::Forward(Box::new(Forwarding {
            grpc,
            backends,
            filters,
            prefixes,
            timeouts,
            retry,
            session,
            policies,
            in_force: Label::default(),
        }))
    }

    /// With what the model leaves out: of a request that this rule takes.
    #[must_use]
    pub fn beside(mut self, beside: &Beside, hit: Hit) -> Self {
        if let Self::Forward(forward) = &mut self {
            let policies = beside.policies.get(&(hit.listener, hit.route, hit.rule));
            forward.in_force = policies.cloned().unwrap_or_default();
            for part in &mut forward.backends {
                let kind = part.kind.as_deref().unwrap_or_default();
                let tls = beside.backends.get(&format!("{kind} {}", part.backend));
                part.tls = tls.cloned().unwrap_or_default();
            }
        }
        self
    }
}

impl Effect {
    /// Whether the gateway has nothing to offer but an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        match self {
            Self::Closed | Self::Error { .. } => true,
            Self::Answer(_) | Self::Requests | Self::Secured(_) => false,
            Self::Forward(forward) => forward.backends.iter().all(|part| part.kind.is_none()),
            Self::Connect { backends, .. } => backends.iter().all(|part| part.kind.is_none()),
        }
    }
}

/// The shares of a rule, in lowest terms and by name. Order and parts of one backend that are written apart mean nothing.
fn parts(model: &Model, rule: &Rule) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for backend in rule.backends.iter().filter(|backend| backend.weight > 0) {
        let part = part(model, backend);
        match parts.iter_mut().find(|other| Part { weight: part.weight, ..(*other).clone() } == part) {
            Some(same) => same.weight = same.weight.saturating_add(part.weight),
            None => parts.push(part),
        }
    }
    let divisor = parts.iter().map(|part| part.weight).fold(0, gcd).max(1);
    for part in &mut parts {
        part.weight /= divisor;
    }
    parts.sort_by(|a, b| (&a.backend, &a.kind, a.weight).cmp(&(&b.backend, &b.kind, b.weight)));
    parts
}

fn part(model: &Model, backend: &WeightedBackend) -> Part {
    let known = match &backend.target {
        Target::Backend(id) => model.backends.get(id.0 as usize),
        Target::Invalid { .. } => None,
    };
    let name = match (&backend.target, known) {
        (_, Some(backend)) => backend.name.to_string().into(),
        (Target::Invalid { reference, .. }, None) => reference.clone(),
        (Target::Backend(_), None) => Box::default(),
    };
    Part {
        backend: name,
        kind: known.map(|backend| backend.name.kind.clone()),
        protocol: known.map_or(BackendProtocol::Unspecified, |backend| backend.protocol),
        weight: backend.weight,
        filters: bare(model, &backend.filters),
        tls: Label::default(),
    }
}

/// Without where it is written, and with its server by name.
fn named(model: &Model, auth: &ExternalAuth) -> ExternalAuth {
    ExternalAuth { target: by_name(model, &auth.target), origin: Origin::default(), ..auth.clone() }
}

/// A target as a name: an index means nothing in another model.
fn by_name(model: &Model, target: &Target) -> Target {
    let known = target.backend().and_then(|id| model.backends.get(id.0 as usize));
    let reference = known.map(|backend| format!("{} {}", backend.name.kind, backend.name));
    Target::Invalid { reference: reference.unwrap_or_default().into(), reason: Box::default() }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Without where they are written, and with what they send to by name. Mirrors to nowhere are dropped.
fn bare(model: &Model, filters: &Filters) -> Filters {
    let mirrors = filters.mirrors.iter().filter(|mirror| mirror.target.backend().is_some());
    let mirror = |mirror: &Mirror| Mirror {
        target: by_name(model, &mirror.target),
        origin: Origin::default(),
        ..mirror.clone()
    };
    let auth = filters.auth.iter().map(|auth| named(model, auth)).collect();
    Filters { mirrors: mirrors.map(mirror).collect(), auth, ..filters.clone() }
}

/// With what it takes from its listener.
fn filled(redirect: Redirect, listener: &Listener) -> Redirect {
    let https = matches!(listener.protocol, Protocol::Https | Protocol::Tls);
    let default = if https { "https" } else { "http" };
    let by_scheme = redirect.scheme.as_deref().map(|scheme| if scheme == "https" { 443 } else { 80 });
    let port = redirect.port.or(by_scheme).unwrap_or(listener.port);
    let scheme = redirect.scheme.clone().unwrap_or_else(|| default.into());
    Redirect { scheme: Some(scheme), port: Some(port), ..redirect }
}

/// An answer that nobody can tell from that to a request which no rule takes.
fn is_nothing(filters: &Filters) -> bool {
    let not_found =
        DirectResponse { status: StatusCode::NOT_FOUND, content_type: None, body: Box::default() };
    *filters == Filters { respond: Some(not_found), ..Filters::default() }
}

/// Moves what `ReplacePrefixMatch` does out of a modifier, and what a regular expression does that does the same. False if the
/// match has no prefix.
fn lift(path: &mut PathModifier, matched: &Match, prefixes: &mut Vec<(Box<str>, Box<str>)>) -> bool {
    let (from, to) = match (&*path, &matched.path) {
        (PathModifier::Prefix(to), PathMatch::Prefix(from)) => (&**from, &**to),
        (PathModifier::Prefix(_), _) => return false,
        (PathModifier::Regex(replace), _) => match replace.as_prefix() {
            Some(swap) => swap,
            None => return true,
        },
        (PathModifier::Full(_), _) => return true,
    };
    let (mut from, mut to) = (from.trim_end_matches('/'), to.trim_end_matches('/'));
    // `/a/x` to `/b/x` is what `/a` to `/b` is, where both apply.
    while let (Some((a, last)), Some((b, same))) = (from.rsplit_once('/'), to.rsplit_once('/')) {
        if last != same {
            break;
        }
        (from, to) = (a, b);
    }
    prefixes.push((from.into(), to.into()));
    *path = PathModifier::Prefix("".into());
    true
}

//! Why a request goes where it goes: the one structure that the command line, Python, Node and `/explain` print.

mod build;
mod connection;
mod contenders;
pub(crate) mod describe;
mod reason;

pub use contenders::Contender;
pub use describe::predicates;
pub use reason::Reason;

use crate::model::Place;

/// The answer of [`crate::Router::explain`] and of [`crate::Router::explain_connection`]. With the feature `serde` it serialises as the documented JSON.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Explanation {
    /// What becomes of the request.
    pub outcome: Outcome,
    /// Why, as one word to test for.
    pub code: Reason,
    /// The status the gateway answers by itself; `None` when a backend answers.
    pub status: Option<u16>,
    /// `ns/gateway/listener`.
    pub listener: Option<String>,
    /// `HTTPRoute/ns/name`.
    pub route: Option<String>,
    /// Index of the rule in the route.
    pub rule: Option<usize>,
    /// Its name, if it has one.
    pub rule_name: Option<String>,
    /// Index of the match in the rule.
    #[cfg_attr(feature = "serde", serde(rename = "match"))]
    pub matched: Option<usize>,
    /// The servers that are asked first (`ExternalAuth`), in order. The rest of the explanation is for a request that all of them
    /// let pass without changing it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub asks: Vec<Asked>,
    /// All backendRefs of the rule, in order.
    pub backends: Vec<BackendShare>,
    /// Index into `backends` of the one that `x` picks.
    pub picked: Option<usize>,
    /// The request as the backend gets it.
    pub upstream: Option<Upstream>,
    /// `Location` of a redirect.
    pub location: Option<String>,
    /// One sentence: why this outcome.
    pub reason: String,
    /// Where the winning match is written.
    pub source: Option<Source>,
    /// Every match of the chosen listener that could take this host or server name, strongest first.
    pub candidates: Vec<Candidate>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Outcome {
    /// A backend gets it.
    Forward,
    /// A redirect.
    Redirect,
    /// The gateway answers: fixed answer, preflight, 404, 421, 500.
    Respond,
    /// No listener takes it, or it has no valid host: there is nobody to answer but the socket (404, 400).
    None,
    /// A TLS, TCP or UDP listener takes it, and no backend: the connection is closed, the datagram dropped.
    Close,
    /// An HTTP or HTTPS listener takes the connection: its requests are routed one by one.
    Http,
}

/// One `ExternalAuth` filter.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Asked {
    /// `ns/name:port`.
    #[cfg_attr(feature = "serde", serde(rename = "ref"))]
    pub reference: String,
    /// `HTTP` or `GRPC`.
    pub protocol: &'static str,
    /// When.
    pub stage: Stage,
}

/// When a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Stage {
    /// Before a rule is chosen: the answer may change which.
    Listener,
    /// Once a rule has been chosen.
    Rule,
}

/// One backendRef.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BackendShare {
    /// `ns/name:port`.
    #[cfg_attr(feature = "serde", serde(rename = "ref"))]
    pub reference: String,
    /// As written, or 1.
    pub weight: u32,
    /// Whether the reference can be followed.
    pub valid: bool,
    /// Why not.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub reason: Option<String>,
}

/// The request after all filters.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Upstream {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `Host` / `:authority`.
    pub host: String,
    /// The other header fields, sorted by name.
    pub headers: Vec<(String, String)>,
}

/// A place as JSON holds it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Source {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

impl From<&Place> for Source {
    fn from(place: &Place) -> Self {
        Self { file: place.file.to_string(), line: place.line, column: place.column }
    }
}

/// One match that was looked at.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Candidate {
    /// `HTTPRoute/ns/name`.
    pub route: String,
    /// Index of the rule.
    pub rule: usize,
    /// Index of the match.
    #[cfg_attr(feature = "serde", serde(rename = "match"))]
    pub matched: usize,
    /// The hostname of the route that let it in; `*` for any.
    pub hostname: String,
    /// The match in one line: `Prefix /api, GET, header x-a=b`.
    pub predicates: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Where it is written.
    pub source: Option<Source>,
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "verdict", rename_all = "lowercase"))]
pub enum Verdict {
    /// It takes the request.
    Won {
        /// Over the next one that also matches, if there is one.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        on: Option<Criterion>,
    },
    /// It matches too; the winner precedes it.
    Lost {
        /// The first criterion on which they differ.
        on: Criterion,
    },
    /// It does not match.
    Failed {
        /// Which predicate: `path`, `method`, `header x-a`, `query v`.
        predicate: String,
        /// What it wanted.
        expected: String,
        /// What the request has; `None` for nothing.
        actual: Option<String>,
    },
}

/// The criteria of precedence, in the order of the specification (HTTPRouteRule, GRPCRouteRule).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Criterion {
    /// The more specific hostname of the route.
    Hostname,
    /// Exact before regular expression before prefix.
    PathKind,
    /// The earlier location of an Ingress controller.
    Location,
    /// The longer prefix.
    PathLength,
    /// GRPCRoute: the longer service.
    GrpcService,
    /// GRPCRoute: the longer method.
    GrpcMethod,
    /// A method match before none.
    Method,
    /// More header matches.
    Headers,
    /// More query parameter matches.
    Query,
    /// The older route.
    Age,
    /// `{namespace}/{name}`.
    Name,
    /// The earlier rule of the route, and the earlier match of the rule.
    Order,
}

impl Criterion {
    /// All of them, in order.
    pub const ALL: [Self; 12] = [
        Self::Hostname,
        Self::PathKind,
        Self::Location,
        Self::PathLength,
        Self::GrpcService,
        Self::GrpcMethod,
        Self::Method,
        Self::Headers,
        Self::Query,
        Self::Age,
        Self::Name,
        Self::Order,
    ];
}

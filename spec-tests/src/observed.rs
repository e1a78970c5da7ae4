use std::collections::BTreeMap;
use std::fmt;

use http::HeaderMap;

/// What a door can see of an answer; the rest of an expectation is not checked there.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each says one thing about a door")]
pub struct Sees {
    /// Which route, rule and match took the request, or that none did.
    pub decision: bool,
    /// Which listener.
    pub listener: bool,
    /// Whether a backend got it, and which; the status and location otherwise.
    pub became: bool,
    /// The request as the backend got it.
    pub upstream: bool,
    /// The header fields of the response.
    pub response: bool,
    /// Which authorization servers are asked.
    pub asked: bool,
}

/// What became of one request at a door.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// See [`Sees::decision`].
    pub decided: Option<Decided>,
    /// `ns/gateway/listener`.
    pub listener: Option<String>,
    /// See [`Sees::became`].
    pub became: Option<Became>,
    /// See [`Sees::upstream`]; `None` also where no backend got it.
    pub upstream: Option<Sent>,
    /// See [`Sees::response`].
    pub response: Option<HeaderMap>,
    /// See [`Sees::asked`].
    pub asked: Vec<Question>,
}

/// A question to an authorization server.
#[derive(Clone, Debug)]
pub struct Question {
    /// `ns/name:port`.
    pub server: String,
    /// What it is told of the request, where a door can see it.
    pub told: Option<Sent>,
}

/// A rule, or the status that says there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// This rule takes it.
    Rule(RouteAt),
    /// None does.
    Status(u16),
    /// None does, and there is nothing to answer.
    Closed,
}

/// A match of a rule of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteAt {
    /// `Kind/ns/name`.
    pub route: String,
    /// Index.
    pub rule: usize,
    /// Index.
    pub matched: usize,
}

impl fmt::Display for RouteAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rule {} match {}", self.route, self.rule, self.matched)
    }
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// A backend, `ns/name:port`.
    Forwarded(String),
    /// The gateway.
    Answered {
        /// Of gRPC, as HTTP has it: UNIMPLEMENTED is 404, UNAVAILABLE 500.
        status: u16,
        /// Of a redirect.
        location: Option<String>,
    },
    /// Nobody: the connection was closed, the datagram dropped.
    Closed,
}

/// A request as a backend got it.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `Host` or `:authority`.
    pub host: String,
    /// All other fields.
    pub headers: HeaderMap,
}

/// How many of a number of equal requests went where; `invalid` are those answered 500.
pub type Picks = BTreeMap<String, u32>;

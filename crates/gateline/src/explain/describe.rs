//! The words for matches and reasons.

use crate::model::{GrpcMethodMatch, Match, PathMatch, RouteKind, ValueMatch};
use crate::plan::AnswerReason;

/// For a request whose server name chose such a listener.
pub(super) const NO_REQUESTS: &str =
    "the server name belongs to a TLS listener, which sees connections and no requests";

/// A path match: `Prefix /api`.
pub(crate) fn path(path: &PathMatch) -> String {
    match path {
        PathMatch::Exact(path) => format!("Exact {path}"),
        PathMatch::Prefix(prefix) => format!("Prefix {}", if prefix.is_empty() { "/" } else { prefix }),
        PathMatch::Regex(pattern) => format!("Regex {pattern}"),
        PathMatch::Grpc(GrpcMethodMatch { service, method }) => {
            let part = |value: &Option<ValueMatch>| value.as_ref().map_or_else(|| "*".into(), value_text);
            format!("gRPC {}/{}", part(service), part(method))
        }
    }
}

/// `b`, or `~b.*` for a regular expression.
pub(crate) fn value_text(value: &ValueMatch) -> String {
    match value {
        ValueMatch::Exact(text) => text.to_string(),
        ValueMatch::Regex(pattern) => format!("~{pattern}"),
    }
}

/// What a match of a route asks for, in one line: `Prefix /api, GET, header x-a=b`. Below HTTP it asks for nothing.
#[must_use]
pub fn predicates(kind: RouteKind, one: &Match) -> String {
    match kind {
        RouteKind::Http | RouteKind::Grpc | RouteKind::Ingress => matched(one),
        RouteKind::Tls | RouteKind::Tcp => "every connection".into(),
        RouteKind::Udp => "every datagram".into(),
    }
}

/// A whole match: `Prefix /api, GET, header x-a=b`.
fn matched(matched: &Match) -> String {
    let parts = std::iter::once(path(&matched.path)).chain(conditions(matched));
    parts.collect::<Vec<_>>().join(", ")
}

/// What a match asks for besides its path: `GET`, `header x-a=b`, `query v~1.*`.
pub(crate) fn conditions(matched: &Match) -> impl Iterator<Item = String> + '_ {
    let method = matched.method.iter().map(ToString::to_string);
    let headers = matched.headers.iter();
    let headers = headers.map(|header| format!("header {}{}", header.name, assignment(&header.value)));
    let query = matched.query.iter();
    let query = query.map(|query| format!("query {}{}", query.name, assignment(&query.value)));
    method.chain(headers).chain(query)
}

fn assignment(value: &ValueMatch) -> String {
    match value {
        ValueMatch::Exact(text) => format!("={text}"),
        ValueMatch::Regex(pattern) => format!("~{pattern}"),
    }
}

pub(super) fn answer(reason: &AnswerReason) -> String {
    match reason {
        AnswerReason::Redirect => "a RequestRedirect filter of the rule answers".into(),
        AnswerReason::Preflight => "the rule's CORS filter answers a preflight".into(),
        AnswerReason::Respond => "a fixed answer of the rule".into(),
        AnswerReason::InvalidFilter(why) => format!("a filter of the rule cannot be applied: {why}"),
        AnswerReason::InvalidBackend(why) => format!("the backendRef cannot be followed: {why}"),
        AnswerReason::NoBackend => "the rule has no backendRef with a weight above 0".into(),
    }
}

//! Parts of a request that satisfy a match, made up from it. `None` where no example of a pattern is found.

use gateline::model::{Match, PathMatch, QueryMatch, ValueMatch};
use gateline::pattern;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Unreserved characters of RFC 3986 stand for themselves in a query.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The value of a header field, a query parameter, a gRPC service or method.
#[must_use]
pub fn value(value: &ValueMatch) -> Option<String> {
    match value {
        ValueMatch::Exact(text) => Some(text.to_string()),
        ValueMatch::Regex(pattern) => pattern::example(pattern),
    }
}

/// The path, from `/` on.
#[must_use]
pub fn path(path: &PathMatch) -> Option<String> {
    match path {
        PathMatch::Exact(path) => Some(path.to_string()),
        PathMatch::Prefix(prefix) if prefix.is_empty() => Some("/".to_owned()),
        PathMatch::Prefix(prefix) => Some(prefix.to_string()),
        PathMatch::Regex(pattern) => pattern::example(pattern).filter(|path| path.starts_with('/')),
        PathMatch::Grpc(call) => {
            let part =
                |wanted: &Option<ValueMatch>, any: &str| wanted.as_ref().map_or(Some(any.to_owned()), value);
            Some(format!("/{}/{}", part(&call.service, "any.Service")?, part(&call.method, "Method")?))
        }
    }
}

/// The query with its `?`, form-encoded; empty if the match asks for none.
#[must_use]
pub fn query(matched: &Match) -> Option<String> {
    let parameters = matched.query.iter().map(parameter);
    let parameters = parameters.collect::<Option<Vec<_>>>()?.join("&");
    Some(if parameters.is_empty() { parameters } else { format!("?{parameters}") })
}

/// One parameter of it: `name=value`.
#[must_use]
pub fn parameter(parameter: &QueryMatch) -> Option<String> {
    Some(format!("{}={}", encoded(&parameter.name), encoded(&value(&parameter.value)?)))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

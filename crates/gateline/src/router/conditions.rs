use http::header::{GetAll, HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use super::patterns::{PatternId, Patterns};
use super::request::Request;

/// What a match asks of a request besides its host and path.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) method: Option<Method>,
    pub(super) headers: Box<[(HeaderName, Value)]>,
    pub(super) query: Box<[(Box<str>, Value)]>,
}

#[derive(Debug)]
pub(super) enum Value {
    Exact(Box<[u8]>),
    Regex(PatternId),
}

/// The first condition that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Method,
    /// Index into the header matches.
    Header(usize),
    /// Index into the query parameter matches.
    Query(usize),
}

impl Conditions {
    pub(super) fn is_empty(&self) -> bool {
        self.method.is_none() && self.headers.is_empty() && self.query.is_empty()
    }

    pub(super) fn failure(&self, request: &Request<'_>, patterns: &Patterns) -> Option<Failure> {
        if self.method.as_ref().is_some_and(|method| method != request.head.method) {
            return Some(Failure::Method);
        }
        let fails = |(name, value): &(HeaderName, Value)| !value.in_header(request.headers(), name, patterns);
        if let Some(index) = self.headers.iter().position(fails) {
            return Some(Failure::Header(index));
        }
        let fails = |(name, value): &(Box<str>, Value)| match request.query.first(name) {
            Some(actual) => !value.matches(actual.decode(), patterns),
            None => true,
        };
        self.query.iter().position(fails).map(Failure::Query)
    }
}

impl Value {
    /// One of the values of a header, or all of them joined by `,`, must match.
    fn in_header(&self, headers: &HeaderMap, name: &HeaderName, patterns: &Patterns) -> bool {
        let all = headers.get_all(name);
        all.iter().any(|value| self.is(value, patterns))
            || all.iter().nth(1).is_some() && self.matches(joined(&all), patterns)
    }

    fn is(&self, value: &HeaderValue, patterns: &Patterns) -> bool {
        match self {
            Self::Exact(expected) => **expected == *value.as_bytes(),
            Self::Regex(_) => self.matches(value.as_bytes().iter().copied(), patterns),
        }
    }

    fn matches(&self, value: impl Iterator<Item = u8>, patterns: &Patterns) -> bool {
        match self {
            Self::Exact(expected) => value.eq(expected.iter().copied()),
            Self::Regex(pattern) => patterns.get(*pattern).is_some_and(|pattern| pattern.matches(value)),
        }
    }
}

/// The values of a repeated header as one list (RFC 9110 section 5.3).
pub(super) fn joined<'a>(values: &GetAll<'a, HeaderValue>) -> impl Iterator<Item = u8> + use<'a> {
    values.iter().enumerate().flat_map(|(index, value)| {
        let comma = (index > 0).then_some(b',');
        comma.into_iter().chain(value.as_bytes().iter().copied())
    })
}

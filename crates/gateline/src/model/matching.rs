use http::{HeaderName, Method};

use super::Origin;

/// One entry of `rules[].matches`: all of its predicates must hold. A rule matches if any of its matches does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Match {
    /// A rule without matches, or a match without a path, has the prefix `/`.
    pub path: PathMatch,
    /// `None` matches any method.
    pub method: Option<Method>,
    /// At most one entry a name: the first written counts (HTTPHeaderMatch).
    pub headers: Vec<HeaderMatch>,
    /// At most one entry a name.
    pub query: Vec<QueryMatch>,
    /// Where it is written.
    pub origin: Origin,
}

/// How a path is matched. Paths are compared as sent, byte for byte: nothing is decoded or normalised.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum PathMatch {
    /// The whole path.
    Exact(Box<str>),
    /// The path, element by element, without a trailing slash: `/foo` matches `/foo`, `/foo/` and `/foo/bar`, not
    /// `/foobar`. The root is the empty text, which matches every path.
    Prefix(Box<str>),
    /// A regular expression over the whole path (RE2's dialect: ASCII classes, no look-around).
    Regex(Box<str>),
    /// The method match of a GRPCRoute, over a path `/service/method`.
    Grpc(GrpcMethodMatch),
}

impl Default for PathMatch {
    /// The prefix `/`.
    fn default() -> Self {
        Self::Prefix("".into())
    }
}

/// `matches[].method` of a GRPCRoute. At least one of the two is set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GrpcMethodMatch {
    /// The fully qualified service; `None` matches any.
    pub service: Option<ValueMatch>,
    /// The method; `None` matches any.
    pub method: Option<ValueMatch>,
}

/// `type: Exact` or `type: RegularExpression` of a header, a query parameter or a gRPC method.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum ValueMatch {
    /// Byte for byte.
    Exact(Box<str>),
    /// A regular expression over the whole value.
    Regex(Box<str>),
}

/// `matches[].headers[]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderMatch {
    /// Case-insensitive.
    pub name: HeaderName,
    /// Compared with each value of a repeated header and with all of them joined by `,`; one must match.
    pub value: ValueMatch,
}

/// `matches[].queryParams[]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct QueryMatch {
    /// Case-sensitive, compared after form decoding.
    pub name: Box<str>,
    /// Compared with the first parameter of that name, after form decoding.
    pub value: ValueMatch,
}

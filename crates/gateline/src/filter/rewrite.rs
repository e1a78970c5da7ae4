/// `URLRewrite`, of the Gateway API or of Envoy Gateway's HTTPRouteFilter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// Replaces `Host` and `:authority`.
    pub hostname: Option<HostRewrite>,
    /// Replaces the path; the query is kept.
    pub path: Option<PathModifier>,
}

/// Where the new host comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRewrite {
    /// `urlRewrite.hostname`.
    Literal(Box<str>),
    /// HTTPRouteFilter `type: Header`: the value of a request header, nothing where it is absent.
    Header(http::HeaderName),
    /// HTTPRouteFilter `type: Backend`: the name of the endpoint; the caller knows it.
    Backend,
}

/// `path` of `RequestRedirect` and `URLRewrite`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathModifier {
    /// `ReplaceFullPath`.
    Full(Box<str>),
    /// `ReplacePrefixMatch`: replaces the prefix that the winning match matched, element by element.
    Prefix(Box<str>),
    /// HTTPRouteFilter `ReplaceRegexMatch`: replaces every match of a pattern in the path; `\1` to `\9` are groups.
    Regex {
        /// RE2's dialect.
        pattern: Box<str>,
        /// With `\N` groups.
        substitution: Box<str>,
    },
}

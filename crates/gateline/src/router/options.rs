use crate::model::Origin;
use crate::pattern::PatternError;

/// Choices the specification leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Where a regular expression ranks among path matches.
    pub regex_rank: RegexRank,
    /// What decides between matches of paths of one kind.
    pub precedence: Precedence,
    /// Whether a host whose rules do not match falls through to the rules of a less specific hostname of its listener.
    pub hostname_fallback: bool,
}

impl Options {
    /// What the specification says, and Gateline's choices where it says nothing.
    pub(crate) const SPEC: Self = Self {
        regex_rank: RegexRank::AbovePrefix,
        precedence: Precedence::Standard,
        hostname_fallback: true,
    };
}

impl Default for Options {
    fn default() -> Self {
        Self::SPEC
    }
}

/// See [`Options::precedence`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precedence {
    /// As the specification has it: the longest prefix, then a method, then the number of headers, then that of query
    /// parameters.
    #[default]
    Standard,
    /// As Envoy Gateway sorts: the longest text of a path, whatever its kind; then the number of headers, to which a method
    /// counts; then that of exact ones; then the same of query parameters.
    EnvoyGateway,
}

/// See [`Options::regex_rank`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegexRank {
    /// Exact, regular expression, prefix: as Contour, NGINX, Envoy Gateway and kgateway do.
    #[default]
    AbovePrefix,
    /// Exact, prefix, regular expression: as Istio, agentgateway and HAProxy do.
    BelowPrefix,
}

/// Why a model does not compile.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// A pattern that `gateline::pattern::check` refuses.
    #[error("{origin}: {source}")]
    Pattern {
        /// Where it stands.
        origin: Box<Origin>,
        /// What is wrong with it.
        source: PatternError,
    },
    /// More rules in a route or matches in a rule than 65,536, or more matches on a listener than fit 32 bits.
    #[error("{origin}: too many rules or matches")]
    TooMany {
        /// Where they stand.
        origin: Box<Origin>,
    },
    /// The model refers to a route it does not hold.
    #[error("{origin}: attaches route {route}, which the model does not hold")]
    NoRoute {
        /// The listener.
        origin: Box<Origin>,
        /// The index.
        route: u32,
    },
}

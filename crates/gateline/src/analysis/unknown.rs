use std::fmt;

use crate::model::Origin;

/// Why something could neither be proved nor refuted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unknown {
    /// What stood in the way.
    pub reason: Reason,
    /// Where.
    pub origin: Origin,
}

/// See [`Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The regular expressions over the paths of one host do not fit one automaton.
    AutomatonTooLarge,
    /// The patterns of one host tell more paths apart than are looked at.
    TooManyPaths,
    /// The patterns of one header or query parameter tell more values apart than are looked at.
    TooManyValues,
    /// There are more combinations of values than are looked at.
    TooManyCombinations,
    /// A header in several lines, which match only together, by a regular expression.
    RepeatedHeader,
    /// More work than one analysis may do.
    TooMuchWork,
    /// A pattern that is outside of what is reasoned about.
    Pattern(Box<str>),
    /// No host was found that falls under this hostname.
    NoHost(Box<str>),
    /// The router answered otherwise than was worked out: a bug of Gateline.
    Disagreement(Box<str>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AutomatonTooLarge => {
                f.write_str("the regular expressions over the paths of one host do not fit one automaton")
            }
            Self::TooManyPaths => f.write_str("the patterns of one host tell too many paths apart"),
            Self::TooManyValues => {
                f.write_str("the patterns of one header or query parameter tell too many values apart")
            }
            Self::TooManyCombinations => f.write_str("too many combinations of values"),
            Self::RepeatedHeader => {
                f.write_str("a regular expression matches several lines of a header only together")
            }
            Self::TooMuchWork => f.write_str("too much work for one analysis"),
            Self::Pattern(text) => write!(f, "the pattern {text:?} is outside of what is reasoned about"),
            Self::NoHost(name) => write!(f, "no host was found that falls under {name}"),
            Self::Disagreement(request) => write!(
                f,
                "the router does not do with {request} what was worked out: this is a bug of Gateline, please report it"
            ),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.reason)
    }
}

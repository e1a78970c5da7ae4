use crate::decision::MissReason;
use crate::plan::AnswerReason;

/// Why, as one word of a fixed few: what programs and tests compare. In JSON and in test files `no-matching-rule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Reason {
    /// A backend gets it.
    Forwarded,
    /// A `RequestRedirect` filter answers.
    Redirect,
    /// A CORS filter answers a preflight.
    Preflight,
    /// A fixed answer of the rule.
    FixedAnswer,
    /// A filter of the rule cannot be applied: 500.
    InvalidFilter,
    /// The backendRef names something that does not exist: 500.
    BackendUnresolved,
    /// The backendRef crosses namespaces without a ReferenceGrant: 500.
    RefNotPermitted,
    /// The backendRef names a kind or a protocol that cannot take requests: 500.
    BackendUnsupported,
    /// All backendRefs of the rule have weight 0: 500.
    WeightsZero,
    /// The rule has no backendRefs: 500.
    NoBackends,
    /// No listener has the port, or none of the port takes the host or server name: 404.
    NoMatchingListener,
    /// A listener takes it, no rule of its routes does: 404.
    NoMatchingRule,
    /// The host belongs to another listener than the server name: 421.
    Misdirected,
    /// The host is no host: 400.
    BadAuthority,
    /// An HTTP or HTTPS listener takes the connection: its requests are routed one by one.
    Http,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Forwarded,
        Self::Redirect,
        Self::Preflight,
        Self::FixedAnswer,
        Self::InvalidFilter,
        Self::BackendUnresolved,
        Self::RefNotPermitted,
        Self::BackendUnsupported,
        Self::WeightsZero,
        Self::NoBackends,
        Self::NoMatchingListener,
        Self::NoMatchingRule,
        Self::Misdirected,
        Self::BadAuthority,
        Self::Http,
    ];

    /// As JSON and test files write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forwarded => "forwarded",
            Self::Redirect => "redirect",
            Self::Preflight => "preflight",
            Self::FixedAnswer => "fixed-answer",
            Self::InvalidFilter => "invalid-filter",
            Self::BackendUnresolved => "backend-unresolved",
            Self::RefNotPermitted => "ref-not-permitted",
            Self::BackendUnsupported => "backend-unsupported",
            Self::WeightsZero => "weights-zero",
            Self::NoBackends => "no-backends",
            Self::NoMatchingListener => "no-matching-listener",
            Self::NoMatchingRule => "no-matching-rule",
            Self::Misdirected => "misdirected",
            Self::BadAuthority => "bad-authority",
            Self::Http => "http",
        }
    }

    /// Of a rule's own answer; `refs` is how many backendRefs it has.
    pub(super) fn of_answer(reason: &AnswerReason, refs: usize) -> Self {
        match reason {
            AnswerReason::Redirect => Self::Redirect,
            AnswerReason::Preflight => Self::Preflight,
            AnswerReason::Respond => Self::FixedAnswer,
            AnswerReason::InvalidFilter(_) => Self::InvalidFilter,
            AnswerReason::InvalidBackend(why) => match &**why {
                "BackendNotFound" => Self::BackendUnresolved,
                "RefNotPermitted" => Self::RefNotPermitted,
                _ => Self::BackendUnsupported,
            },
            AnswerReason::NoBackend if refs == 0 => Self::NoBackends,
            AnswerReason::NoBackend => Self::WeightsZero,
        }
    }
}

impl From<MissReason> for Reason {
    fn from(reason: MissReason) -> Self {
        match reason {
            MissReason::NoListener => Self::NoMatchingListener,
            MissReason::NoRule => Self::NoMatchingRule,
            MissReason::Misdirected => Self::Misdirected,
            MissReason::BadAuthority => Self::BadAuthority,
        }
    }
}

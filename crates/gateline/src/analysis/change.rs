use std::collections::BTreeSet;
use std::fmt;

use super::effect::Effect;
use super::hosts::Hosts;
use super::reach::MatchRef;
use super::witness::Witness;
use crate::model::ObjectName;

/// Requests that have another effect after a change, by the same rules before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// The Gateway.
    pub gateway: ObjectName,
    /// Its port.
    pub port: u16,
    /// Which hosts, by class.
    pub hosts: BTreeSet<Hosts>,
    /// Which paths, each class in words: `/v1/users/**`, `/exact`, `~regex`.
    pub paths: BTreeSet<String>,
    /// What such a request has besides: `GET`, `header x-a=b`.
    pub conditions: Vec<String>,
    /// Before.
    pub before: Party,
    /// After.
    pub after: Party,
    /// One such request, the shortest found. Both routers decided it.
    pub witness: Witness,
}

/// One side of a [`Change`].
#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    /// What becomes of the requests.
    pub effect: Effect,
    /// The match that takes them, if one does.
    pub matched: Option<MatchRef>,
}

/// How an effect differs from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "UPPERCASE"))]
pub enum ChangeKind {
    /// It worked, and is an error now.
    Lost,
    /// It was an error, and works now: something is newly reachable.
    Opened,
    /// Other backends get it.
    Moved,
    /// The same backends get something else, or the client does: filters.
    Rewritten,
    /// A redirect came, went, or leads elsewhere.
    Redirect,
    /// The same backends in other shares, or some more or fewer of them.
    Split,
    /// The gateway's own answer is another one.
    Status,
    /// Where TLS ends, which listener a server name belongs to, certificates, or TLS to backends.
    Tls,
    /// Timeouts, retries, sessions, what is spoken to the backend, or policies of the implementation.
    Policy,
}

impl ChangeKind {
    /// All kinds, the gravest first.
    pub const ALL: [Self; 9] = [
        Self::Lost,
        Self::Opened,
        Self::Moved,
        Self::Rewritten,
        Self::Redirect,
        Self::Split,
        Self::Status,
        Self::Tls,
        Self::Policy,
    ];

    /// The kind of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string().eq_ignore_ascii_case(name))
    }

    /// `lost, opened, …`: all names.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.map(|kind| kind.to_string().to_lowercase()).join(", ")
    }

    /// How what becomes of a request differs; `None` where nobody can tell the difference.
    #[must_use]
    pub fn of(before: &Effect, after: &Effect) -> Option<Self> {
        (before != after).then(|| Self::between(before, after))
    }

    /// How two effects that are not equal differ.
    pub(super) fn between(before: &Effect, after: &Effect) -> Self {
        use Effect::{Answer, Connect, Forward, Secured};
        match (before.is_error(), after.is_error()) {
            (false, true) => return Self::Lost,
            (true, false) => return Self::Opened,
            (true, true) => return Self::Status,
            (false, false) => {}
        }
        let redirects =
            |effect: &Effect| matches!(effect, Answer(answer) if answer.filters.redirect.is_some());
        if redirects(before) || redirects(after) {
            return Self::Redirect;
        }
        let (a, b) = match (before, after) {
            (Answer(_), Answer(_)) => return Self::Status,
            (Forward(a), Forward(b)) => (&a.backends, &b.backends),
            (Connect { mode, backends }, Connect { mode: then, backends: parts }) => {
                if mode != then {
                    return Self::Tls;
                }
                (backends, parts)
            }
            (Connect { .. } | Secured(_), _) | (_, Connect { .. } | Secured(_)) => return Self::Tls,
            _ => return Self::Moved,
        };
        let names = |parts: &[super::effect::Part]| -> BTreeSet<(Box<str>, Option<Box<str>>)> {
            parts.iter().map(|part| (part.backend.clone(), part.kind.clone())).collect()
        };
        let weights = |parts: &[super::effect::Part]| -> Vec<(Box<str>, u32)> {
            parts.iter().map(|part| (part.backend.clone(), part.weight)).collect()
        };
        let (one, other) = (names(a), names(b));
        if one != other {
            // A canary comes or goes: what was there stays.
            let shared = one.is_subset(&other) || other.is_subset(&one);
            return if shared { Self::Split } else { Self::Moved };
        }
        if weights(a) != weights(b) {
            return Self::Split;
        }
        if let (Forward(one), Forward(other)) = (before, after)
            && one.filters == other.filters
            && one.prefixes == other.prefixes
            && one
                .backends
                .iter()
                .map(|part| &part.filters)
                .eq(other.backends.iter().map(|part| &part.filters))
        {
            let tls = a.iter().map(|part| &part.tls).eq(b.iter().map(|part| &part.tls));
            return if tls { Self::Policy } else { Self::Tls };
        }
        if matches!(before, Connect { .. }) { Self::Policy } else { Self::Rewritten }
    }
}

impl fmt::Display for ChangeKind {
    /// `LOST`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "LOST",
            Self::Opened => "OPENED",
            Self::Moved => "MOVED",
            Self::Rewritten => "REWRITTEN",
            Self::Redirect => "REDIRECT",
            Self::Split => "SPLIT",
            Self::Status => "STATUS",
            Self::Tls => "TLS",
            Self::Policy => "POLICY",
        })
    }
}

use std::fmt;

use http::StatusCode;

use crate::model::{Listener, ListenerId, Match, Route, RouteId, Rule};

/// The listeners of one port, of one Gateway or of all. See [`crate::Router::entry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryId(pub(crate) u32);

/// The answer of [`crate::Router::decide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// A rule takes the request.
    Hit(Hit),
    /// The listener's filters come before routing: ask those of [`crate::Router::listener_filters`], and if all agree go on with
    /// [`crate::Router::decide_admitted`]. A front door that cannot ask answers 500.
    Ask(ListenerId),
    /// No rule does.
    Miss(Miss),
}

/// The winning match, as indexes into the model: small, `Copy`, fit for request extensions. Also of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hit {
    /// The listener that took the request.
    pub listener: ListenerId,
    /// The route.
    pub route: RouteId,
    /// Index into its rules.
    pub rule: u16,
    /// Index into the rule's matches.
    pub matched: u16,
}

/// Why no rule takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Miss {
    /// The listener that took the request, if one did.
    pub listener: Option<ListenerId>,
    /// What went wrong.
    pub reason: MissReason,
}

/// See [`Miss`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MissReason {
    /// No listener takes this host or server name: 404.
    NoListener,
    /// A listener takes it, no rule of its routes matches: 404.
    NoRule,
    /// The host belongs to another listener of the port than the one the TLS handshake chose: 421 (RFC 9110 15.5.20).
    Misdirected,
    /// The authority is not a host with an optional port, or the host is longer than 253 bytes: 400.
    BadAuthority,
}

impl MissReason {
    /// The status to answer with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoListener | Self::NoRule => StatusCode::NOT_FOUND,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::BadAuthority => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoListener => "no listener of this port takes the host",
            Self::NoRule => "the listener takes the host, but no rule of its routes matches",
            Self::Misdirected => "the host belongs to another listener than the TLS server name",
            Self::BadAuthority => "the authority is not a host with an optional port",
        })
    }
}

/// A [`Hit`] with its indexes followed.
#[derive(Clone, Copy, Debug)]
pub struct RuleView<'r> {
    /// The hit it was made from.
    pub hit: Hit,
    /// The listener that took the request.
    pub listener: &'r Listener,
    /// The route.
    pub route: &'r Route,
    /// The rule.
    pub rule: &'r Rule,
    /// The match that won.
    pub matched: &'r Match,
}

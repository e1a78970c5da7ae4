use std::collections::BTreeMap;
use std::time::Duration;

use super::{BackendId, Backends, Match, Origin};
use crate::filter::Filters;

/// One entry of a route's `rules`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// `rules[].name`.
    pub name: Option<Box<str>>,
    /// At least one. Rules of TLSRoute, TCPRoute and UDPRoute have exactly one, [`Match::default`]: they ask for nothing.
    pub matches: Vec<Match>,
    /// `rules[].filters`.
    pub filters: Filters,
    /// `rules[].backendRefs`, invalid ones included: they keep their share. Its requests are answered 500, its connections
    /// reset, its datagrams dropped.
    pub backends: Backends,
    /// `rules[].timeouts`.
    pub timeouts: Timeouts,
    /// `rules[].retry`.
    pub retry: Option<Retry>,
    /// `rules[].sessionPersistence`.
    pub session: Option<SessionPersistence>,
    /// The place in the order of an Ingress controller, from 0, among all rules of a host. Such rules come after those of the
    /// same hostname that are ranked by the specification, which have `None`.
    pub location: Option<u32>,
    /// What is done to its requests besides, by objects or in a language that the engine does not run: names and values in words.
    /// [`crate::analysis`] compares them; nothing applies them.
    pub policies: BTreeMap<Box<str>, Box<str>>,
    /// Where it is written.
    pub origin: Origin,
}

/// One entry of `backendRefs`.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedBackend {
    /// Where the request goes.
    pub target: Target,
    /// 0 to 1,000,000; 1 where the manifest says nothing. A share of the sum over the rule.
    pub weight: u32,
    /// `backendRefs[].filters`, applied after the rule's own and after this backend was picked.
    pub filters: Filters,
    /// Where it is written.
    pub origin: Origin,
}

/// A backend, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Target {
    /// A resolved reference.
    Backend(BackendId),
    /// A reference that cannot be followed: its share of the requests is answered 500 (503 UNAVAILABLE for gRPC).
    Invalid {
        /// `ns/name:port` as written.
        reference: Box<str>,
        /// The reason of the ResolvedRefs condition: `BackendNotFound`, `RefNotPermitted`, `InvalidKind`, …
        reason: Box<str>,
    },
}

impl Target {
    /// The backend, if there is one.
    #[must_use]
    pub fn backend(&self) -> Option<BackendId> {
        match self {
            Self::Backend(id) => Some(*id),
            Self::Invalid { .. } => None,
        }
    }
}

/// `rules[].timeouts` (GEP-2257 durations). `None` sets no limit; the API's `0s` is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Timeouts {
    /// From the whole request received to the whole response sent, all tries included.
    pub request: Option<Duration>,
    /// One try.
    pub backend_request: Option<Duration>,
}

/// `rules[].retry` (GEP-1731).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Retry {
    /// Tries after the first; 0 retries nothing, not even a refused connection.
    pub attempts: u32,
    /// Response codes that are tried again. Connection errors are whatever this says.
    pub codes: Vec<u16>,
    /// The shortest wait before a further try.
    pub backoff: Option<Duration>,
}

/// `rules[].sessionPersistence` (GEP-1619).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SessionPersistence {
    /// The name of the cookie or header; `None` leaves the name of the cookie to the gateway.
    pub name: Option<Box<str>>,
    /// How the session is carried.
    pub kind: SessionKind,
    /// Ends a session after this time since its start.
    pub absolute_timeout: Option<Duration>,
    /// Ends a session after this time without a request. Only in releases before v1.6.
    pub idle_timeout: Option<Duration>,
}

/// `sessionPersistence.type`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum SessionKind {
    /// A cookie.
    Cookie {
        /// Survives the end of the browser's session: it carries its expiry (`lifetimeType: Permanent`).
        permanent: bool,
        /// The attribute `Path`.
        path: Box<str>,
    },
    /// A header.
    Header,
}

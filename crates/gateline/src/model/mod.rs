//! The resolved configuration as plain data: everything the engine needs to know, nothing it has to look up.
//!
//! Values are validated before they come here (header names are parsed, prefixes are normalised, hostnames are lower
//! case), so that nothing is parsed per request. Listeners refer to routes and rules to backends by index.

mod backend;
mod backends;
mod hostname;
mod listener;
mod matching;
mod origin;
mod route;
mod rule;

pub use backend::{Backend, BackendId, BackendName, BackendProtocol};
pub use backends::Backends;
pub use hostname::{HostPattern, HostPatternError};
pub use listener::{AttachedHostname, AttachedRoute, Listener, ListenerId, ListenerName, Protocol, TlsMode};
pub use matching::{GrpcMethodMatch, HeaderMatch, Match, PathMatch, QueryMatch, ValueMatch};
pub use origin::{ObjectName, Origin, Place, Timestamp};
pub use route::{Route, RouteId, RouteKind};
pub use rule::{Retry, Rule, SessionKind, SessionPersistence, Target, Timeouts, WeightedBackend};

/// All listeners of all Gateways, the routes, and the backends they name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Indexed by [`ListenerId`]. Only listeners that may serve are here.
    pub listeners: Vec<Listener>,
    /// Indexed by [`RouteId`].
    pub routes: Vec<Route>,
    /// Indexed by [`BackendId`].
    pub backends: Vec<Backend>,
}

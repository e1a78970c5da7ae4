use std::fmt;

use super::{HostPattern, ObjectName, Origin, RouteId, RouteKind};
use crate::filter::ExternalAuth;

/// Index into [`super::Model::listeners`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ListenerId(pub u32);

/// The full name of a listener: `infra/gateway/https`, or `infra/gateway/team/set/https` from a ListenerSet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ListenerName {
    /// The Gateway it serves for.
    pub gateway: ObjectName,
    /// The ListenerSet that holds it, if it is not the Gateway's own.
    pub set: Option<ObjectName>,
    /// `listeners[].name`, what a route's `sectionName` refers to.
    pub section: Box<str>,
}

impl fmt::Display for ListenerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.set {
            Some(set) => write!(f, "{}/{set}/{}", self.gateway, self.section),
            None => write!(f, "{}/{}", self.gateway, self.section),
        }
    }
}

/// `listeners[].protocol` of the kinds the engine serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "UPPERCASE"))]
pub enum Protocol {
    /// Plain HTTP/1.1 and HTTP/2 with prior knowledge.
    Http,
    /// HTTP over TLS, terminated here.
    Https,
    /// TLS by server name, passed through or terminated.
    Tls,
    /// Bytes by port.
    Tcp,
    /// Datagrams by port.
    Udp,
}

impl Protocol {
    /// As in a URL: `http`, `https`, `tls`, `tcp`, `udp`. In upper case it is the protocol of a listener.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Tls => "tls",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// The kinds of routes of the Gateway API that may attach to a listener of this protocol.
    #[must_use]
    pub fn kinds(self) -> &'static [RouteKind] {
        match self {
            Self::Http | Self::Https => &[RouteKind::Http, RouteKind::Grpc],
            Self::Tls => &[RouteKind::Tls],
            Self::Tcp => &[RouteKind::Tcp],
            Self::Udp => &[RouteKind::Udp],
        }
    }

    /// Whether rules of this kind take what comes to such a listener: [`Protocol::kinds`], and Ingress for HTTP and HTTPS.
    #[must_use]
    pub fn carries(self, kind: RouteKind) -> bool {
        let ingress = kind == RouteKind::Ingress && matches!(self, Self::Http | Self::Https);
        ingress || self.kinds().contains(&kind)
    }
}

/// `listeners[].tls.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum TlsMode {
    /// TLS ends at the listener; the backend gets what was inside.
    #[default]
    Terminate,
    /// The backend gets the TLS of the client, byte for byte.
    Passthrough,
}

/// One listener with the routes attached to it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Listener {
    /// Unique in a model.
    pub name: ListenerName,
    /// The port of the specification; a front door may bind another (80 as 8080).
    pub port: u16,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// Where TLS ends. Counts only for [`Protocol::Tls`]: an HTTPS listener always terminates.
    pub mode: TlsMode,
    /// The hosts (or server names) it takes; `None` takes any. Always `None` for TCP and UDP.
    pub hostname: Option<HostPattern>,
    /// `filters.requests` (GEP-5224), in the order of execution: every one must agree before a request is routed. Only of HTTP
    /// and HTTPS.
    pub filters: Vec<ExternalAuth>,
    /// In no particular order: precedence is worked out when the router is compiled.
    pub attached: Vec<AttachedRoute>,
    /// Where it is written.
    pub origin: Origin,
}

/// A route that a listener accepted.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AttachedRoute {
    /// The route.
    pub route: RouteId,
    /// At least one. A route without hostnames has one entry with `written: None`.
    pub hostnames: Vec<AttachedHostname>,
}

/// One hostname of a route as it works on one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AttachedHostname {
    /// As the route writes it: what precedence compares (GatewayRouteHostnameIntersectionPrecedence). `None`: any.
    pub written: Option<HostPattern>,
    /// Its intersection with the listener's hostname: what a request's host is matched against. `None`: any.
    pub effective: Option<HostPattern>,
}

use std::fmt;

use super::{BackendId, ObjectName, Origin, Rule, Target, Timestamp};

/// Index into [`super::Model::routes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RouteId(pub u32);

/// The kind of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum RouteKind {
    /// HTTPRoute.
    #[cfg_attr(feature = "serde", serde(rename = "HTTPRoute"))]
    Http,
    /// GRPCRoute.
    #[cfg_attr(feature = "serde", serde(rename = "GRPCRoute"))]
    Grpc,
    /// TLSRoute.
    #[cfg_attr(feature = "serde", serde(rename = "TLSRoute"))]
    Tls,
    /// TCPRoute.
    #[cfg_attr(feature = "serde", serde(rename = "TCPRoute"))]
    Tcp,
    /// UDPRoute.
    #[cfg_attr(feature = "serde", serde(rename = "UDPRoute"))]
    Udp,
    /// Ingress: its rules have a [`Rule::location`].
    Ingress,
}

impl RouteKind {
    /// The kind as written in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTPRoute",
            Self::Grpc => "GRPCRoute",
            Self::Tls => "TLSRoute",
            Self::Tcp => "TCPRoute",
            Self::Udp => "UDPRoute",
            Self::Ingress => "Ingress",
        }
    }
}

impl fmt::Display for RouteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A route with its rules, in the order written.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Decides how its rules are ranked.
    pub kind: RouteKind,
    /// Breaks ties after age.
    pub name: ObjectName,
    /// Breaks ties: the older route wins. `None` (an object that never was in a cluster) counts as younger than any.
    pub created: Option<Timestamp>,
    /// Rules keep their index in the manifest.
    pub rules: Vec<Rule>,
    /// Where it is written.
    pub origin: Origin,
}

impl Route {
    /// The backends that its rules send requests, mirrors and questions (`ExternalAuth`) to, as often as they are named.
    pub fn backends(&self) -> impl Iterator<Item = BackendId> {
        let targets = self.rules.iter().flat_map(|rule| {
            let mirrors = rule.filters.mirrors.iter().map(|mirror| &mirror.target);
            let asked = rule.filters.auth.iter().map(|auth| &auth.target);
            rule.backends.iter().map(|backend| &backend.target).chain(mirrors).chain(asked)
        });
        targets.filter_map(Target::backend)
    }
}

use serde::Deserialize;

use super::refs::{BackendRef, ParentRef};

/// TLSRoute, TCPRoute or UDPRoute; only the first has hostnames.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct L4Route {
    /// `spec`.
    pub spec: L4Spec,
}

/// `spec` of an [`L4Route`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct L4Spec {
    /// Where it attaches.
    pub parent_refs: Vec<ParentRef>,
    /// Server names.
    pub hostnames: Vec<String>,
    /// One rule in most implementations.
    pub rules: Vec<L4Rule>,
}

/// `rules[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct L4Rule {
    /// Unique in the route.
    pub name: Option<String>,
    /// Where connections go.
    pub backend_refs: Vec<BackendRef>,
}

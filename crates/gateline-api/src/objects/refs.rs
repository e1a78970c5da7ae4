use serde::Deserialize;

use super::route::Filter;

/// `parentRefs[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ParentRef {
    /// Default: the Gateway API's.
    pub group: Option<String>,
    /// Default: `Gateway`.
    pub kind: Option<String>,
    /// Default: the route's own.
    pub namespace: Option<String>,
    /// The parent.
    pub name: String,
    /// One listener of it.
    pub section_name: Option<String>,
    /// Only listeners on this port.
    pub port: Option<i32>,
}

/// `backendRefs[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackendRef {
    /// Default: the core group.
    pub group: Option<String>,
    /// Default: `Service`.
    pub kind: Option<String>,
    /// Default: the route's own.
    pub namespace: Option<String>,
    /// The backend.
    pub name: String,
    /// The port of the Service.
    pub port: Option<u16>,
    /// Default: 1.
    pub weight: Option<u32>,
    /// Applied to requests for this backend only.
    pub filters: Vec<Filter>,
}

/// A reference inside the same namespace (`parametersRef`, `extensionRef`, `caCertificateRefs`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ObjectRef {
    /// Empty: the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The object.
    pub name: String,
    /// Only where the field allows another namespace.
    pub namespace: Option<String>,
}

/// `certificateRefs[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SecretRef {
    /// Default: the core group.
    pub group: Option<String>,
    /// Default: `Secret`.
    pub kind: Option<String>,
    /// The object.
    pub name: String,
    /// Default: the Gateway's own.
    pub namespace: Option<String>,
}

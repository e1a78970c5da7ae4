use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Service {
    /// `spec`.
    pub spec: ServiceSpec,
}

/// `spec` of a Service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ExternalName` matters here.
    pub r#type: Option<String>,
    /// With `type: ExternalName`.
    pub external_name: Option<String>,
    /// The ports.
    pub ports: Vec<ServicePort>,
}

/// `spec.ports[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Optional where there is one port.
    pub name: Option<String>,
    /// What `backendRef.port` refers to.
    pub port: u16,
    /// A number, or the name of a container port; default `port`.
    pub target_port: Option<Value>,
    /// `TCP` (default), `UDP`, `SCTP`.
    pub protocol: Option<String>,
    /// GEP-1911.
    pub app_protocol: Option<String>,
}

/// EndpointSlice.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    /// `IPv4`, `IPv6`, `FQDN`.
    pub address_type: String,
    /// May be null.
    pub endpoints: Option<Vec<SliceEndpoint>>,
    /// May be null.
    pub ports: Option<Vec<SlicePort>>,
}

/// `endpoints[]` of an EndpointSlice.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SliceEndpoint {
    /// All equivalent; the first is used.
    pub addresses: Vec<String>,
    /// Readiness.
    pub conditions: SliceConditions,
}

/// `conditions` of an endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SliceConditions {
    /// `None` is ready.
    pub ready: Option<bool>,
}

/// `ports[]` of an EndpointSlice.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SlicePort {
    /// As in the Service.
    pub name: Option<String>,
    /// The port of the pods.
    pub port: Option<u16>,
}

/// Secret.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Secret {
    /// Base64.
    pub data: BTreeMap<String, String>,
    /// As text; wins over `data`.
    pub string_data: BTreeMap<String, String>,
}

impl Secret {
    /// The path of a value.
    pub(crate) fn path(&self, key: &str) -> String {
        let field = if self.string_data.contains_key(key) { "stringData" } else { "data" };
        format!("{field}[{key}]")
    }
}

/// ClusterTrustBundle (`certificates.k8s.io`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClusterTrustBundle {
    /// `spec`.
    pub spec: ClusterTrustBundleSpec,
}

/// `spec` of a ClusterTrustBundle.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterTrustBundleSpec {
    /// Certificates as PEM.
    pub trust_bundle: String,
}

/// ConfigMap.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConfigMap {
    /// Text.
    pub data: BTreeMap<String, String>,
}

use std::collections::BTreeMap;

use serde::Deserialize;

use super::external_auth::ExternalAuth;
use super::refs::{ObjectRef, ParentRef, SecretRef};

/// GatewayClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GatewayClass {
    /// `spec`.
    pub spec: GatewayClassSpec,
}

/// `spec` of a GatewayClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayClassSpec {
    /// Who implements the class.
    pub controller_name: String,
    /// Configuration of the implementation.
    pub parameters_ref: Option<ObjectRef>,
}

/// Gateway.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Gateway {
    /// `spec`.
    pub spec: GatewaySpec,
}

/// `spec` of a Gateway.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewaySpec {
    /// The class.
    pub gateway_class_name: String,
    /// At least one, unless ListenerSets are allowed.
    pub listeners: Vec<Listener>,
    /// Requested addresses.
    pub addresses: Vec<Address>,
    /// Which ListenerSets may attach; default none.
    pub allowed_listeners: Option<AllowedListeners>,
    /// Labels, annotations and parameters of generated resources.
    pub infrastructure: Option<Infrastructure>,
    /// Client certificates, to clients and to backends.
    pub tls: Option<GatewayTls>,
}

/// `spec.addresses[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Default: `IPAddress`.
    pub r#type: Option<String>,
    /// May be empty: any address.
    pub value: Option<String>,
    /// From where it is to be reached (GEP-5093); `None` and empty: wherever the implementation provides.
    pub routability: Option<String>,
}

impl Address {
    /// `type`, `IPAddress` where it is not written.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.r#type.as_deref().unwrap_or("IPAddress")
    }

    /// Whether a Service's cluster IP is asked for.
    #[must_use]
    pub fn in_cluster(&self) -> bool {
        self.routability.as_deref() == Some("Cluster")
    }

    /// `value`; `None` for any address.
    #[must_use]
    pub fn asked(&self) -> Option<&str> {
        self.value.as_deref().filter(|value| !value.is_empty())
    }
}

/// `spec.allowedListeners`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AllowedListeners {
    /// Default: `from: None`.
    pub namespaces: Option<NamespaceSelector>,
}

/// `spec.infrastructure`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Infrastructure {
    /// Configuration of the implementation.
    pub parameters_ref: Option<ObjectRef>,
}

/// `spec.tls` of a Gateway (GEP-91, GEP-3155).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GatewayTls {
    /// Towards clients.
    pub frontend: Option<FrontendTls>,
    /// Towards backends.
    pub backend: Option<BackendTls>,
}

/// `spec.tls.frontend`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrontendTls {
    /// Every HTTPS listener.
    pub default: FrontendTlsConfig,
    /// Replaces the default on a port.
    pub per_port: Vec<FrontendTlsPort>,
}

/// `spec.tls.frontend.perPort[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FrontendTlsPort {
    /// The port.
    pub port: u16,
    /// Its configuration.
    pub tls: FrontendTlsConfig,
}

/// `spec.tls.frontend.default`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FrontendTlsConfig {
    /// Asks clients for certificates.
    pub validation: Option<FrontendValidation>,
}

/// `validation` of client certificates.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrontendValidation {
    /// ConfigMaps with `ca.crt`.
    pub ca_certificate_refs: Vec<ObjectRef>,
    /// `AllowValidOnly` (default) or `AllowInsecureFallback`.
    pub mode: Option<String>,
}

/// `spec.tls.backend`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendTls {
    /// The certificate shown to backends.
    pub client_certificate_ref: Option<SecretRef>,
}

/// ListenerSet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListenerSet {
    /// `spec`.
    pub spec: ListenerSetSpec,
}

/// `spec` of a ListenerSet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListenerSetSpec {
    /// The Gateway.
    pub parent_ref: ParentRef,
    /// As in a Gateway.
    pub listeners: Vec<Listener>,
}

/// `listeners[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listener {
    /// What `sectionName` refers to.
    pub name: String,
    /// Hosts or server names; `None` or empty is any.
    pub hostname: Option<String>,
    /// The port.
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP`.
    pub protocol: String,
    /// For HTTPS and TLS.
    pub tls: Option<ListenerTls>,
    /// Which routes may attach.
    pub allowed_routes: AllowedRoutes,
    /// What requests pass before they are routed (GEP-5224).
    pub filters: ListenerFilters,
}

/// `listeners[].filters`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListenerFilters {
    /// In the order of execution.
    pub requests: Vec<ListenerFilter>,
}

/// `listeners[].filters.requests[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListenerFilter {
    /// `ExternalAuth` or `ExtensionRef`.
    pub r#type: String,
    /// `ExternalAuth`.
    pub external_auth: Option<ExternalAuth>,
    /// `ExtensionRef`.
    pub extension_ref: Option<ObjectRef>,
}

/// `listeners[].tls`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListenerTls {
    /// `Terminate` (default) or `Passthrough`.
    pub mode: Option<String>,
    /// Secrets of type `kubernetes.io/tls`.
    pub certificate_refs: Vec<SecretRef>,
}

/// `listeners[].allowedRoutes`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AllowedRoutes {
    /// Default: `from: Same`.
    pub namespaces: Option<NamespaceSelector>,
    /// Default: whatever the protocol carries.
    pub kinds: Vec<RouteGroupKind>,
}

/// `namespaces` of `allowedRoutes` and `allowedListeners`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NamespaceSelector {
    /// `All`, `Same`, `Selector`, `None`.
    pub from: Option<String>,
    /// With `from: Selector`.
    pub selector: Option<LabelSelector>,
}

/// A Kubernetes label selector; all parts must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels with exactly these values.
    pub match_labels: BTreeMap<String, String>,
    /// Further conditions.
    pub match_expressions: Vec<LabelExpression>,
}

/// `matchExpressions[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LabelExpression {
    /// The label.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`.
    pub operator: String,
    /// With `In` and `NotIn`.
    pub values: Vec<String>,
}

/// `allowedRoutes.kinds[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RouteGroupKind {
    /// Default: the Gateway API's.
    pub group: Option<String>,
    /// `HTTPRoute`, …
    pub kind: String,
}

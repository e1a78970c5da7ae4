use serde::Deserialize;

/// Ingress (`networking.k8s.io/v1`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ingress {
    /// `spec`.
    pub spec: IngressSpec,
}

/// `spec` of an Ingress.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressSpec {
    /// Whose it is; older objects have the annotation `kubernetes.io/ingress.class` instead.
    pub ingress_class_name: Option<String>,
    /// For what no rule takes.
    pub default_backend: Option<IngressBackend>,
    /// Certificates.
    pub tls: Vec<IngressTls>,
    /// The rules.
    pub rules: Vec<IngressRule>,
}

/// `spec.tls[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressTls {
    /// The hosts that the certificate is for; none leaves that to the controller.
    pub hosts: Vec<String>,
    /// The Secret, in the namespace of the Ingress.
    pub secret_name: Option<String>,
}

/// `spec.rules[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// A host, or `*.` and a name: one label more. `None` is every host that no other rule names.
    pub host: Option<String>,
    /// The paths.
    pub http: Option<IngressHttp>,
}

/// `spec.rules[].http`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressHttp {
    /// In no order: the longest path wins.
    pub paths: Vec<IngressPath>,
}

/// `spec.rules[].http.paths[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressPath {
    /// Default: `/`.
    pub path: Option<String>,
    /// `Exact`, `Prefix` or `ImplementationSpecific`.
    pub path_type: Option<String>,
    /// Where requests go.
    pub backend: IngressBackend,
}

/// A `backend`: a Service, or an object of some other kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressBackend {
    /// A Service of the same namespace.
    pub service: Option<IngressService>,
}

/// `backend.service`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressService {
    /// The Service.
    pub name: String,
    /// Its port.
    pub port: IngressPort,
}

/// `backend.service.port`: one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct IngressPort {
    /// `spec.ports[].name` of the Service.
    pub name: Option<String>,
    /// `spec.ports[].port` of the Service.
    pub number: Option<u16>,
}

/// `IngressClass` (`networking.k8s.io/v1`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressClass {
    /// `spec`.
    pub spec: IngressClassSpec,
}

/// `spec` of an `IngressClass`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressClassSpec {
    /// The controller, as in `k8s.io/ingress-nginx`.
    pub controller: String,
}

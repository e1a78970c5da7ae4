//! The kinds that Gateline reads. All others are foreign: kept, never judged.

/// Group of the Gateway API.
pub(crate) const GATEWAY: &str = "gateway.networking.k8s.io";
/// Group of its experimental kinds.
pub(crate) const GATEWAY_X: &str = "gateway.networking.x-k8s.io";
/// Group of Envoy Gateway's kinds.
pub(crate) const ENVOY: &str = "gateway.envoyproxy.io";

/// A kind and the versions it is seen in.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    /// Served by the standard channel of the newest release, newest first; experimental kinds: by the experimental one.
    pub(crate) served: &'static [&'static str],
    /// Seen in the wild, but served no longer, or by the experimental channel only.
    pub(crate) removed: &'static [&'static str],
    /// The kind it is called today, if it was renamed.
    pub(crate) renamed: Option<(&'static str, &'static str)>,
}

const fn kind(
    group: &'static str,
    name: &'static str,
    served: &'static [&'static str],
    removed: &'static [&'static str],
) -> Kind {
    Kind { group, name, served, removed, renamed: None }
}

const fn renamed(
    group: &'static str,
    old: &'static str,
    removed: &'static [&'static str],
    new: &'static str,
) -> Kind {
    Kind { group, name: old, served: &[], removed, renamed: Some((GATEWAY, new)) }
}

const KINDS: &[Kind] = &[
    kind(GATEWAY, "GatewayClass", &["v1", "v1beta1"], &["v1alpha2"]),
    kind(GATEWAY, "Gateway", &["v1", "v1beta1"], &["v1alpha2"]),
    kind(GATEWAY, "ListenerSet", &["v1"], &[]),
    kind(GATEWAY, "HTTPRoute", &["v1", "v1beta1"], &["v1alpha2"]),
    kind(GATEWAY, "GRPCRoute", &["v1"], &["v1alpha2"]),
    kind(GATEWAY, "TLSRoute", &["v1"], &["v1alpha3", "v1alpha2"]),
    kind(GATEWAY, "TCPRoute", &["v1"], &["v1alpha2"]),
    kind(GATEWAY, "UDPRoute", &["v1"], &["v1alpha2"]),
    kind(GATEWAY, "ReferenceGrant", &["v1", "v1beta1"], &["v1alpha2"]),
    kind(GATEWAY, "BackendTLSPolicy", &["v1"], &["v1alpha3", "v1alpha2"]),
    renamed(GATEWAY, "ReferencePolicy", &["v1alpha2"], "ReferenceGrant"),
    renamed(GATEWAY_X, "XListenerSet", &["v1alpha1"], "ListenerSet"),
    kind(GATEWAY_X, "XBackend", &["v1alpha1"], &[]),
    kind(GATEWAY_X, "XBackendTrafficPolicy", &["v1alpha1"], &[]),
    kind(GATEWAY_X, "XTelemetryPolicy", &["v1alpha1"], &[]),
    kind(GATEWAY_X, "XMesh", &["v1alpha1"], &[]),
    kind(ENVOY, "EnvoyProxy", &["v1alpha1"], &[]),
    kind(ENVOY, "BackendTrafficPolicy", &["v1alpha1"], &[]),
    kind(ENVOY, "ClientTrafficPolicy", &["v1alpha1"], &[]),
    kind(ENVOY, "SecurityPolicy", &["v1alpha1"], &[]),
    kind(ENVOY, "HTTPRouteFilter", &["v1alpha1"], &[]),
    kind(ENVOY, "Backend", &["v1alpha1"], &[]),
    kind(ENVOY, "EnvoyPatchPolicy", &["v1alpha1"], &[]),
    kind(ENVOY, "EnvoyExtensionPolicy", &["v1alpha1"], &[]),
    kind("", "Namespace", &["v1"], &[]),
    kind("", "Service", &["v1"], &[]),
    kind("", "Secret", &["v1"], &[]),
    kind("", "ConfigMap", &["v1"], &[]),
    kind("networking.k8s.io", "Ingress", &["v1"], &[]),
    kind("networking.k8s.io", "IngressClass", &["v1"], &[]),
    kind("discovery.k8s.io", "EndpointSlice", &["v1"], &["v1beta1"]),
];

/// The kind, if Gateline reads it.
pub(crate) fn known(group: &str, kind: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|known| known.group == group && known.name == kind)
}

/// All kinds of a group.
pub(crate) fn of_group(group: &str) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(move |known| known.group == group)
}

/// Whether objects of the kind have no namespace. Kinds that nobody heard of have one.
pub(crate) fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Namespace" | "Node" | "PersistentVolume"),
        GATEWAY => kind == "GatewayClass",
        GATEWAY_X => kind == "XMesh",
        "cert-manager.io" => kind == "ClusterIssuer",
        "rbac.authorization.k8s.io" => matches!(kind, "ClusterRole" | "ClusterRoleBinding"),
        "networking.k8s.io" => kind == "IngressClass",
        "storage.k8s.io" => matches!(kind, "StorageClass" | "CSIDriver" | "CSINode" | "VolumeAttachment"),
        "certificates.k8s.io" => matches!(kind, "CertificateSigningRequest" | "ClusterTrustBundle"),
        "apiextensions.k8s.io"
        | "admissionregistration.k8s.io"
        | "apiregistration.k8s.io"
        | "scheduling.k8s.io"
        | "flowcontrol.apiserver.k8s.io"
        | "node.k8s.io" => true,
        _ => false,
    }
}

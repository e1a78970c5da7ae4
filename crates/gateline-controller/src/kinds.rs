//! Which kinds are watched.

use gateline::model::ObjectName;
use gateline_api::objects::{CERTIFICATES, CORE, DISCOVERY, ENVOY, GATEWAY};

/// A kind to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::struct_field_names, reason = "`kind` is what it is called")]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
    /// What its objects are called in URLs, where the kind is a part of Kubernetes itself; others are discovered.
    pub(crate) plural: Option<&'static str>,
    /// A field selector: objects that are never needed are not even sent.
    pub(crate) fields: &'static str,
    /// A label selector.
    pub(crate) labels: &'static str,
}

/// The part of a kind that is watched, where it is not all of it.
#[derive(Clone, Debug)]
pub(crate) struct One {
    pub(crate) kind: &'static str,
    pub(crate) name: ObjectName,
}

const fn discovered(group: &'static str, kind: &'static str) -> Kind {
    Kind { group, kind, plural: None, fields: "", labels: "" }
}

const fn built_in(
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    fields: &'static str,
) -> Kind {
    Kind { group, kind, plural: Some(plural), fields, labels: "" }
}

/// What a resolution is made from.
pub(crate) const INPUTS: &[Kind] = &[
    discovered(GATEWAY, "GatewayClass"),
    discovered(GATEWAY, "Gateway"),
    discovered(GATEWAY, "ListenerSet"),
    discovered(GATEWAY, "HTTPRoute"),
    discovered(GATEWAY, "GRPCRoute"),
    discovered(GATEWAY, "TLSRoute"),
    discovered(GATEWAY, "TCPRoute"),
    discovered(GATEWAY, "UDPRoute"),
    discovered(GATEWAY, "ReferenceGrant"),
    discovered(GATEWAY, "BackendTLSPolicy"),
    discovered(ENVOY, "EnvoyProxy"),
    discovered(ENVOY, "BackendTrafficPolicy"),
    discovered(ENVOY, "ClientTrafficPolicy"),
    discovered(ENVOY, "SecurityPolicy"),
    discovered(ENVOY, "HTTPRouteFilter"),
    discovered(ENVOY, "Backend"),
    discovered(CERTIFICATES, "ClusterTrustBundle"),
    built_in(CORE, "Namespace", "namespaces", ""),
    built_in(CORE, "Service", "services", ""),
    built_in(CORE, "ConfigMap", "configmaps", "metadata.name!=kube-root-ca.crt"),
    built_in(
        CORE,
        "Secret",
        "secrets",
        "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token,type!=kubernetes.io/dockercfg,\
         type!=kubernetes.io/dockerconfigjson,type!=bootstrap.kubernetes.io/token",
    ),
    built_in(DISCOVERY, "EndpointSlice", "endpointslices", ""),
];

/// Of the data planes that the controller has made, what is not an input too.
pub(crate) const DATA_PLANES: [Kind; 2] = [
    data_plane("apps", "Deployment", "deployments"),
    data_plane("policy", "PodDisruptionBudget", "poddisruptionbudgets"),
];

const fn data_plane(group: &'static str, kind: &'static str, plural: &'static str) -> Kind {
    let labels = "app.kubernetes.io/managed-by=gateline";
    Kind { group, kind, plural: Some(plural), fields: "", labels }
}

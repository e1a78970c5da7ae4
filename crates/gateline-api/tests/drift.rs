//! Every field of the CRDs is known to the types that read them, or is left alone for a reason.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::collections::BTreeSet;

use gateline_api::objects::{
    Backend, BackendTlsPolicy, Gateway, GatewayClass, GrpcRoute, HttpRoute, HttpRouteFilter, L4Route,
    ListenerSet, ReferenceGrant,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// An object with every field of a schema.
fn sample(schema: &Value) -> Value {
    if let Some(options) = schema["enum"].as_array() {
        return options[0].clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            let mut object: serde_json::Map<_, _> =
                fields.map(|(name, field)| (name.clone(), sample(field))).collect();
            if schema["additionalProperties"].is_object() {
                object.insert("any".into(), sample(&schema["additionalProperties"]));
            }
            object.into()
        }
        Some("array") => json!([sample(&schema["items"])]),
        Some("integer" | "number") => 1.into(),
        Some("boolean") => true.into(),
        _ => "1".into(),
    }
}

/// The fields of a kind that its type does not know.
fn ignored<T: DeserializeOwned>(file: &str) -> BTreeSet<String> {
    let file: Value = serde_json::from_str(file).unwrap();
    let mut ignored = BTreeSet::new();
    for schema in file["versions"].as_object().unwrap().values().filter(|schema| schema.is_object()) {
        let read = serde_ignored::deserialize::<_, _, T>(sample(schema), |path| {
            ignored.insert(path.to_string().replace(".?", "").replace(".0", "[]"));
        });
        assert!(read.is_ok(), "{:?}", read.err());
    }
    ignored
}

macro_rules! knows {
    ($test:ident, $type:ty, $file:literal $(, $path:literal because $reason:literal)* $(,)?) => {
        #[test]
        fn $test() {
            let ignored = ignored::<$type>(include_str!(concat!("../crds/", $file, ".json")));
            let left_alone: Vec<(&str, &str)> = vec![$(($path, $reason)),*];
            let left_alone: Vec<_> = left_alone.iter().map(|(path, _)| *path).collect();
            assert_eq!(Vec::from_iter(ignored), left_alone, "neither read nor listed, or listed and read");
        }
    };
}

knows!(gateway_class, GatewayClass, "GatewayClass", "spec.description" because "for people");
knows!(
    gateway,
    Gateway,
    "Gateway",
    "spec.defaultScope" because "experimental; default Gateways are not supported",
    "spec.infrastructure.annotations" because "for what a controller creates",
    "spec.infrastructure.labels" because "for what a controller creates",
    "spec.listeners[].tls.options" because "specific to an implementation; Gateline defines none",
);
knows!(
    listener_set,
    ListenerSet,
    "ListenerSet",
    "spec.listeners[].tls.options" because "specific to an implementation; Gateline defines none",
);
knows!(
    http_route,
    HttpRoute,
    "HTTPRoute",
    "spec.useDefaultGateways" because "experimental; default Gateways are not supported",
);
knows!(
    grpc_route,
    GrpcRoute,
    "GRPCRoute",
    "spec.useDefaultGateways" because "experimental; default Gateways are not supported",
);
knows!(
    tls_route,
    L4Route,
    "TLSRoute",
    "spec.useDefaultGateways" because "experimental; default Gateways are not supported",
);
knows!(
    tcp_route,
    L4Route,
    "TCPRoute",
    "spec.useDefaultGateways" because "experimental; default Gateways are not supported",
);
knows!(
    udp_route,
    L4Route,
    "UDPRoute",
    "spec.useDefaultGateways" because "experimental; default Gateways are not supported",
);
knows!(reference_grant, ReferenceGrant, "ReferenceGrant");
knows!(
    backend_tls_policy,
    BackendTlsPolicy,
    "BackendTLSPolicy",
    "spec.options" because "specific to an implementation; Gateline defines none",
);
knows!(
    backend,
    Backend,
    "Backend",
    "spec.endpoints[].hostname" because "only for health checks and host rewriting of Envoy",
    "spec.endpoints[].zone" because "zones are not supported",
    "spec.fallback" because "fallback backends are not supported",
    "spec.tls" because "TLS to a Backend is not supported yet; BackendTLSPolicy is",
    "spec.type" because "which kind of endpoint it is follows from its fields",
);
knows!(
    http_route_filter,
    HttpRouteFilter,
    "HTTPRouteFilter",
    "spec.directResponse.header" because "not supported yet",
    "spec.matches" because "not supported yet",
    "spec.urlRewrite.appendXForwardedHost" because "not supported yet",
    "spec.urlRewrite.hostname.pathRegex" because "not supported yet",
);

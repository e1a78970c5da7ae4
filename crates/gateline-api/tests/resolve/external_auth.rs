use gateline::filter::{AuthProtocol, ExternalAuth};
use gateline::model::Target;

use super::*;

const HTTP: &str = "{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}";

/// A filter that asks this backendRef.
fn asks(backend: &str) -> String {
    format!("{{type: ExternalAuth, externalAuth: {{protocol: HTTP, backendRef: {backend}, http: {{}}}}}}")
}

fn filtered(filters: &str) -> Resolution {
    let listener = format!("{{name: http, port: 80, protocol: HTTP, filters: {{requests: [{filters}]}}}}");
    closed(&(gateway(&listener) + &service("auth") + &service("app").replace("infra", "shop")))
}

fn conditions(resolution: &Resolution) -> [String; 3] {
    let listener = &status(resolution, "Gateway", "infra/edge").listeners[0];
    ["Accepted", "ResolvedRefs", "Programmed"].map(|kind| said(&listener.conditions, kind))
}

fn of_rule(filters: &str) -> Resolution {
    let rule = format!("{{filters: [{filters}], backendRefs: [{{name: auth, port: 80}}]}}");
    let spec = format!("{{parentRefs: [{{name: edge}}], rules: [{rule}]}}");
    closed(&(gateway(HTTP) + &service("auth") + &route("HTTPRoute", "infra", "r", &spec)))
}

fn rule_filters(resolution: &Resolution) -> &gateline::filter::Filters {
    &resolution.model.routes[0].rules[0].filters
}

#[test]
fn reads_every_field() {
    let filter = "{type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: auth, port: 80}, forwardBody: {maxSize: 9}, \
                  http: {path: /check/, allowedHeaders: [Cookie], allowedResponseHeaders: [X-User]}}}";
    let resolution = of_rule(filter);
    let [ExternalAuth { target: Target::Backend(_), protocol, body: 9, origin }] =
        &*rule_filters(&resolution).auth
    else {
        panic!("{:?}", rule_filters(&resolution))
    };
    let AuthProtocol::Http { path, request_headers, response_headers } = protocol else {
        panic!("{protocol:?}")
    };
    assert_eq!(
        (&**path, request_headers[0].as_str(), response_headers[0].as_str()),
        ("/check", "cookie", "x-user")
    );
    assert_eq!(&*origin.path, "spec.rules[0].filters[0]");

    let filter = "{type: ExternalAuth, externalAuth: {protocol: GRPC, backendRef: {name: auth, port: 80}, grpc: {allowedHeaders: [X-A]}}}";
    let resolution = of_rule(filter);
    let AuthProtocol::Grpc { request_headers } = &rule_filters(&resolution).auth[0].protocol else {
        panic!("not GRPC")
    };
    assert_eq!(request_headers[0].as_str(), "x-a");
}

/// "If there is any problem communicating with the external service, this filter MUST fail closed."
#[test]
fn a_reference_that_leads_nowhere_answers_500() {
    for (backend, reason) in [
        ("{name: none, port: 80}", "BackendNotFound"),
        ("{name: auth, port: 81}", "BackendNotFound"),
        ("{name: auth, kind: Secret}", "InvalidKind"),
        ("{name: auth, namespace: other, port: 80}", "RefNotPermitted"),
    ] {
        let resolution = of_rule(&asks(backend));
        let said = said(&parent(&resolution, "HTTPRoute", "infra/r", 0).conditions, "ResolvedRefs");
        assert_eq!(said, format!("ResolvedRefs=False {reason}"), "{backend}");
        let filters = rule_filters(&resolution);
        assert!(filters.auth[0].broken().is_some(), "{backend}");
    }
}

#[test]
fn what_cannot_be_followed_is_not_passed_over() {
    let of_backend = asks("{name: auth, port: 80}");
    for filter in [
        "{type: ExternalAuth}",
        "{type: ExternalAuth, externalAuth: {protocol: SOAP, backendRef: {name: auth, port: 80}}}",
        "{type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: auth, port: 80}, http: {path: '/a?b'}}}",
        "{type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: auth, port: 80}, http: {allowedHeaders: ['a b']}}}",
    ] {
        assert!(rule_filters(&of_rule(filter)).invalid.is_some(), "{filter}");
    }
    let rule = format!("{{backendRefs: [{{name: auth, port: 80, filters: [{of_backend}]}}]}}");
    let spec = format!("{{parentRefs: [{{name: edge}}], rules: [{rule}]}}");
    let resolution = closed(&(gateway(HTTP) + &service("auth") + &route("HTTPRoute", "infra", "r", &spec)));
    let backend = resolution.model.routes[0].rules[0].backends.iter().next().unwrap();
    assert!(backend.filters.invalid.is_some(), "a filter of rules only");
}

#[test]
fn listener_filters_keep_their_order() {
    let resolution =
        filtered(&format!("{}, {}", asks("{name: auth, port: 80}"), asks("{name: none, port: 80}")));
    let valid: Vec<_> = resolution.model.listeners[0]
        .filters
        .iter()
        .map(|filter| filter.target.backend().is_some())
        .collect();
    assert_eq!(valid, [true, false], "the listener serves and answers 500");
    assert_eq!(
        conditions(&resolution)[..2],
        ["Accepted=True Accepted", "ResolvedRefs=False InvalidListenerFilterRef"]
    );
}

#[test]
fn conditions_of_listener_filters() {
    let to = |backend| conditions(&filtered(&asks(backend)));
    assert_eq!(
        to("{name: auth, port: 80}")[..2],
        ["Accepted=True Accepted", "ResolvedRefs=True ResolvedRefs"]
    );
    for kind in ["{name: none, port: 80}", "{name: auth, port: 81}", "{name: auth, kind: Secret}"] {
        assert_eq!(to(kind)[1], "ResolvedRefs=False InvalidListenerFilterRef", "{kind}");
    }
    assert_eq!(to("{name: app, namespace: shop, port: 80}")[1], "ResolvedRefs=False RefNotPermitted");
    for (filter, reason) in [
        (
            "{type: ExtensionRef, extensionRef: {group: example.com, kind: Claim, name: c}}",
            "UnsupportedValue",
        ),
        ("{type: CORS}", "UnsupportedValue"),
        ("{type: ExternalAuth}", "InvalidListenerFilter"),
    ] {
        let resolution = filtered(filter);
        assert_eq!(conditions(&resolution)[0], format!("Accepted=False {reason}"), "{filter}");
        assert!(resolution.model.listeners.is_empty(), "no request goes past it");
    }
}

#[test]
fn a_grant_lets_a_gateway_ask_across_namespaces() {
    let listener = format!(
        "{{name: http, port: 80, protocol: HTTP, filters: {{requests: [{}]}}}}",
        asks("{name: app, namespace: shop, port: 80}")
    );
    let grant = "apiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: shop}\n\
                 spec: {from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: infra}], to: [{group: '', kind: Service}]}\n---\n";
    let resolution = closed(&(gateway(&listener) + &service("app").replace("infra", "shop") + grant));
    assert_eq!(conditions(&resolution)[1], "ResolvedRefs=True ResolvedRefs");
    assert!(!codes(&resolution).contains(&"GL304"), "the grant is used: {:?}", codes(&resolution));
}

#[test]
fn filters_need_http() {
    let listener = format!(
        "{{name: tcp, port: 80, protocol: TCP, filters: {{requests: [{}]}}}}",
        asks("{name: auth, port: 80}")
    );
    let resolution = closed(&(gateway(&listener) + &service("auth")));
    assert_eq!(conditions(&resolution)[0], "Accepted=False InvalidListenerFilter");
}

use super::*;
use gateline::model::Target;
use gateline_api::Severity;
use gateline_api::resolve::Endpoint;

const HTTP: &str = "{name: http, port: 80, protocol: HTTP}";

fn backend(reference: &str) -> String {
    format!("{{parentRefs: [{{name: edge}}], rules: [{{backendRefs: [{reference}]}}]}}")
}

fn refs(resolution: &Resolution) -> String {
    said(&parent(resolution, "HTTPRoute", "infra/r", 0).conditions, "ResolvedRefs")
}

fn target(resolution: &Resolution) -> &Target {
    &resolution.model.routes[0].rules[0].backends[0].target
}

#[test]
fn why_a_backend_cannot_be_followed() {
    for (reference, reason) in [
        ("{name: gone, port: 80}", "BackendNotFound"),
        ("{name: app, port: 81}", "BackendNotFound"),
        ("{name: app, kind: Deployment, group: apps, port: 80}", "InvalidKind"),
        ("{name: app, namespace: other, port: 80}", "RefNotPermitted"),
    ] {
        let resolution = closed(
            &(gateway(HTTP) + &service("app") + &route("HTTPRoute", "infra", "r", &backend(reference))),
        );
        assert_eq!(refs(&resolution), format!("ResolvedRefs=False {reason}"), "{reference}");
        assert!(is_true(&parent(&resolution, "HTTPRoute", "infra/r", 0).conditions, "Accepted"));
        let Target::Invalid { reason: why, .. } = target(&resolution) else { panic!("{reference} resolves") };
        assert_eq!(**why, *reason);
    }
}

#[test]
fn what_another_implementation_may_know_is_no_error() {
    let mirror = |kind: &str| {
        format!("{{type: ExtensionRef, extensionRef: {{group: gateway.nginx.org, kind: {kind}, name: a}}}}")
    };
    let filtered =
        |filter: &str| format!("{{parentRefs: [{{name: edge}}], rules: [{{filters: [{filter}]}}]}}");
    for (spec, code, severity) in [
        (
            backend("{name: a, kind: ServiceImport, group: multicluster.x-k8s.io, port: 80}"),
            "GL309",
            Severity::Warning,
        ),
        (backend("{name: a, kind: TraefikService, group: traefik.io}"), "GL309", Severity::Warning),
        (backend("{name: a, kind: Deployment, group: apps, port: 80}"), "GL309", Severity::Error),
        (backend("{name: a, kind: Service, group: core, port: 80}"), "GL309", Severity::Error),
        (filtered(&mirror("SnippetsFilter")), "GL408", Severity::Warning),
        (
            filtered("{type: ExtensionRef, extensionRef: {group: '', kind: ConfigMap, name: a}}"),
            "GL408",
            Severity::Error,
        ),
    ] {
        let resolution = open(&(gateway(HTTP) + &service("a") + &route("HTTPRoute", "infra", "r", &spec)));
        let found = resolution.findings.iter().find(|finding| finding.code == code);
        assert_eq!(found.map(|finding| finding.severity), Some(severity), "{spec}");
        assert!(refs(&resolution).starts_with("ResolvedRefs=False InvalidKind"), "{spec}");
    }
}

#[test]
fn a_missing_service_is_as_the_user_says() {
    let yaml = gateway(HTTP) + &route("HTTPRoute", "infra", "r", &backend("{name: app, port: 80}"));
    let unknown = open(&yaml);
    assert_eq!(refs(&unknown), "ResolvedRefs=True ResolvedRefs");
    assert!(codes(&unknown).contains(&"GL301"));
    assert!(!unknown.upstreams[0].known);
    let mut options = Options::default();
    options.services = gateline_api::resolve::Assume::Present;
    let present = resolve_with(&yaml, &options);
    assert_eq!(refs(&present), "ResolvedRefs=True ResolvedRefs");
    assert!(!codes(&present).contains(&"GL301"));
}

fn grant(from: &str, to: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: other}}\nspec: {{from: [{from}], to: [{to}]}}\n---\n"
    )
}

#[test]
fn only_the_very_grant_permits() {
    let right_from = "{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: infra}";
    let right_to = "{group: '', kind: Service}";
    let world = gateway(HTTP)
        + &service("app").replace("namespace: infra", "namespace: other")
        + &route("HTTPRoute", "infra", "r", &backend("{name: app, namespace: other, port: 80}"));
    for (from, to, permitted) in [
        (right_from, right_to, true),
        (right_from, "{group: '', kind: Service, name: app}", true),
        (right_from, "{group: '', kind: Service, name: not-app}", false),
        (right_from, "{group: '', kind: Secret}", false),
        (right_from, "{group: apps, kind: Service}", false),
        ("{group: gateway.networking.k8s.io, kind: GRPCRoute, namespace: infra}", right_to, false),
        ("{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: other}", right_to, false),
        ("{group: '', kind: HTTPRoute, namespace: infra}", right_to, false),
    ] {
        let resolution = closed(&(world.clone() + &grant(from, to)));
        let expected =
            if permitted { "ResolvedRefs=True ResolvedRefs" } else { "ResolvedRefs=False RefNotPermitted" };
        assert_eq!(refs(&resolution), expected, "{from} {to}");
        assert_eq!(codes(&resolution).contains(&"GL304"), !permitted, "{from} {to}");
    }
    let nothing = closed(&world.replace("kind: Service", "kind: Nothing"));
    assert_eq!(refs(&nothing), "ResolvedRefs=False RefNotPermitted", "permission comes before existence");
    let finding = nothing.findings.iter().find(|finding| finding.code == "GL302").unwrap();
    let help = finding.help.as_deref().unwrap_or_default();
    assert!(
        help.contains("ReferenceGrant")
            && help.contains("namespace: other")
            && help.contains("kind: HTTPRoute"),
        "{help}"
    );
}

#[test]
fn a_grant_that_is_wrong_in_one_field() {
    let (from, to) = (
        "{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: infra}",
        "{group: '', kind: Service}",
    );
    let world = gateway(HTTP)
        + &service("app").replace("namespace: infra", "namespace: other")
        + &route("HTTPRoute", "infra", "r", &backend("{name: app, namespace: other, port: 80}"));
    let near = |from: &str, to: &str| {
        let resolution = closed(&(world.clone() + &grant(from, to)));
        let found = resolution.findings.into_iter().filter(|finding| finding.code == "GL303");
        found.map(|finding| finding.message.rsplit(": ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (from, to, said) in [
        (from.replace("HTTP", "GRPC"), to, "spec.from[0].kind grants GRPCRoute, this is HTTPRoute"),
        (from.replace("infra", "shop"), to, "spec.from[0].namespace grants shop, this is infra"),
        (
            from.replace("gateway.networking.k8s.io", "''"),
            to,
            "spec.from[0].group grants the core group, this is gateway.networking.k8s.io",
        ),
        (
            from.to_owned(),
            "{group: apps, kind: Service}",
            "spec.to[0].group grants apps, this is the core group",
        ),
        (from.to_owned(), "{group: '', kind: Secret}", "spec.to[0].kind grants Secret, this is Service"),
        (from.to_owned(), "{group: '', kind: Service, name: api}", "spec.to[0].name grants api, this is app"),
        (
            format!("{}, {}", from.replace("infra", "a").replace("HTTP", "TCP"), from.replace("infra", "b")),
            to,
            "spec.from[1].namespace grants b, this is infra",
        ),
    ] {
        assert_eq!(near(&from, to), [said]);
    }
    let two = from.replace("infra", "shop").replace("HTTP", "GRPC");
    assert!(near(&two, to).is_empty(), "two fields are no near miss");
    assert!(near(from, to).is_empty(), "permitted");
    let elsewhere = world.clone()
        + &grant(&from.replace("HTTP", "GRPC"), to).replace("namespace: other", "namespace: third");
    assert!(!codes(&closed(&elsewhere)).contains(&"GL303"), "a grant of another namespace");
}

#[test]
fn endpoints_are_the_ready_ones_of_the_named_port() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: app, namespace: infra}\nspec: {ports: [{name: web, port: 80, targetPort: 3000, appProtocol: kubernetes.io/h2c}, {name: admin, port: 81}]}\n---\n";
    let slice = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: app-1, namespace: infra, labels: {kubernetes.io/service-name: app}}\n\
        addressType: IPv4\nports: [{name: admin, port: 9000}, {name: web, port: 3000}]\n\
        endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2], conditions: {ready: false}}, {addresses: [10.0.0.3], conditions: {ready: true}}]\n---\n\
        apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: app-2, namespace: infra, labels: {kubernetes.io/service-name: app}}\n\
        addressType: IPv6\nports: [{name: web, port: 3000}]\nendpoints: null\n---\n";
    let yaml = gateway(HTTP)
        + service
        + slice
        + &route("HTTPRoute", "infra", "r", &backend("{name: app, port: 80}"));
    let resolution = closed(&yaml);
    let upstream = &resolution.upstreams[0];
    let expected = ["10.0.0.1:3000", "10.0.0.3:3000"].map(|text| Endpoint::Address(text.parse().unwrap()));
    assert!(upstream.known);
    assert_eq!(upstream.endpoints, expected);
    assert_eq!(resolution.model.backends[0].protocol, gateline::model::BackendProtocol::H2c);
}

#[test]
fn backends_outside_the_cluster() {
    let object = "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata: {name: out, namespace: infra}\n\
        spec: {endpoints: [{fqdn: {hostname: api.example.com, port: 443}}, {ip: {address: 127.0.0.1, port: 9000}}]}\n---\n";
    let reference = "{group: gateway.envoyproxy.io, kind: Backend, name: out}";
    let resolution =
        closed(&(gateway(HTTP) + object + &route("HTTPRoute", "infra", "r", &backend(reference))));
    assert_eq!(refs(&resolution), "ResolvedRefs=True ResolvedRefs");
    let mut endpoints = resolution.upstreams[0].endpoints.clone();
    endpoints.sort();
    assert_eq!(
        endpoints,
        [
            Endpoint::Address("127.0.0.1:9000".parse().unwrap()),
            Endpoint::Name("api.example.com".to_owned(), 443)
        ]
    );
}

#[test]
fn a_filter_that_cannot_be_followed_answers_500() {
    let spec = "{parentRefs: [{name: edge}], rules: [{filters: [{type: ExtensionRef, extensionRef: {group: x.io, kind: Login, name: sso}}], \
                backendRefs: [{name: app, port: 80}]}]}";
    let resolution = closed(&(gateway(HTTP) + &service("app") + &route("HTTPRoute", "infra", "r", spec)));
    assert!(resolution.model.routes[0].rules[0].filters.invalid.is_some());
    assert_eq!(refs(&resolution).split(' ').next(), Some("ResolvedRefs=False"));
    assert!(is_true(&parent(&resolution, "HTTPRoute", "infra/r", 0).conditions, "Accepted"));
}

#[test]
fn no_backends_are_no_fault_of_references() {
    let resolution = closed(
        &(gateway(HTTP) + &route("HTTPRoute", "infra", "r", "{parentRefs: [{name: edge}], rules: [{}]}")),
    );
    assert_eq!(refs(&resolution), "ResolvedRefs=True ResolvedRefs");
    let weights = "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: app, port: 80, weight: 0}]}]}";
    let zero = closed(&(gateway(HTTP) + &service("app") + &route("HTTPRoute", "infra", "r", weights)));
    assert!(codes(&zero).contains(&"GL306"));
}

#[test]
fn a_try_that_outlasts_its_request() {
    for (timeouts, found) in [
        ("{request: 1s, backendRequest: 2s}", true),
        ("{request: 2s, backendRequest: 2s}", false),
        ("{request: 0s, backendRequest: 2s}", false),
        ("{backendRequest: 2s}", false),
    ] {
        let spec = format!("{{parentRefs: [{{name: edge}}], rules: [{{timeouts: {timeouts}}}]}}");
        let resolution = closed(&(gateway(HTTP) + &route("HTTPRoute", "infra", "r", &spec)));
        assert_eq!(codes(&resolution).contains(&"GL409"), found, "{timeouts}");
    }
}

/// The fields of v1.6 and later, and those before.
#[test]
fn reads_sessions() {
    use gateline::model::{SessionKind, SessionPersistence};
    use std::time::Duration;

    let session = |written: &str| {
        let rule = format!("{{backendRefs: [{{name: app, port: 80}}], sessionPersistence: {written}}}");
        let spec = format!("{{parentRefs: [{{name: edge}}], rules: [{rule}]}}");
        let resolution = open(&(gateway(HTTP) + &service("app") + &route("HTTPRoute", "infra", "r", &spec)));
        resolution.model.routes[0].rules[0].session.clone().unwrap()
    };
    let cookie = |permanent, path: &str| SessionKind::Cookie { permanent, path: path.into() };
    let named = |name: &str, kind| SessionPersistence {
        name: (!name.is_empty()).then(|| name.into()),
        kind,
        absolute_timeout: None,
        idle_timeout: None,
    };
    let minutes = |minutes| Some(Duration::from_mins(minutes));
    for (written, expected) in [
        ("{}", named("", cookie(false, "/"))),
        ("{type: Cookie, cookie: {name: sid, path: /app}}", named("sid", cookie(false, "/app"))),
        (
            "{cookie: {lifetimeType: Permanent}, absoluteTimeout: 5m}",
            SessionPersistence { absolute_timeout: minutes(5), ..named("", cookie(true, "/")) },
        ),
        ("{type: Header, header: {name: X-Session}}", named("X-Session", SessionKind::Header)),
        ("{type: Header, sessionName: X-Session}", named("X-Session", SessionKind::Header)),
        (
            "{sessionName: sid, idleTimeout: 1m, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}}",
            SessionPersistence {
                absolute_timeout: minutes(60),
                idle_timeout: minutes(1),
                ..named("sid", cookie(true, "/"))
            },
        ),
    ] {
        assert_eq!(session(written), expected, "{written}");
    }
}

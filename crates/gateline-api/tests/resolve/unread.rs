use super::*;

const HTTP: &str = "{name: http, port: 80, protocol: HTTP}";

#[test]
fn a_route_that_cannot_be_read_says_so_to_every_parent_that_can() {
    for kind in ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"] {
        let spec =
            "{parentRefs: [{name: [edge]}, {name: edge}, {name: other}, {namespace: infra}], rules: {}}";
        let resolution = closed(&(gateway(HTTP) + &route(kind, "infra", "r", spec)));
        let parents = &status(&resolution, kind, "infra/r").parents;
        assert_eq!(parents.len(), 1, "{kind}: {parents:?}");
        assert_eq!(parents[0].parent_ref.name, "edge");
        assert_eq!(said(&parents[0].conditions, "Accepted"), "Accepted=False UnsupportedValue");
        assert_eq!(serving(&resolution), [("infra/edge/http".to_owned(), 0)]);
        assert!(codes(&resolution).contains(&"GL001"));
        let absent = resolution.findings.iter().find(|finding| finding.code == "GL101").unwrap();
        assert_eq!(&*absent.origin.path, "spec.parentRefs[2]", "{kind}");
    }
}

#[test]
fn a_gateway_that_cannot_be_read_is_invalid() {
    let yaml = gateway(HTTP).replace("port: 80", "port: http")
        + &route("HTTPRoute", "infra", "r", "{parentRefs: [{name: edge}]}");
    let resolution = closed(&yaml);
    let conditions = &status(&resolution, "Gateway", "infra/edge").conditions;
    assert_eq!(said(conditions, "Accepted"), "Accepted=False Invalid");
    assert_eq!(said(conditions, "Programmed"), "Programmed=False Invalid");
    assert_eq!(codes(&resolution), ["GL001"], "the Gateway is in the input: GL101 would be wrong");

    let mut options = Options::default();
    options.controller = Some("example.com/other".to_owned());
    let foreign = resolve_with(&yaml, &options);
    assert!(foreign.statuses.iter().all(|status| *status.kind != *"Gateway"), "{:?}", foreign.statuses);
}

#[test]
fn a_listener_set_that_cannot_be_read_is_invalid() {
    let set = |parent: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {{name: more, namespace: infra}}\n\
             spec: {{parentRef: {parent}, listeners: [{{name: a, port: none, protocol: HTTP}}]}}\n---\n"
        )
    };
    let world = |parent| closed(&(gateway(HTTP) + &set(parent) + &route("HTTPRoute", "infra", "r", TO_SET)));
    let ours = world("{name: edge}");
    let conditions = &status(&ours, "ListenerSet", "infra/more").conditions;
    assert_eq!(said(conditions, "Accepted"), "Accepted=False Invalid");
    assert_eq!(said(conditions, "Programmed"), "Programmed=False Invalid");
    assert_eq!(codes(&ours), ["GL108", "GL001"], "the set is in the input: GL101 would be wrong");
    for foreign in ["{name: other}", "{name: edge, kind: Service, group: ''}", "[edge]"] {
        let statuses = world(foreign).statuses;
        assert!(statuses.iter().all(|status| *status.kind != *"ListenerSet"), "{foreign}: {statuses:?}");
    }
}

const TO_SET: &str = "{parentRefs: [{kind: ListenerSet, name: more}]}";

#[test]
fn a_policy_that_cannot_be_read_holds_for_nothing() {
    let policy = |name: &str, merge: &str| {
        format!(
            "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {{name: {name}, namespace: infra}}\n\
             spec: {{targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: edge}}], mergeType: {merge}}}\n---\n"
        )
    };
    let resolution = closed(&(gateway(HTTP) + &policy("bad", "[1]") + &policy("good", "StrategicMerge")));
    let accepted = |name| said(&parent(&resolution, "BackendTrafficPolicy", name, 0).conditions, "Accepted");
    assert_eq!(accepted("infra/bad"), "Accepted=False UnsupportedValue");
    assert_eq!(accepted("infra/good"), "Accepted=True Accepted");
    assert!(!codes(&resolution).contains(&"GL801"), "{:?}", codes(&resolution));
}

#[test]
fn nothing_is_sent_in_the_clear_where_a_backend_policy_cannot_be_read() {
    let policy = "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: tls, namespace: infra}\n\
                  spec: {targetRefs: [{group: '', kind: Service, name: app}], validation: {hostname: [a]}}\n";
    let spec = "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: app, port: 80}]}]}";
    let resolution =
        closed(&(gateway(HTTP) + &service("app") + &route("HTTPRoute", "infra", "r", spec) + policy));
    assert!(resolution.upstreams[0].broken_tls);
    let conditions = &parent(&resolution, "BackendTLSPolicy", "infra/tls", 0).conditions;
    assert_eq!(said(conditions, "Accepted"), "Accepted=False UnsupportedValue");
}

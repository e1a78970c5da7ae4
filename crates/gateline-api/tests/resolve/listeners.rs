use super::*;
use gateline_api::status::ListenerStatus;

fn listener<'r>(resolution: &'r Resolution, kind: &str, holder: &str, name: &str) -> &'r ListenerStatus {
    status(resolution, kind, holder).listeners.iter().find(|listener| listener.name == name).unwrap()
}

#[test]
fn inside_a_gateway_all_that_clash_are_refused() {
    let yaml = gateway(
        "{name: a, port: 80, protocol: HTTP, hostname: x.com}\n{name: b, port: 80, protocol: HTTP, hostname: x.com}\n\
         {name: c, port: 80, protocol: HTTP, hostname: y.com}\n{name: d, port: 90, protocol: HTTP}\n{name: e, port: 90, protocol: TCP}",
    );
    let resolution = closed(&yaml);
    for (name, reason) in [
        ("a", "HostnameConflict"),
        ("b", "HostnameConflict"),
        ("d", "ProtocolConflict"),
        ("e", "ProtocolConflict"),
    ] {
        let conditions = &listener(&resolution, "Gateway", "infra/edge", name).conditions;
        assert_eq!(said(conditions, "Conflicted"), format!("Conflicted=True {reason}"), "{name}");
        assert_eq!(said(conditions, "Programmed").split(' ').next(), Some("Programmed=False"), "{name}");
    }
    assert_eq!(serving(&resolution), [("infra/edge/c".to_owned(), 0)]);
    let conditions = &status(&resolution, "Gateway", "infra/edge").conditions;
    assert_eq!(said(conditions, "Accepted"), "Accepted=True ListenersNotValid");
    assert_eq!(said(conditions, "Programmed"), "Programmed=True Programmed");
}

#[test]
fn a_listener_that_lost_is_in_nobodys_way() {
    let set = |name: &str, listeners: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {{name: {name}, namespace: infra}}\n\
             spec: {{parentRef: {{name: edge}}, listeners: [{listeners}]}}\n---\n"
        )
    };
    let yaml = gateway("{name: a, port: 80, protocol: HTTP, hostname: a.com}")
        .replace("  listeners:", "  allowedListeners: {namespaces: {from: Same}}\n  listeners:")
        + &set(
            "one",
            "{name: tcp, port: 80, protocol: TCP}, {name: b, port: 80, protocol: HTTP, hostname: b.com}",
        )
        + &set(
            "two",
            "{name: c, port: 80, protocol: HTTP, hostname: c.com}, {name: d, port: 80, protocol: HTTP, hostname: b.com}",
        )
        + &set("three", "{name: tcp, port: 90, protocol: TCP}, {name: http, port: 90, protocol: HTTP}")
        + &set("zzz", "{name: http, port: 90, protocol: HTTP}");
    let resolution = closed(&yaml);
    let conflicted = |set: &str, name: &str| {
        said(&listener(&resolution, "ListenerSet", set, name).conditions, "Conflicted")
    };
    assert_eq!(conflicted("infra/one", "tcp"), "Conflicted=True ProtocolConflict");
    assert_eq!(
        conflicted("infra/one", "b"),
        "Conflicted=False NoConflicts",
        "beside one that lost to the Gateway"
    );
    assert_eq!(
        conflicted("infra/two", "c"),
        "Conflicted=False NoConflicts",
        "below one that lost to the Gateway"
    );
    assert_eq!(conflicted("infra/two", "d"), "Conflicted=True HostnameConflict");
    assert_eq!(
        conflicted("infra/three", "tcp"),
        "Conflicted=True ProtocolConflict",
        "nobody wins inside one set"
    );
    assert_eq!(conflicted("infra/three", "http"), "Conflicted=True ProtocolConflict");
    assert_eq!(
        conflicted("infra/zzz", "http"),
        "Conflicted=True ProtocolConflict",
        "nor may a later one take it"
    );
}

#[test]
fn a_gateway_without_a_good_listener_is_not_accepted() {
    let resolution = closed(&gateway("{name: a, port: 80, protocol: INVALID}"));
    let one = listener(&resolution, "Gateway", "infra/edge", "a");
    assert_eq!(said(&one.conditions, "Accepted"), "Accepted=False UnsupportedProtocol");
    assert!(one.supported_kinds.is_empty());
    assert_eq!(
        said(&status(&resolution, "Gateway", "infra/edge").conditions, "Accepted"),
        "Accepted=False ListenersNotValid"
    );
}

#[test]
fn kinds_that_the_protocol_cannot_carry() {
    let yaml = gateway(
        "{name: a, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: HTTPRoute}, {kind: TCPRoute}]}}\n\
         {name: b, port: 81, protocol: HTTP, allowedRoutes: {kinds: [{kind: TLSRoute}]}}",
    );
    let resolution = closed(&yaml);
    let kinds = |name| {
        listener(&resolution, "Gateway", "infra/edge", name)
            .supported_kinds
            .iter()
            .map(|k| k.1.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds("a"), ["HTTPRoute"]);
    assert!(kinds("b").is_empty());
    for name in ["a", "b"] {
        let conditions = &listener(&resolution, "Gateway", "infra/edge", name).conditions;
        assert_eq!(said(conditions, "ResolvedRefs"), "ResolvedRefs=False InvalidRouteKinds");
    }
}

fn set(name: &str, created: &str, listeners: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {{name: {name}, namespace: infra, creationTimestamp: {created}}}\n\
         spec: {{parentRef: {{name: edge}}, listeners: [{listeners}]}}\n---\n"
    )
}

#[test]
fn a_gateway_beats_its_sets_and_an_older_set_a_younger() {
    let gateway = gateway("{name: own, port: 80, protocol: HTTP, hostname: own.com}")
        .replace("  listeners:", "  allowedListeners: {namespaces: {from: Same}}\n  listeners:");
    let yaml = gateway
        + &set("young", "2026-02-01T00:00:00Z", "{name: a, port: 80, protocol: HTTP, hostname: set.com}")
        + &set(
            "zold",
            "2026-01-01T00:00:00Z",
            "{name: a, port: 80, protocol: HTTP, hostname: set.com}, {name: b, port: 80, protocol: HTTP, hostname: own.com}",
        );
    let resolution = closed(&yaml);
    assert_eq!(
        serving(&resolution).into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["infra/edge/own", "infra/edge/infra/zold/a"]
    );
    let conflicted =
        |holder, name| said(&listener(&resolution, "ListenerSet", holder, name).conditions, "Conflicted");
    assert_eq!(conflicted("infra/young", "a"), "Conflicted=True HostnameConflict");
    assert_eq!(conflicted("infra/zold", "b"), "Conflicted=True HostnameConflict");
    assert_eq!(conflicted("infra/zold", "a"), "Conflicted=False NoConflicts");
    assert_eq!(
        said(&status(&resolution, "ListenerSet", "infra/zold").conditions, "Programmed"),
        "Programmed=True Programmed"
    );
    let young = &status(&resolution, "ListenerSet", "infra/young").conditions;
    assert_eq!(said(young, "Accepted"), "Accepted=False ListenersNotValid");
}

#[test]
fn sets_are_not_allowed_unless_the_gateway_says_so() {
    let yaml = gateway("{name: own, port: 80, protocol: HTTP}")
        + &set("s", "2026-02-01T00:00:00Z", "{name: a, port: 81, protocol: HTTP}");
    let resolution = closed(&yaml);
    let conditions = &status(&resolution, "ListenerSet", "infra/s").conditions;
    assert_eq!(said(conditions, "Accepted"), "Accepted=False NotAllowed");
    assert_eq!(said(conditions, "Programmed"), "Programmed=False NotAllowed");
    assert_eq!(status(&resolution, "Gateway", "infra/edge").attached_listener_sets, Some(0));
    assert_eq!(serving(&resolution).len(), 1);
}

#[test]
fn a_missing_certificate_stops_the_listener_but_not_the_count() {
    let yaml = gateway(
        "{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: gone}]}}\n{name: http, port: 80, protocol: HTTP}",
    ) + &route("HTTPRoute", "infra", "r", "{parentRefs: [{name: edge}]}");
    let resolution = closed(&yaml);
    let https = listener(&resolution, "Gateway", "infra/edge", "https");
    assert_eq!(said(&https.conditions, "ResolvedRefs"), "ResolvedRefs=False InvalidCertificateRef");
    assert_eq!(said(&https.conditions, "Accepted"), "Accepted=True Accepted");
    assert_eq!(said(&https.conditions, "Programmed").split(' ').next(), Some("Programmed=False"));
    assert_eq!(https.attached_routes, 1);
    assert_eq!(serving(&resolution), [("infra/edge/http".to_owned(), 1)]);
    let assumed = open(&yaml);
    assert_eq!(serving(&assumed).len(), 2);
    let tls = assumed.tls.iter().flatten().next().unwrap();
    assert_eq!(tls.missing.iter().map(ToString::to_string).collect::<Vec<_>>(), ["infra/gone"]);
}

#[test]
fn every_condition_carries_the_generation() {
    let yaml = gateway("{name: http, port: 80, protocol: HTTP}")
        .replace("name: edge, namespace: infra", "name: edge, namespace: infra, generation: 7");
    let resolution = closed(&yaml);
    let gateway = status(&resolution, "Gateway", "infra/edge");
    let all = gateway.conditions.iter().chain(gateway.listeners.iter().flat_map(|l| &l.conditions));
    assert!(all.clone().count() >= 6);
    assert!(all.into_iter().all(|condition| condition.observed_generation == 7));
}

#[test]
fn what_is_not_supported_is_not_passed_over() {
    let yaml = gateway(
        "{name: a, port: 80, protocol: HTTP, filters: {requests: [{type: ExtensionRef, extensionRef: {group: example.com, kind: Claim, name: c}}]}}\n{name: b, port: 81, protocol: HTTP, filters: {requests: []}}",
    );
    let resolution = closed(&yaml);
    let accepted = |name| said(&listener(&resolution, "Gateway", "infra/edge", name).conditions, "Accepted");
    assert_eq!(accepted("a"), "Accepted=False UnsupportedValue");
    assert_eq!(accepted("b"), "Accepted=True Accepted");
    for (address, reason) in [
        ("{value: 10.0.0.1}", None),
        ("{type: Hostname}", None),
        ("{value: 10.0.0.1, routability: ''}", None),
        ("{value: 10.0.0.1, routability: Cluster}", None),
        ("{type: Hostname, routability: Cluster}", Some("UnsupportedAddress")),
        ("{routability: example.com/office}", Some("UnsupportedAddress")),
        ("{type: example.com/named, value: x}", Some("UnsupportedAddress")),
    ] {
        let yaml = gateway("{name: a, port: 80, protocol: HTTP}")
            .replace("  listeners:", &format!("  addresses: [{address}]\n  listeners:"));
        let expected =
            reason.map_or("Accepted=True Accepted".to_owned(), |reason| format!("Accepted=False {reason}"));
        let resolution = closed(&yaml);
        assert_eq!(
            said(&status(&resolution, "Gateway", "infra/edge").conditions, "Accepted"),
            expected,
            "{address}"
        );
    }
}

#[test]
fn a_set_of_a_gateway_that_is_not_accepted() {
    let set = "apiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: more, namespace: infra}\n\
               spec: {parentRef: {name: edge}, listeners: [{name: b, port: 81, protocol: HTTP}]}\n---\n";
    let yaml = gateway("{name: a, port: 80, protocol: HTTP}").replace(
        "  listeners:",
        "  allowedListeners: {namespaces: {from: Same}}\n  addresses: [{type: example.com/named, value: x}]\n  listeners:",
    );
    let resolution = closed(&(yaml + set));
    let conditions = &status(&resolution, "ListenerSet", "infra/more").conditions;
    assert_eq!(said(conditions, "Accepted"), "Accepted=False ParentNotAccepted");
    assert_eq!(status(&resolution, "Gateway", "infra/edge").attached_listener_sets, Some(0));
}

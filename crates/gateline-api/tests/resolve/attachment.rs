use super::*;

const ALL: &str = "allowedRoutes: {namespaces: {from: All}}";

#[test]
fn a_section_or_port_that_is_not_there_matches_no_parent() {
    let yaml = gateway("{name: http, port: 80, protocol: HTTP}\n{name: alt, port: 8080, protocol: HTTP}")
        + &route(
            "HTTPRoute",
            "infra",
            "r",
            "{parentRefs: [{name: edge, sectionName: nope}, {name: edge, port: 81}, {name: edge, sectionName: http, port: 8080}, \
             {name: edge, port: 8080}]}",
        );
    let resolution = closed(&yaml);
    for i in 0..3 {
        let conditions = &parent(&resolution, "HTTPRoute", "infra/r", i).conditions;
        assert_eq!(said(conditions, "Accepted"), "Accepted=False NoMatchingParent");
        assert_eq!(said(conditions, "ResolvedRefs"), "ResolvedRefs=True ResolvedRefs");
    }
    let last = parent(&resolution, "HTTPRoute", "infra/r", 3);
    assert!(is_true(&last.conditions, "Accepted"));
    assert_eq!(last.parent_ref.port, Some(8080));
    assert_eq!(
        (last.parent_ref.group.as_str(), last.parent_ref.kind.as_str()),
        ("gateway.networking.k8s.io", "Gateway")
    );
    assert_eq!(serving(&resolution), [("infra/edge/alt".to_owned(), 1), ("infra/edge/http".to_owned(), 0)]);
}

#[test]
fn namespaces_same_all_selector() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team, labels: {tier: web}}\n---\n";
    let selector = |value: &str| {
        format!(
            "{{name: http, port: 80, protocol: HTTP, allowedRoutes: {{namespaces: {{from: Selector, selector: {{matchLabels: {{tier: {value}}}}}}}}}}}"
        )
    };
    let team = route("HTTPRoute", "team", "r", "{parentRefs: [{name: edge, namespace: infra}]}");
    for (listener, accepted) in [
        ("{name: http, port: 80, protocol: HTTP}".to_owned(), "Accepted=False NotAllowedByListeners"),
        (format!("{{name: http, port: 80, protocol: HTTP, {ALL}}}"), "Accepted=True Accepted"),
        (selector("web"), "Accepted=True Accepted"),
        (selector("db"), "Accepted=False NotAllowedByListeners"),
    ] {
        let resolution = closed(&(gateway(&listener) + namespace + &team));
        assert_eq!(
            said(&parent(&resolution, "HTTPRoute", "team/r", 0).conditions, "Accepted"),
            accepted,
            "{listener}"
        );
    }
}

#[test]
fn unknown_labels_are_taken_to_fit_with_a_warning_that_names_them() {
    let listener = "{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {tier: web}}}}}";
    let yaml = gateway(listener)
        + &route("HTTPRoute", "team", "r", "{parentRefs: [{name: edge, namespace: infra}]}");
    let resolution = open(&yaml);
    assert!(is_true(&parent(&resolution, "HTTPRoute", "team/r", 0).conditions, "Accepted"));
    let warning = resolution.findings.iter().find(|finding| finding.code == "GL104").unwrap();
    assert!(warning.message.contains("tier=web"), "{}", warning.message);
    let refused = closed(&yaml);
    assert_eq!(
        said(&parent(&refused, "HTTPRoute", "team/r", 0).conditions, "Accepted"),
        "Accepted=False NotAllowedByListeners"
    );
}

#[test]
fn hostnames_meet_or_the_route_is_refused() {
    let listeners = "{name: a, port: 80, protocol: HTTP, hostname: very.specific.com}\n{name: b, port: 80, protocol: HTTP, hostname: '*.wildcard.io'}";
    let yaml = gateway(listeners)
        + &route(
            "HTTPRoute",
            "infra",
            "none",
            "{parentRefs: [{name: edge}], hostnames: [specific.com, wildcard.io]}",
        )
        + &route(
            "HTTPRoute",
            "infra",
            "some",
            "{parentRefs: [{name: edge}], hostnames: [non.matching.com, '*.specific.com', foo.bar.wildcard.io]}",
        );
    let resolution = closed(&yaml);
    let refused = parent(&resolution, "HTTPRoute", "infra/none", 0);
    assert_eq!(said(&refused.conditions, "Accepted"), "Accepted=False NoMatchingListenerHostname");
    assert!(is_true(&parent(&resolution, "HTTPRoute", "infra/some", 0).conditions, "Accepted"));
    let effective: Vec<String> = resolution
        .model
        .listeners
        .iter()
        .flat_map(|l| &l.attached)
        .flat_map(|a| &a.hostnames)
        .map(|h| format!("{} {}", h.written.as_ref().unwrap(), h.effective.as_ref().unwrap()))
        .collect();
    assert_eq!(effective, ["*.specific.com very.specific.com", "foo.bar.wildcard.io foo.bar.wildcard.io"]);
    let ignored = resolution
        .findings
        .iter()
        .filter(|f| f.code == "GL105" && f.message.contains("non.matching.com"))
        .count();
    assert_eq!(ignored, 1);
}

#[test]
fn kinds_and_protocols_must_fit() {
    let yaml = gateway(
        "{name: http, port: 80, protocol: HTTP}\n{name: tcp, port: 9000, protocol: TCP}\n{name: udp, port: 9000, protocol: UDP}\n\
         {name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}",
    ) + &route(
        "TCPRoute",
        "infra",
        "on-http",
        "{parentRefs: [{name: edge, sectionName: http}], rules: [{}]}",
    ) + &route("TCPRoute", "infra", "tcp", "{parentRefs: [{name: edge}], rules: [{}]}")
        + &route("UDPRoute", "infra", "udp", "{parentRefs: [{name: edge}], rules: [{}]}")
        + &route(
            "TLSRoute",
            "infra",
            "tls",
            "{parentRefs: [{name: edge}], hostnames: [a.example.com], rules: [{}]}",
        )
        + &route("HTTPRoute", "infra", "on-tls", "{parentRefs: [{name: edge, sectionName: tls}]}");
    let resolution = closed(&yaml);
    for (kind, name, accepted) in [
        ("TCPRoute", "infra/on-http", "Accepted=False NotAllowedByListeners"),
        ("HTTPRoute", "infra/on-tls", "Accepted=False NotAllowedByListeners"),
        ("TCPRoute", "infra/tcp", "Accepted=True Accepted"),
        ("UDPRoute", "infra/udp", "Accepted=True Accepted"),
        ("TLSRoute", "infra/tls", "Accepted=True Accepted"),
    ] {
        assert_eq!(
            said(&parent(&resolution, kind, name, 0).conditions, "Accepted"),
            accepted,
            "{kind} {name}"
        );
    }
    let of = |name: &str| serving(&resolution).into_iter().find(|(n, _)| n == name).unwrap().1;
    assert_eq!(
        (of("infra/edge/http"), of("infra/edge/tcp"), of("infra/edge/udp"), of("infra/edge/tls")),
        (0, 1, 1, 1)
    );
}

#[test]
fn parents_of_others_get_no_status() {
    let yaml = gateway("{name: http, port: 80, protocol: HTTP}")
        + &route(
            "HTTPRoute",
            "infra",
            "r",
            "{parentRefs: [{name: gone}, {name: svc, kind: Service, group: ''}, {name: edge}]}",
        );
    let resolution = closed(&yaml);
    let parents = &status(&resolution, "HTTPRoute", "infra/r").parents;
    assert_eq!(parents.iter().map(|p| p.parent_ref.name.as_str()).collect::<Vec<_>>(), ["edge"]);
    assert!(codes(&resolution).contains(&"GL101"));
}

#[test]
fn an_unknown_value_refuses_that_route_alone() {
    let bad = "{parentRefs: [{name: edge}], rules: [{matches: [{path: {type: Glob, value: /a}}]}]}";
    let yaml = gateway("{name: http, port: 80, protocol: HTTP}")
        + &route("HTTPRoute", "infra", "bad", bad)
        + &route(
            "HTTPRoute",
            "infra",
            "regex",
            "{parentRefs: [{name: edge}], rules: [{matches: [{path: {type: RegularExpression, value: '/(?=a)'}}]}]}",
        )
        + &route("HTTPRoute", "infra", "good", "{parentRefs: [{name: edge}]}");
    let resolution = closed(&yaml);
    for name in ["infra/bad", "infra/regex"] {
        let conditions = &parent(&resolution, "HTTPRoute", name, 0).conditions;
        assert_eq!(said(conditions, "Accepted"), "Accepted=False UnsupportedValue", "{name}");
    }
    assert!(is_true(&parent(&resolution, "HTTPRoute", "infra/good", 0).conditions, "Accepted"));
    assert!(codes(&resolution).contains(&"GL504"));
}

use super::*;

const HTTP: &str = "{name: http, port: 80, protocol: HTTP}";

fn world(routes: &[(&str, &str)]) -> Resolution {
    let routes: String = routes.iter().map(|(name, spec)| route("HTTPRoute", "infra", name, spec)).collect();
    closed(&(gateway(HTTP) + &service("a") + &service("b") + &routes))
}

fn to(backend: &str, hostnames: &str, matches: &str) -> String {
    format!(
        "{{parentRefs: [{{name: edge}}], hostnames: [{hostnames}], rules: [{{matches: [{matches}], backendRefs: [{{name: {backend}, port: 80}}]}}]}}"
    )
}

#[test]
fn identical_matches_of_two_routes() {
    let (a, b) = (to("a", "", "{path: {value: /x}}"), to("b", "", "{path: {value: /x/}}"));
    let differ = world(&[("one", &a), ("two", &b)]);
    assert_eq!(codes(&differ), ["GL203", "GL201"]);
    assert!(
        differ.findings[0].message.contains("HTTPRoute infra/one takes every request"),
        "{}",
        differ.findings[0].message
    );
    let same = world(&[("one", &a), ("two", &a)]);
    assert_eq!(codes(&same), ["GL204"]);
}

#[test]
fn routes_below_http_that_get_nothing() {
    let world = |kind: &str, listener: &str, second: &str| {
        let spec = |name: &str, host: &str| {
            let rules = format!("rules: [{{backendRefs: [{{name: {name}, port: 80}}]}}]");
            route(kind, "infra", name, &format!("{{parentRefs: [{{name: edge}}], {host}{rules}}}"))
        };
        let first = if second.is_empty() { "" } else { "hostnames: [a.example.com], " };
        closed(&(gateway(listener) + &service("a") + &service("b") + &spec("a", first) + &spec("b", second)))
    };
    let tls = "{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}";
    let taken = [
        ("TCPRoute", "{name: tcp, port: 9000, protocol: TCP}", "", "every connection"),
        ("UDPRoute", "{name: udp, port: 9000, protocol: UDP}", "", "every datagram"),
        ("TLSRoute", tls, "hostnames: [a.example.com], ", "every connection"),
    ];
    for (kind, listener, second, words) in taken {
        let resolution = world(kind, listener, second);
        assert_eq!(codes(&resolution), ["GL203", "GL201"], "{kind}");
        assert!(resolution.findings[0].message.contains(words), "{}", resolution.findings[0].message);
    }
    assert_eq!(codes(&world("TLSRoute", tls, "hostnames: [b.example.com], ")), [""; 0]);
}

#[test]
fn the_order_of_predicates_does_not_tell_matches_apart() {
    let a = to("a", "", "{headers: [{name: a-a, value: '1'}, {name: b-b, value: '2'}]}");
    let b = to("b", "", "{headers: [{name: B-B, value: '2'}, {name: A-A, value: '1'}]}");
    assert_eq!(codes(&world(&[("one", &a), ("two", &b)])), ["GL203", "GL201"]);
}

#[test]
fn what_a_request_can_tell_apart_is_no_overlap() {
    let base = to("a", "a.com", "{path: {value: /x}}");
    for other in [
        to("b", "b.com", "{path: {value: /x}}"),
        to("b", "a.com", "{path: {value: /x}, method: GET}"),
        to("b", "a.com", "{path: {type: Exact, value: /x}}"),
        to("b", "a.com", "{path: {value: /x}, queryParams: [{name: q, value: '1'}]}"),
        to("b", "a.com", "{path: {value: /x}, headers: [{name: h, value: '1'}]}"),
        to("b", "'*.com'", "{path: {value: /x}}"),
    ] {
        assert_eq!(codes(&world(&[("one", &base), ("two", &other)])), [""; 0], "{other}");
    }
}

#[test]
fn a_rule_with_another_match_left_is_not_dead() {
    let two = "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: a, port: 80}]}, {matches: [{}, {path: {value: /x}}], backendRefs: [{name: b, port: 80}]}]}";
    assert_eq!(codes(&world(&[("r", two)])), [""; 0]);
    let dead = "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: a, port: 80}]}, {matches: [{path: {value: /}}], backendRefs: [{name: b, port: 80}]}]}";
    assert_eq!(codes(&world(&[("r", dead)])), ["GL201"]);
}

#[test]
fn a_more_specific_hostname_covers_on_a_listener_that_narrows_both() {
    let exact = to("a", "app.com", "{}");
    let wide = to("b", "'*.com'", "{path: {value: /deep}}");
    let routes = route("HTTPRoute", "infra", "exact", &exact) + &route("HTTPRoute", "infra", "wide", &wide);
    let narrow = "{name: http, port: 80, protocol: HTTP, hostname: app.com}";
    let resolution = closed(&(gateway(narrow) + &service("a") + &service("b") + &routes));
    assert_eq!(codes(&resolution), ["GL201"]);
    assert_eq!(&*resolution.findings[0].origin.object.name, "wide");
}

fn redirect(listener: &str, redirect: &str, matches: &str) -> Vec<&'static str> {
    let spec = format!(
        "{{parentRefs: [{{name: edge}}], hostnames: [a.com], rules: [{{matches: [{matches}], filters: [{{type: RequestRedirect, requestRedirect: {redirect}}}]}}]}}"
    );
    let yaml = gateway(listener) + &route("HTTPRoute", "infra", "r", &spec);
    let found = open(&yaml);
    codes(&found).into_iter().filter(|code| *code == "GL401").collect()
}

#[test]
fn redirects_that_come_back() {
    let https = "{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}";
    let odd = "{name: l, port: 8080, protocol: HTTP}";
    for (listener, to, matches, loops) in [
        (https, "{scheme: https}", "{}", true),
        (HTTP, "{scheme: https}", "{}", false),
        (https, "{scheme: https, port: 8443}", "{}", false),
        (https, "{hostname: b.com}", "{}", false),
        (https, "{hostname: A.com}", "{}", true),
        (odd, "{scheme: http}", "{}", false),
        (odd, "{statusCode: 301}", "{}", true),
        (odd, "{scheme: http, port: 8080}", "{}", true),
        (
            HTTP,
            "{path: {type: ReplaceFullPath, replaceFullPath: /new}}",
            "{path: {type: Exact, value: /old}}",
            false,
        ),
        (HTTP, "{path: {type: ReplaceFullPath, replaceFullPath: /new}}", "{}", true),
        (
            HTTP,
            "{path: {type: ReplacePrefixMatch, replacePrefixMatch: /old/er}}",
            "{path: {value: /old}}",
            true,
        ),
        (
            HTTP,
            "{path: {type: ReplacePrefixMatch, replacePrefixMatch: /older}}",
            "{path: {value: /old}}",
            false,
        ),
        (HTTP, "{statusCode: 302}", "{method: POST}", false),
    ] {
        assert_eq!(!redirect(listener, to, matches).is_empty(), loops, "{listener} {to} {matches}");
    }
}

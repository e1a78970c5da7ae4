use super::*;

/// What is true of nearly every table here; `portability.rs` has tests of them.
const NOTES: [&str; 6] = ["GL207", "GL402", "GL410", "GL502", "GL503", "GL505"];

/// With the findings about all requests alone.
fn analysed(mut resolution: Resolution) -> Resolution {
    resolution.findings = gateline_api::analyse(&resolution.model, &gateline_api::Target::default());
    resolution.findings.retain(|finding| !NOTES.contains(&finding.code));
    resolution
}

const HTTP: &str = "{name: http, port: 80, protocol: HTTP}";

fn world(routes: &[(&str, &str)]) -> Resolution {
    let routes: String = routes.iter().map(|(name, spec)| route("HTTPRoute", "infra", name, spec)).collect();
    analysed(closed(&(gateway(HTTP) + &service("a") + &service("b") + &routes)))
}

fn to(backend: &str, hostnames: &str, matches: &str) -> String {
    format!(
        "{{parentRefs: [{{name: edge}}], hostnames: [{hostnames}], rules: [{{matches: [{matches}], backendRefs: [{{name: {backend}, port: 80}}]}}]}}"
    )
}

/// Both routes are accepted, and one gets nothing: envoyproxy/gateway#9135.
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
        let services = service("a") + &service("b");
        analysed(closed(&(gateway(listener) + &services + &spec("a", first) + &spec("b", second))))
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
    let found = world(&[("r", two)]);
    assert_eq!(codes(&found), ["GL202"]);
    assert!(found.findings[0].message.contains("match 0 of rule 1"), "{}", found.findings[0].message);
    let dead = "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: a, port: 80}]}, {matches: [{path: {value: /}}], backendRefs: [{name: b, port: 80}]}]}";
    assert_eq!(codes(&world(&[("r", dead)])), ["GL201"]);
}

#[test]
fn a_more_specific_hostname_covers_on_a_listener_that_narrows_both() {
    let exact = to("a", "app.com", "{}");
    let wide = to("b", "'*.com'", "{path: {value: /deep}}");
    let routes = route("HTTPRoute", "infra", "exact", &exact) + &route("HTTPRoute", "infra", "wide", &wide);
    let narrow = "{name: http, port: 80, protocol: HTTP, hostname: app.com}";
    let resolution = analysed(closed(&(gateway(narrow) + &service("a") + &service("b") + &routes)));
    assert_eq!(codes(&resolution), ["GL201"]);
    assert_eq!(&*resolution.findings[0].origin.object.name, "wide");
}

fn redirect(listener: &str, redirect: &str, matches: &str) -> Vec<&'static str> {
    let spec = format!(
        "{{parentRefs: [{{name: edge}}], hostnames: [a.com], rules: [{{matches: [{matches}], filters: [{{type: RequestRedirect, requestRedirect: {redirect}}}]}}]}}"
    );
    let yaml = gateway(listener) + &route("HTTPRoute", "infra", "r", &spec);
    let found = analysed(open(&yaml));
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

/// The codes of one route whose rules have these matches, each with a backend of its own.
fn rules(matches: &[&str]) -> Vec<&'static str> {
    let backends = ["a", "b", "c"].into_iter().cycle();
    let rules = matches.iter().zip(backends).map(|(matches, backend)| {
        format!("{{matches: [{matches}], backendRefs: [{{name: {backend}, port: 80}}]}}")
    });
    let rules = rules.collect::<Vec<_>>().join(", ");
    let spec = format!("{{parentRefs: [{{name: edge}}], rules: [{rules}]}}");
    codes(&world(&[("r", &spec)]))
}

fn regex(value: &str) -> String {
    format!("{{path: {{type: RegularExpression, value: {value:?}}}}}")
}

#[test]
fn several_rules_together_leave_nothing() {
    let exact = |value: &str| format!("{{path: {{type: Exact, value: {value}}}}}");
    let (a, b) = (exact("/a"), exact("/b"));
    assert_eq!(rules(&[&a, &b, &regex("/[ab]")]), ["GL201"]);
    assert_eq!(rules(&[&a, &b, &regex("/[abc]")]), [""; 0]);
    let get = "{method: GET}, {method: POST}";
    assert_eq!(rules(&[get, "{}"]), [""; 0], "there are other methods");
    let header = |value: &str| format!("{{headers: [{{name: x-a, {value}}}]}}");
    let (one, two) = (header("value: '1'"), header("value: '2'"));
    let either = header("type: RegularExpression, value: '[12]'");
    assert_eq!(rules(&[&one, &two, &either]), ["GL201"]);
    assert_eq!(rules(&[&one, &either]), [""; 0]);
    let deep = "{path: {value: /a/b}}";
    assert_eq!(rules(&["{path: {value: /a}}", deep]), [""; 0], "the longer prefix precedes");
    assert_eq!(rules(&["{path: {value: /a}}", &regex("/a/.*")]), [""; 0], "/a itself is left");
}

#[test]
fn matches_that_never_match() {
    for pattern in ["users/[0-9]+", "/search[?]q=.*", "/a b", "[^/].*"] {
        assert_eq!(rules(&[&regex(pattern)]), ["GL206"], "{pattern}");
    }
    for pattern in ["/users/[0-9]+", "/a%20b", ".*", "/ü"] {
        assert_eq!(rules(&[&regex(pattern)]), [""; 0], "{pattern}");
    }
    let header =
        |value: &str| format!("{{headers: [{{name: x-a, type: RegularExpression, value: {value:?}}}]}}");
    assert_eq!(rules(&[&header("a^b")]), ["GL206"]);
    assert_eq!(rules(&[&header("^b$")]), [""; 0]);
}

#[test]
fn ties_that_only_some_requests_meet() {
    use gateline_api::Severity::{Info, Warning};

    let found = |one: &str, two: &str| {
        let found = world(&[("one", &to("a", "", one)), ("two", &to("b", "", two))]);
        found.findings.iter().map(|finding| (finding.code, finding.severity)).collect::<Vec<_>>()
    };
    let header = |name: &str| format!("{{headers: [{{name: {name}, value: '1'}}]}}");
    assert_eq!(found(&header("x-a"), &header("x-b")), [("GL203", Info)]);
    assert_eq!(found(&regex("/a/[a-m]+"), &regex("/a/[k-z]+")), [("GL203", Warning)]);
    assert_eq!(found(&regex("/a/[a-f]+"), &regex("/a/[g-z]+")), []);
    assert_eq!(found("{method: GET}", "{method: POST}"), []);
}

/// A Gateway that takes routes of every namespace, and two routes.
fn of_two_namespaces(one: &str, two: &str) -> Vec<&'static str> {
    let spec = |matches: &str| {
        format!(
            "{{parentRefs: [{{name: edge, namespace: infra}}], hostnames: [a.com], rules: [{{matches: [{matches}]}}]}}"
        )
    };
    let listener = "{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}";
    let routes =
        route("HTTPRoute", "shop", "one", &spec(one)) + &route("HTTPRoute", "other", "two", &spec(two));
    codes(&analysed(open(&(gateway(listener) + &routes))))
}

#[test]
fn two_namespaces_on_one_path() {
    assert_eq!(of_two_namespaces("{path: {value: /x}}", "{path: {value: /x}, method: POST}"), ["GL205"]);
    assert_eq!(of_two_namespaces("{path: {value: /x}}", "{path: {value: /y}}"), [""; 0]);
    assert_eq!(of_two_namespaces("{path: {value: /}}", "{path: {value: /y}}"), [""; 0], "delegated by path");
    assert_eq!(
        of_two_namespaces("{path: {value: /x}, method: GET}", "{path: {value: /x}, method: POST}"),
        [""; 0]
    );
}

#[test]
fn hosts_with_requests_that_nobody_takes() {
    let gaps = |matches: &str| {
        let yaml =
            gateway(HTTP) + &service("a") + &route("HTTPRoute", "infra", "r", &to("a", "a.com", matches));
        let found = gateline_api::analyse(&closed(&yaml).model, &gateline_api::Target::default());
        found
            .into_iter()
            .filter(|finding| finding.code == "GL207")
            .map(|finding| finding.message)
            .collect::<Vec<_>>()
    };
    let found = gaps("{path: {value: /x}}");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("a.com") && found[0].contains("GET http://a.com/"), "{}", found[0]);
    assert_eq!(gaps("{}"), [""; 0]);
    assert_eq!(gaps(&regex("/.*")), [""; 0], "every path begins with /");
}

#[test]
fn redirects_to_nowhere() {
    let found = |listeners: &str, redirect: &str, more: &str| {
        let spec = format!(
            "{{parentRefs: [{{name: edge, sectionName: http}}], hostnames: [a.com], rules: [{{filters: [{{type: RequestRedirect, requestRedirect: {redirect}}}]}}]}}"
        );
        let yaml = gateway(listeners) + &route("HTTPRoute", "infra", "r", &spec) + more;
        codes(&analysed(open(&yaml)))
    };
    let https = "{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}";
    let both = format!("{HTTP}\n{https}");
    let served = route(
        "HTTPRoute",
        "infra",
        "s",
        "{parentRefs: [{name: edge, sectionName: https}], hostnames: [a.com], rules: [{matches: [{}]}]}",
    );
    assert_eq!(found(HTTP, "{scheme: https}", ""), ["GL403"], "no listener");
    assert_eq!(found(&both, "{scheme: https}", ""), ["GL403"], "no rule");
    assert_eq!(found(&both, "{scheme: https}", &served), [""; 0]);
    assert_eq!(found(HTTP, "{scheme: https, hostname: elsewhere.example}", ""), [""; 0]);
}

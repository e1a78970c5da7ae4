use gateline::{Profile, RegexRank};
use gateline_api::{Severity, Target, analyse};

use super::*;

const HTTP: &str = "{name: http, port: 80, protocol: HTTP}";
const HTTPS: &str = "{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}";

fn profile(name: &str) -> Profile {
    Profile::named(name).unwrap()
}

/// A route with one rule for each match, each with a backend of its own.
fn rules(matches: &[&str]) -> String {
    let rule =
        |(i, one): (usize, &&str)| format!("{{matches: [{one}], backendRefs: [{{name: s{i}, port: 80}}]}}");
    let rules: Vec<String> = matches.iter().enumerate().map(rule).collect();
    let spec = format!("{{parentRefs: [{{name: edge}}], rules: [{}]}}", rules.join(", "));
    gateway(HTTP) + &route("HTTPRoute", "infra", "r", &spec)
}

/// `GL503 warning`, for a class of findings.
fn found(yaml: &str, target: &Target, class: &str) -> Vec<String> {
    let findings = analyse(&open(yaml).model, target);
    let of_class = findings.iter().filter(|finding| finding.code.starts_with(class));
    of_class.map(|finding| format!("{} {:?}", finding.code, finding.severity)).collect()
}

#[test]
fn where_a_regular_expression_ranks() {
    let (regex, prefix) =
        ("{path: {type: RegularExpression, value: '/users/[0-9]+'}}", "{path: {value: /users}}");
    let both = rules(&[regex, prefix]);
    assert_eq!(found(&both, &Target::default(), "GL503"), ["GL503 Warning"]);
    let message = analyse(&open(&both).model, &Target::default());
    let message = &message.iter().find(|one| one.code == "GL503").unwrap().message;
    assert!(message.starts_with("GET http://") && message.contains("/users/0 goes to rule 0"), "{message}");
    // It is known, or nothing depends on it.
    assert_eq!(found(&both, &Target::of(profile("envoy-gateway")), "GL503"), [""; 0]);
    let known = Target { regex_rank: Some(RegexRank::AbovePrefix), ..Target::default() };
    assert_eq!(found(&both, &known, "GL503"), [""; 0]);
    assert_eq!(found(&rules(&[regex, "{path: {value: /other}}"]), &Target::default(), "GL503"), [""; 0]);
}

#[test]
fn envoy_gateway_counts_otherwise() {
    let (method, headers) =
        ("{method: POST}", "{headers: [{name: x-a, value: '1'}, {name: x-b, value: '1'}]}");
    let yaml = rules(&[method, headers]);
    let eg = Target::of(profile("envoy-gateway"));
    assert_eq!(found(&yaml, &eg, "GL506"), ["GL506 Warning"]);
    assert_eq!(found(&yaml, &Target::default(), "GL506"), [""; 0]);
    let also = Target { also: vec![profile("envoy-gateway")], ..Target::default() };
    assert_eq!(found(&yaml, &also, "GL506"), ["GL506 Warning"]);
    assert_eq!(found(&rules(&[method, "{headers: [{name: x-a, value: '1'}]}"]), &eg, "GL506"), [""; 0]);
}

#[test]
fn envoy_gateway_does_not_fall_back_to_a_wider_hostname() {
    let to = |host: &str, path: &str| {
        format!(
            "{{parentRefs: [{{name: edge}}], hostnames: ['{host}'], rules: [{{matches: [{{path: {{value: {path}}}}}], backendRefs: [{{name: s, port: 80}}]}}]}}"
        )
    };
    let yaml = |wide: &str| {
        gateway(HTTP)
            + &route("HTTPRoute", "infra", "narrow", &to("app.example.com", "/app"))
            + &route("HTTPRoute", "infra", "wide", &to(wide, "/"))
    };
    let eg = Target::of(profile("envoy-gateway"));
    assert_eq!(found(&yaml("*.example.com"), &eg, "GL506"), ["GL506 Warning"]);
    assert_eq!(found(&yaml("other.example.com"), &eg, "GL506"), [""; 0]);
}

#[test]
fn what_a_pattern_is_elsewhere() {
    let regex = |text: &str| rules(&[&format!("{{path: {{type: RegularExpression, value: '{text}'}}}}")]);
    let on = |names: &[&str]| Target {
        also: names.iter().map(|name| profile(name)).collect(),
        ..Target::default()
    };
    let open = regex("/users/[0-9]+/profile");
    assert_eq!(found(&open, &Target::default(), "GL502"), ["GL502 Info"; 2]);
    assert_eq!(found(&open, &on(&["traefik"]), "GL502"), ["GL502 Warning"]);
    assert_eq!(found(&open, &Target::of(profile("envoy-gateway")), "GL502"), [""; 0]);
    assert_eq!(
        found(&regex("^/users/[0-9]+/profile$"), &on(&["traefik", "nginx-gateway-fabric"]), "GL502"),
        [""; 0]
    );
    // `^/a|/b` is another pattern than `^(/a|/b)`.
    assert_eq!(found(&regex("/a.*|/b.*"), &on(&["nginx-gateway-fabric"]), "GL502"), ["GL502 Warning"]);
    assert_eq!(found(&regex("(/a|/b).*"), &on(&["nginx-gateway-fabric"]), "GL502"), [""; 0]);
}

#[test]
fn patterns_that_are_not_portable_or_need_not_be_patterns() {
    let regex = |text: &str| rules(&[&format!("{{path: {{type: RegularExpression, value: '{text}'}}}}")]);
    let spec = Target::default();
    assert_eq!(found(&regex("(?i)/header"), &spec, "GL501"), ["GL501 Warning"]);
    assert_eq!(found(&regex("(?i)/header"), &Target::of(profile("envoy-gateway")), "GL501"), ["GL501 Info"]);
    assert_eq!(found(&regex("/users/[0-9]+"), &spec, "GL501"), [""; 0]);
    let header = rules(&["{headers: [{name: a, type: RegularExpression, value: '(?i)x'}]}"]);
    assert_eq!(found(&header, &spec, "GL501"), ["GL501 Warning"]);
    for (text, plain) in
        [("/api(/.*)?", "PathPrefix /api"), (r"/a\.b", "Exact /a.b"), ("/.*", "PathPrefix /")]
    {
        let findings = analyse(&open(&regex(text)).model, &spec);
        let one = findings.iter().find(|one| one.code == "GL505").unwrap_or_else(|| panic!("{text}"));
        assert!(one.severity == Severity::Info && one.message.contains(plain), "{}", one.message);
    }
    for text in ["/api/.*", "/api.*", "/a.b", "/users/[0-9]+"] {
        assert_eq!(found(&regex(text), &spec, "GL505"), [""; 0], "{text}");
    }
}

#[test]
fn patterns_that_explode() {
    let regex = |text: &str| rules(&[&format!("{{path: {{type: RegularExpression, value: '{text}'}}}}")]);
    let nginx = Target { also: vec![profile("nginx-gateway-fabric")], ..Target::default() };
    assert_eq!(found(&regex("/([a-z]+/?)+x"), &nginx, "GL508"), ["GL508 Warning"]);
    assert_eq!(found(&regex("/([a-z]+/?)+x"), &Target::default(), "GL508"), ["GL508 Info"]);
    assert_eq!(found(&regex("/([a-z]+/)*x"), &nginx, "GL508"), [""; 0]);
}

#[test]
fn what_an_implementation_lacks() {
    let auth = "{parentRefs: [{name: edge}], rules: [{filters: [{type: ExternalAuth, externalAuth: {protocol: GRPC, \
                backendRef: {name: auth, port: 9000}}}], backendRefs: [{name: a, port: 80}]}]}";
    let yaml = gateway(HTTP) + &route("HTTPRoute", "infra", "r", auth);
    assert_eq!(found(&yaml, &Target::of(profile("envoy-gateway")), "GL507"), ["GL507 Warning"]);
    assert_eq!(found(&yaml, &Target::default(), "GL507"), [""; 0]);
}

/// The codes of a redirect with this match.
fn redirect(listener: &str, matched: &str, redirect: &str) -> Vec<String> {
    let spec = format!(
        "{{parentRefs: [{{name: edge}}], rules: [{{matches: [{matched}], filters: [{{type: RequestRedirect, requestRedirect: {redirect}}}]}}]}}"
    );
    found(&(gateway(listener) + &route("HTTPRoute", "infra", "r", &spec)), &Target::default(), "GL4")
}

#[test]
fn redirects_that_take_more() {
    let to_https = "{scheme: https, statusCode: 308}";
    let listeners = format!("{HTTP}\n{HTTPS}");
    let only = |codes: Vec<String>, code: &str| codes.iter().filter(|one| one.starts_with(code)).count();
    assert_eq!(only(redirect(HTTP, "{}", to_https), "GL402"), 1);
    assert_eq!(only(redirect(HTTP, "{path: {value: /app}}", to_https), "GL402"), 0);
    assert_eq!(only(redirect(HTTPS, "{}", to_https), "GL402"), 0);
    assert_eq!(only(redirect(&listeners, "{}", to_https), "GL410"), 0);
    assert_eq!(only(redirect(HTTP, "{}", "{scheme: https}"), "GL410"), 1);
    assert_eq!(only(redirect(HTTP, "{method: GET}", "{scheme: https}"), "GL410"), 0);
}

#[test]
fn what_one_rank_leaves_is_not_dead() {
    let yaml = rules(&["{path: {value: /foo}}", "{path: {type: RegularExpression, value: '/foo(/.*)?'}}"]);
    assert_eq!(found(&yaml, &Target::default(), "GL201"), [""; 0]);
    let above = Target { regex_rank: Some(RegexRank::AbovePrefix), ..Target::default() };
    assert_eq!(found(&yaml, &above, "GL201"), ["GL201 Error"]);
}

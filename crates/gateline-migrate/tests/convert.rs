//! What is written does what the Ingress did, or is not written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod shared;

use gateline_migrate::{ConvertOptions, Converted, Dialect, Manifest, Verification, convert, verify};
use shared::{codes, compare, source};

const ENVOY: Dialect = Dialect::EnvoyGateway;

fn written(ingress: &str, dialect: Dialect, accept: &[&str]) -> Converted {
    let mut options = ConvertOptions::default();
    options.dialect = dialect;
    options.accept = accept.iter().map(|text| text.parse().unwrap()).collect();
    convert(&source(ingress), &options)
}

fn text(converted: &Converted) -> String {
    converted.manifests.iter().map(Manifest::yaml).collect::<Vec<_>>().join("\n---\n")
}

fn verified(ingress: &str, dialect: Dialect, accept: &[&str]) -> Verification {
    let converted = written(ingress, dialect, accept);
    assert!(converted.refused.is_empty(), "{:?}", converted.refused);
    let accept: Vec<_> = accept.iter().map(|text| text.parse().unwrap()).collect();
    compare(ingress, &text(&converted), &accept)
}

fn refused(ingress: &str, dialect: Dialect) -> Vec<&'static str> {
    let converted = written(ingress, dialect, &[]);
    let routes = converted.manifests.iter().filter(|one| one.kind == "HTTPRoute").count();
    assert_eq!(routes, 0, "{}", text(&converted));
    converted.refused.iter().map(|finding| finding.code).collect()
}

fn ingress(annotations: &str, tls: &str, paths: &[(&str, &str, &str)]) -> String {
    let path = |(path, kind, service): &(&str, &str, &str)| {
        let backend = format!("{{service: {{name: {service}, port: {{number: 80}}}}}}");
        format!("      - {{path: \"{path}\", pathType: {kind}, backend: {backend}}}\n")
    };
    let paths: String = paths.iter().map(path).collect();
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {{{annotations}}}\n\
         spec:\n  tls: [{tls}]\n  rules:\n  - host: web.example\n    http:\n      paths:\n{paths}"
    )
}

fn annotated(name: &str, value: &str) -> String {
    format!("nginx.ingress.kubernetes.io/{name}: {value:?}")
}

const ROOT: &[(&str, &str, &str)] = &[("/", "Prefix", "app")];

#[test]
fn plain_paths_are_proved() {
    let paths = [
        ("/", "Prefix", "app"),
        ("/api", "Prefix", "api"),
        ("/health", "Exact", "health"),
        ("/app/", "Prefix", "slash"),
    ];
    let proved = verified(&ingress("", "", &paths), Dialect::Spec, &[]);
    assert!(proved.is_proved(), "{:?}", proved.differences);
}

#[test]
fn redirects_to_https_are_proved() {
    let tls = "{hosts: [web.example], secretName: cert}";
    let paths = [("/", "Prefix", "app"), ("/app/", "Prefix", "slash")];
    let proved = verified(&ingress("", tls, &paths), Dialect::Spec, &[]);
    assert!(proved.is_proved(), "{:?}", proved.differences);
    let off = ingress(&annotated("ssl-redirect", "false"), tls, &paths);
    assert!(verified(&off, Dialect::Spec, &[]).is_proved());
    assert_eq!(text(&written(&off, Dialect::Spec, &[])).matches("kind: HTTPRoute").count(), 1);
}

#[test]
fn raw_beginnings_and_patterns_are_proved() {
    let raw =
        [("/foo", "ImplementationSpecific", "foo"), ("/foo/bar", "Prefix", "bar"), ("/", "Prefix", "app")];
    let ingresses = ingress("", "", &raw);
    assert!(verified(&ingresses, Dialect::Spec, &[]).is_proved());
    let source = shared::raw(&ingresses);
    let target = shared::target(&text(&convert(&source, &ConvertOptions::default())));
    let proved = verify(&source, &target, &gateline::Options::default(), &[]).unwrap();
    assert!(proved.is_proved(), "{:?}", proved.differences);
    let patterns = [
        ("/foo/bar/[a-z0-9]{3}", "ImplementationSpecific", "threes"),
        ("/foo/bar/.+", "ImplementationSpecific", "long"),
        ("/a|/b", "ImplementationSpecific", "branches"),
        ("/api/(?!internal|admin)(.*)", "ImplementationSpecific", "api"),
        ("/Header", "Exact", "header"),
    ];
    let proved = verified(&ingress(&annotated("use-regex", "true"), "", &patterns), Dialect::Spec, &[]);
    assert!(proved.is_proved(), "{:?}", proved.differences);
}

/// `ReplacePrefixMatch` does the same but for the case of letters.
#[test]
fn a_rewrite_that_swaps_a_prefix_is_portable() {
    for (path, target) in [("/svc(/|$)(.*)", "/$2"), ("/svc/(.*)", "/v1/$1"), ("/svc(/|$)(.*)", "/v1$1$2")] {
        let swap =
            ingress(&annotated("rewrite-target", target), "", &[(path, "ImplementationSpecific", "svc")]);
        let found = verified(&swap, Dialect::Spec, &[]);
        assert!(
            codes(&found).iter().all(|code| ["GL702", "GL705"].contains(code)),
            "{path} {target} {:?}",
            found.differences
        );
        assert!(text(&written(&swap, Dialect::Spec, &[])).contains("ReplacePrefixMatch"));
    }
}

#[test]
fn other_rewrites_need_an_extension() {
    let path = [("/in/([a-z]+)/x", "ImplementationSpecific", "svc")];
    let groups = ingress(&annotated("rewrite-target", "/out/$1"), "", &path);
    assert_eq!(refused(&groups, Dialect::Spec), ["GL710"]);
    let proved = verified(&groups, ENVOY, &[]);
    assert!(proved.is_proved(), "{:?}", proved.differences);
}

#[test]
fn canaries_are_proved() {
    let main = ingress("", "", ROOT);
    for rules in [
        &[("canary-weight", "20")][..],
        &[("canary-by-header", "x-canary"), ("canary-weight", "10")],
        &[("canary-by-header", "x-region"), ("canary-by-header-value", "eu")],
        &[("canary-by-cookie", "beta")],
    ] {
        let list: Vec<String> = rules.iter().map(|(name, value)| annotated(name, value)).collect();
        let other = ingress(
            &format!("{}, {}", annotated("canary", "true"), list.join(", ")),
            "",
            &[("/", "Prefix", "next")],
        );
        let both = format!("{main}---\n{}", other.replace("name: web\n", "name: canary\n"));
        let proved = verified(&both, Dialect::Spec, &[]);
        assert!(proved.is_proved(), "{rules:?} {:?}", proved.differences);
        assert!(text(&written(&both, Dialect::Spec, &[])).contains("name: next"), "{rules:?}");
    }
}

#[test]
fn nothing_is_written_open() {
    let guards = [
        ("auth-url", "https://auth.example.org/verify", "GL720"),
        ("auth-type", "basic", "GL720"),
        ("whitelist-source-range", "10.0.0.0/8", "GL721"),
        ("denylist-source-range", "10.0.0.0/8", "GL721"),
        ("configuration-snippet", "deny all;", "GL724"),
        ("enable-modsecurity", "true", "GL724"),
    ];
    for (name, value, code) in guards {
        let guarded = ingress(&annotated(name, value), "", ROOT);
        assert_eq!(refused(&guarded, Dialect::Spec), [code], "{name}");
        let accept = format!("{code}@shop/web");
        let found = verified(&guarded, Dialect::Spec, &[&accept]);
        assert_eq!((codes(&found), found.open().count()), (vec![code], 0), "{name}");
    }
    let mutual =
        ingress(&annotated("auth-tls-secret", "shop/ca"), "{hosts: [web.example], secretName: cert}", ROOT);
    let converted = written(&mutual, Dialect::Spec, &[]);
    assert_eq!(converted.refused.iter().map(|one| one.code).collect::<Vec<_>>(), ["GL722"]);
    assert!(!text(&converted).contains("name: app"));
}

#[test]
fn envoy_gateway_keeps_lists_of_addresses() {
    for name in ["whitelist-source-range", "allowlist-source-range", "denylist-source-range"] {
        let guarded = ingress(&annotated(name, "10.0.0.0/8, 192.168.1.7"), "", ROOT);
        let proved = verified(&guarded, ENVOY, &[]);
        assert!(proved.is_proved(), "{name} {:?}", proved.differences);
        assert!(text(&written(&guarded, ENVOY, &[])).contains("kind: SecurityPolicy"));
    }
}

#[test]
fn a_server_in_the_cluster_is_asked_and_what_differs_is_said() {
    let url = annotated("auth-url", "http://auth.infra.svc.cluster.local:8080/check");
    for dialect in [Dialect::Spec, ENVOY] {
        let found = verified(&ingress(&url, "", ROOT), dialect, &[]);
        assert_eq!(codes(&found), ["GL719"], "{:?}", found.differences);
    }
}

#[test]
fn annotations_without_a_counterpart_are_told() {
    for (name, value, code) in [
        ("proxy-read-timeout", "120", "GL718"),
        ("limit-rps", "5", "GL723"),
        ("proxy-body-size", "8m", "GL726"),
        ("proxy-connect-timeout", "7", "GL718"),
        ("limit-connections", "3", "GL723"),
        ("custom-http-errors", "503", "GL727"),
        ("permanent-redirect", "https://new.example/x?y=1", "GL713"),
    ] {
        let found = verified(&ingress(&annotated(name, value), "", ROOT), Dialect::Spec, &[]);
        assert_eq!(codes(&found), [code], "{name} {:?}", found.differences);
    }
    for name in ["proxy-buffering", "enable-access-log"] {
        assert!(
            verified(&ingress(&annotated(name, "on"), "", ROOT), Dialect::Spec, &[]).is_proved(),
            "{name}"
        );
    }
    let proved = verified(
        &ingress(&annotated("permanent-redirect", "https://new.example$request_uri"), "", ROOT),
        Dialect::Spec,
        &[],
    );
    assert!(proved.is_proved(), "{:?}", proved.differences);
    assert_eq!(
        refused(&ingress(&annotated("permanent-redirect", "https://$arg_to/"), "", ROOT), ENVOY),
        ["GL714"]
    );
}

/// A BackendTrafficPolicy says the same of some, and of others something near, which is told.
#[test]
fn envoy_gateway_keeps_time_and_sizes() {
    for (name, value, wanted) in [
        ("proxy-connect-timeout", "7", "connectTimeout: \"7s\""),
        ("proxy-body-size", "8192k", "limit: \"8Mi\""),
        ("proxy-body-size", "0", "kind: HTTPRoute"),
    ] {
        let one = ingress(&annotated(name, value), "", ROOT);
        let proved = verified(&one, ENVOY, &[]);
        assert!(proved.is_proved(), "{name} {:?}", proved.differences);
        let written = text(&written(&one, ENVOY, &[]));
        assert!(written.contains(wanted), "{written}");
    }
    for (name, value, wanted, code, says) in [
        (
            "proxy-read-timeout",
            "120",
            "streamIdleTimeout: \"120s\"",
            "GL718",
            "120s without a byte in either direction",
        ),
        (
            "limit-rps",
            "5",
            "unit: Second",
            "GL723",
            "bursts of 25, for each address in each replica, answered 503",
        ),
        (
            "limit-rpm",
            "300",
            "type: Distinct",
            "GL723",
            "300 a minute for each address in each proxy, answered 429",
        ),
    ] {
        let one = ingress(&annotated(name, value), "", ROOT);
        let found = verified(&one, ENVOY, &[]);
        assert_eq!(codes(&found), [code], "{name} {:?}", found.differences);
        assert!(shared::one(&found, code).message.contains(says), "{:?}", found.differences);
        let written = text(&written(&one, ENVOY, &[]));
        assert!(written.contains(wanted), "{written}");
    }
}

#[test]
fn rules_with_policies_of_their_own_have_names() {
    let first = ingress(&annotated("proxy-connect-timeout", "7"), "", &[("/a", "Prefix", "a")]);
    let second = ingress(&annotated("proxy-connect-timeout", "9"), "", &[("/b", "Prefix", "b")]);
    let both = format!("{first}---\n{}", second.replace("name: web\n", "name: other\n"));
    let proved = verified(&both, ENVOY, &[]);
    assert!(proved.is_proved(), "{:?}", proved.differences);
    assert_eq!(text(&written(&both, ENVOY, &[])).matches("kind: BackendTrafficPolicy").count(), 2);
}

#[test]
fn cors_and_sessions_are_carried_over() {
    for annotations in [
        annotated("enable-cors", "true"),
        format!(
            "{}, {}",
            annotated("enable-cors", "true"),
            annotated("cors-allow-origin", "https://a.example, https://b.example")
        ),
        annotated("affinity", "cookie"),
        annotated("upstream-vhost", "internal.example"),
    ] {
        let proved = verified(&ingress(&annotations, "", ROOT), Dialect::Spec, &[]);
        assert!(proved.is_proved(), "{annotations} {:?}", proved.differences);
    }
    let wild = annotated("cors-allow-origin", "https://*.a.example, https://b.example");
    let found = verified(
        &ingress(&format!("{}, {wild}", annotated("enable-cors", "true")), "", ROOT),
        Dialect::Spec,
        &[],
    );
    assert_eq!(codes(&found), ["GL717"]);
    assert!(
        shared::one(&found, "GL717").message.contains("https://*.a.example is one label"),
        "{:?}",
        found.differences
    );
}

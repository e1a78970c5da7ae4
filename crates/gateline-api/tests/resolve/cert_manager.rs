use super::*;

fn issuer(solver: &str) -> String {
    format!(
        "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {{name: acme}}\nspec: {{acme: {{solvers: [{solver}]}}}}\n---\n"
    )
}

fn certificate(name: &str) -> String {
    format!(
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {{name: c, namespace: infra}}\n\
         spec: {{dnsNames: [example.com, '{name}'], issuerRef: {{kind: ClusterIssuer, name: acme}}}}\n---\n"
    )
}

const HTTP01: &str = "{http01: {gatewayHTTPRoute: {parentRefs: [{name: edge}]}}}";
const DNS01: &str = "{dns01: {route53: {region: eu-west-1}}}";

#[test]
fn wildcards_need_dns01() {
    let codes = |yaml: &str| codes(&open(yaml)).into_iter().filter(|code| *code == "GL604").count();
    assert_eq!(codes(&(issuer(HTTP01) + &certificate("*.example.com"))), 1);
    assert_eq!(codes(&(issuer(HTTP01) + &certificate("www.example.com"))), 0);
    assert_eq!(codes(&(issuer(&format!("{HTTP01}, {DNS01}")) + &certificate("*.example.com"))), 0);
    assert_eq!(codes(&certificate("*.example.com")), 0);
}

/// The findings about cert-manager of a Gateway with an annotation and this listener.
fn annotated(listener: &str) -> Vec<&'static str> {
    let gateway = gateway(listener).replace(
        "{name: edge, namespace: infra}",
        "{name: edge, namespace: infra, annotations: {cert-manager.io/cluster-issuer: acme}}",
    );
    let found = open(&(gateway + &issuer(HTTP01)));
    codes(&found).into_iter().filter(|code| ["GL604", "GL607"].contains(code)).collect()
}

#[test]
fn annotations_that_do_nothing() {
    let https = |rest: &str| format!("{{name: https, port: 443, protocol: HTTPS, {rest}}}");
    for (listener, expected) in [
        (https("hostname: a.com, tls: {certificateRefs: [{name: c}]}"), &[][..]),
        (https("hostname: '*.a.com', tls: {certificateRefs: [{name: c}]}"), &["GL604"]),
        (https("tls: {certificateRefs: [{name: c}]}"), &["GL607"]),
        (https("hostname: a.com, tls: {certificateRefs: [{name: c, namespace: other}]}"), &["GL607"]),
        ("{name: http, port: 80, protocol: HTTP}".to_owned(), &["GL607"]),
        (
            "{name: tls, port: 443, protocol: TLS, hostname: a.com, tls: {mode: Passthrough}}".to_owned(),
            &["GL607"],
        ),
    ] {
        assert_eq!(annotated(&listener), expected, "{listener}");
    }
}

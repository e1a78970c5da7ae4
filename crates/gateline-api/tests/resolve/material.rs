//! Certificates and keys that can be read and not be used. Which those are `tests/it/material.rs` of gateline-proxy holds to rustls.

use gateline_api::{Finding, Severity};

use super::*;

/// The PEM blocks of a file of `tests/material`: a certificate, then its key or what it signed.
fn material(name: &str) -> [String; 2] {
    let path = format!("{}/tests/material/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let end = text.find("-----END").and_then(|end| Some(end + text[end..].find('\n')? + 1)).unwrap();
    let (first, second) = text.split_at(end);
    [first, second].map(str::to_owned)
}

fn block(kind: &str, name: &str, field: &str, values: &[(&str, &str)]) -> String {
    let indented = |text: &str| text.lines().fold(String::new(), |text, line| text + "    " + line + "\n");
    let values = values.iter().map(|(key, value)| format!("  {key}: |\n{}", indented(value)));
    format!(
        "apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: infra}}\n{field}:\n{}---\n",
        values.collect::<String>()
    )
}

fn secret(name: &str) -> String {
    let [certificate, key] = material(name);
    block("Secret", "c", "stringData", &[("tls.crt", &certificate), ("tls.key", &key)])
}

fn authorities(names: &[&str]) -> String {
    let all: String = names.iter().map(|name| material(name)[0].clone()).collect();
    block("ConfigMap", "ca", "data", &[("ca.crt", &all)])
}

const HTTPS: &str = "{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}";
const CA: &str = "[{group: '', kind: ConfigMap, name: ca}]";

fn unusable(resolution: &Resolution) -> Vec<&Finding> {
    resolution.findings.iter().filter(|finding| finding.code == "GL608").collect()
}

/// `kind name path: message`, then the same of what is related.
fn places(finding: &Finding) -> Vec<String> {
    let origin = &finding.origin;
    let first = format!("{} {} {}: {}", origin.kind, origin.object, origin.path, finding.message);
    let related = finding.related.iter();
    let related = related.map(|(words, at)| format!("{} {} {}: {words}", at.kind, at.object, at.path));
    std::iter::once(first).chain(related).collect()
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_where_it_is_and_where_it_is_needed() {
    for (name, field, why) in [
        ("rsa-1024", "tls.crt", "the key is RSA of 1024 bits: use 2048 to 8192"),
        (
            "secp256k1",
            "tls.crt",
            "the key is id-ecPublicKey 1.3.132.0.10: use RSA, P-256, P-384, P-521, Ed25519 or ML-DSA",
        ),
        ("v1", "tls.crt", "it is of X.509 version 1: issue it with extensions, as version 3"),
    ] {
        let yaml = gateway(HTTPS) + &secret(name);
        let resolution = closed(&yaml);
        let [finding] = unusable(&resolution)[..] else { panic!("{name}: {:?}", resolution.findings) };
        let expected = [
            format!(
                "Secret infra/c stringData[{field}]: {field} of Secret infra/c cannot be used for TLS: {why}"
            ),
            "Gateway infra/edge spec.listeners[0].tls.certificateRefs[0]: listener infra/edge/l needs it"
                .to_owned(),
        ];
        assert_eq!(places(finding), expected);
        let line = finding.origin.place.as_ref().unwrap().line;
        // Where the text begins.
        let text = yaml.lines().nth(line as usize - 1).unwrap().trim();
        assert_eq!(text, "-----BEGIN CERTIFICATE-----", "{name}: line {line}");
        let listener = &status(&resolution, "Gateway", "infra/edge").listeners[0].conditions;
        assert_eq!(said(listener, "ResolvedRefs"), "ResolvedRefs=False InvalidCertificateRef");
        assert_eq!(said(listener, "Programmed"), "Programmed=False Invalid");
        assert!(resolution.model.listeners.is_empty());
        assert!(!codes(&resolution).contains(&"GL601"), "one finding is enough");
    }
    assert!(unusable(&closed(&(gateway(HTTPS) + &secret("P-256")))).is_empty());
}

#[test]
fn a_second_certificate_serves_on() {
    let two = HTTPS.replace("{name: c}", "{name: c}, {name: d}");
    let good = secret("P-256").replace("{name: c,", "{name: d,");
    let resolution = closed(&(gateway(&two) + &secret("ed448") + &good));
    assert_eq!(resolution.tls[0].as_ref().unwrap().certificates.len(), 1);
    let listener = &status(&resolution, "Gateway", "infra/edge").listeners[0].conditions;
    assert_eq!(said(listener, "ResolvedRefs"), "ResolvedRefs=False InvalidCertificateRef");
    assert_eq!(said(listener, "Programmed"), "Programmed=True Programmed");
}

#[test]
fn what_a_gateway_shows_to_backends() {
    let tls = "  tls: {backend: {clientCertificateRef: {name: c}}}\n  listeners:";
    let yaml = gateway("{name: http, port: 80, protocol: HTTP}").replace("  listeners:", tls);
    let resolution = closed(&(yaml.clone() + &secret("rsa-1024")));
    let gateway = &status(&resolution, "Gateway", "infra/edge").conditions;
    assert_eq!(said(gateway, "ResolvedRefs"), "ResolvedRefs=False InvalidClientCertificateRef");
    assert!(resolution.clients.is_empty());
    let [finding] = unusable(&resolution)[..] else { panic!("{:?}", resolution.findings) };
    let needed = "Gateway infra/edge spec.tls.backend.clientCertificateRef: Gateway infra/edge needs it";
    assert_eq!(places(finding)[1], needed);
    assert_eq!(closed(&(yaml + &secret("ed25519"))).clients.len(), 1);
}

#[test]
fn the_authorities_of_clients() {
    let frontend = format!(
        "  tls: {{frontend: {{default: {{validation: {{caCertificateRefs: {CA}}}}}}}}}\n  listeners:"
    );
    let world = |names: &[&str]| {
        closed(&(gateway(HTTPS).replace("  listeners:", &frontend) + &secret("P-256") + &authorities(names)))
    };
    let none = world(&["rsa-1024.ca", "ed448.ca"]);
    let listener = &status(&none, "Gateway", "infra/edge").listeners[0].conditions;
    assert_eq!(said(listener, "ResolvedRefs"), "ResolvedRefs=False InvalidCACertificateRef");
    assert_eq!(said(listener, "Accepted"), "Accepted=False NoValidCACertificate");
    assert_eq!(unusable(&none).len(), 2);

    let some = world(&["rsa-1024.ca", "P-384.ca"]);
    let listener = &status(&some, "Gateway", "infra/edge").listeners[0].conditions;
    assert_eq!(said(listener, "ResolvedRefs"), "ResolvedRefs=True ResolvedRefs");
    assert_eq!(some.tls[0].as_ref().unwrap().client.as_ref().unwrap().roots.len(), 1);
    let [finding] = unusable(&some)[..] else { panic!("{:?}", some.findings) };
    assert_eq!(finding.severity, Severity::Warning, "the others are in use");
    let why = "certificate 1 in ca.crt of ConfigMap infra/ca cannot be used: the key is RSA of 1024 bits: use 2048 to 8192";
    let expected = [
        format!("ConfigMap infra/ca data[ca.crt]: {why}"),
        "Gateway infra/edge spec.listeners[0].tls: listener infra/edge/l needs it".to_owned(),
    ];
    assert_eq!(places(finding), expected);
}

#[test]
fn the_authorities_of_backends() {
    let world = |validation: &str, names: &[&str]| {
        let policy = "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: p, namespace: infra}\n\
                      spec: {targetRefs: [{group: '', kind: Service, name: app}], validation: ";
        let spec = "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: app, port: 80}]}]}";
        let gateway = gateway("{name: http, port: 80, protocol: HTTP}") + &service("app");
        let route = route("HTTPRoute", "infra", "r", spec);
        closed(&(gateway + &route + policy + validation + "}\n---\n" + &authorities(names)))
    };
    let conditions = |resolution: &Resolution| {
        let conditions = &parent(resolution, "BackendTLSPolicy", "infra/p", 0).conditions;
        ["Accepted", "ResolvedRefs"].map(|kind| said(conditions, kind))
    };
    let validation = format!("{{hostname: app.internal, caCertificateRefs: {CA}}}");
    let none = world(&validation, &["secp256k1.ca"]);
    assert_eq!(
        conditions(&none),
        ["Accepted=False NoValidCACertificate", "ResolvedRefs=False InvalidCACertificateRef"]
    );
    assert!(none.upstreams[0].broken_tls);
    let [finding] = unusable(&none)[..] else { panic!("{:?}", none.findings) };
    let needed =
        "BackendTLSPolicy infra/p spec.validation.caCertificateRefs[0]: BackendTLSPolicy infra/p needs it";
    assert_eq!(places(finding)[1], needed);

    let some = world(&validation, &["secp256k1.ca", "P-256.ca"]);
    assert_eq!(conditions(&some), ["Accepted=True Accepted", "ResolvedRefs=True ResolvedRefs"]);
    assert_eq!(some.upstreams[0].tls.as_ref().unwrap().roots.as_ref().unwrap().len(), 1);

    let long = "a".repeat(64);
    for (hostname, san) in
        [(long.as_str(), "app.internal".to_owned()), ("app.internal", format!("'*.{long}'"))]
    {
        let names = format!("subjectAltNames: [{{type: Hostname, hostname: {san}}}]");
        let trusted =
            world(&format!("{{hostname: {hostname}, caCertificateRefs: {CA}, {names}}}"), &["P-256.ca"]);
        assert_eq!(conditions(&trusted)[0], "Accepted=False Invalid", "no server has such a name");
        assert!(trusted.upstreams[0].broken_tls);
    }
}

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateline::model::Timestamp;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;
use gateline_api::Severity;

/// A self-signed certificate for a name, valid until the end of 2030, and its key, as PEM.
pub(super) fn pem(name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2030, 12, 31);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn secret(name: &str, namespace: &str, crt: &str, key: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\ntype: kubernetes.io/tls\n\
         data: {{tls.crt: {}, tls.key: {}}}\n---\n",
        STANDARD.encode(crt),
        STANDARD.encode(key)
    )
}

fn https(hostname: &str, namespace: &str) -> String {
    gateway(&format!(
        "{{name: l, port: 443, protocol: HTTPS, hostname: '{hostname}', tls: {{certificateRefs: [{{name: c, namespace: {namespace}}}]}}}}"
    ))
}

fn resolved(resolution: &Resolution) -> String {
    said(&status(resolution, "Gateway", "infra/edge").listeners[0].conditions, "ResolvedRefs")
}

fn without_108(resolution: &Resolution) -> Vec<&'static str> {
    codes(resolution).into_iter().filter(|code| *code != "GL108").collect()
}

#[test]
fn a_certificate_is_read_and_held_against_its_listener() {
    let (crt, key) = pem("*.example.com");
    let secret = secret("c", "infra", &crt, &key);
    for (hostname, found) in [
        ("a.example.com", &[][..]),
        ("*.example.com", &[]),
        ("example.com", &["GL603"]),
        ("a.b.example.com", &["GL603"]),
    ] {
        let resolution = closed(&(https(hostname, "infra") + &secret));
        assert_eq!(without_108(&resolution), found, "{hostname}");
        let certificate = &resolution.tls[0].as_ref().unwrap().certificates[0];
        assert_eq!(certificate.names, ["*.example.com"]);
        assert_eq!(certificate.chain.len(), 1);
    }
}

#[test]
fn expiry_is_told_where_the_time_is_known() {
    let (crt, key) = pem("a.example.com");
    let yaml = https("a.example.com", "infra") + &secret("c", "infra", &crt, &key);
    let before = closed(&yaml);
    let certificate = &before.tls[0].as_ref().unwrap().certificates[0];
    let (begin, end) = (certificate.not_before.0, certificate.not_after.0);
    for (now, severity) in [
        (i64::MIN, Some(Severity::Error)),
        (begin - 1, Some(Severity::Error)),
        (begin, None),
        (end - 15 * 86_400, None),
        (end - 86_400, Some(Severity::Warning)),
        (end + 1, Some(Severity::Error)),
        (i64::MAX, Some(Severity::Error)),
    ] {
        let mut options = Options::default();
        options.now = Some(Timestamp(now));
        let resolution = resolve_with(&yaml, &options);
        let found = resolution.findings.iter().find(|finding| finding.code == "GL602");
        assert_eq!(found.map(|finding| finding.severity), severity);
    }
}

#[test]
fn secrets_that_hold_no_certificate() {
    let (crt, key) = pem("a.example.com");
    for (crt, key) in [("", key.as_str()), ("nonsense", &key), (crt.as_str(), ""), (crt.as_str(), "nonsense")]
    {
        let resolution = closed(&(https("a.example.com", "infra") + &secret("c", "infra", crt, key)));
        assert_eq!(resolved(&resolution), "ResolvedRefs=False InvalidCertificateRef");
        assert!(resolution.model.listeners.is_empty());
        assert!(codes(&resolution).contains(&"GL601"));
    }
}

/// The key inside a PKCS#8 key, as PEM of the older formats.
fn unwrapped(key: &KeyPair, label: &str) -> String {
    let der = key.serialize_der();
    let (_, object) = x509_parser::der_parser::der::parse_der(&der).unwrap();
    let inner = object.as_sequence().unwrap()[2].as_slice().unwrap();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(inner))
}

#[test]
fn a_key_must_belong_to_its_certificate() {
    let rsa = || KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let ec = || KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let p384 = || KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let pkcs1 = |key: &KeyPair| unwrapped(key, "RSA PRIVATE KEY");
    let sec1 = |key: &KeyPair| unwrapped(key, "EC PRIVATE KEY");
    let (rsa_key, other_rsa, ec_key, other_ec, p384_key) = (rsa(), rsa(), ec(), ec(), p384());
    let ed = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    for (what, own, written, fits) in [
        ("RSA", &rsa_key, rsa_key.serialize_pem(), true),
        ("RSA as PKCS#1", &rsa_key, pkcs1(&rsa_key), true),
        ("another RSA", &rsa_key, other_rsa.serialize_pem(), false),
        ("another RSA as PKCS#1", &rsa_key, pkcs1(&other_rsa), false),
        ("EC", &ec_key, ec_key.serialize_pem(), true),
        ("EC as SEC1", &ec_key, sec1(&ec_key), true),
        ("another EC", &ec_key, other_ec.serialize_pem(), false),
        ("another EC as SEC1", &ec_key, sec1(&other_ec), false),
        ("another curve", &ec_key, p384_key.serialize_pem(), false),
        ("another algorithm", &ec_key, rsa_key.serialize_pem(), false),
        ("Ed25519", &ed, ed.serialize_pem(), true),
    ] {
        let params = CertificateParams::new(vec!["a.example.com".to_owned()]).unwrap();
        let crt = params.self_signed(own).unwrap().pem();
        let resolution = closed(&(https("a.example.com", "infra") + &secret("c", "infra", &crt, &written)));
        let (condition, found) = if fits {
            ("ResolvedRefs=True ResolvedRefs", &[][..])
        } else {
            ("ResolvedRefs=False InvalidCertificateRef", &["GL601"][..])
        };
        assert_eq!(resolved(&resolution), condition, "{what}");
        assert_eq!(without_108(&resolution), found, "{what}");
        assert_eq!(resolution.model.listeners.len(), usize::from(fits), "{what}");
    }
}

#[test]
fn a_secret_of_another_namespace_needs_a_grant_for_the_very_holder() {
    let (crt, key) = pem("a.example.com");
    let grant = |kind: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: certs}}\n\
             spec: {{from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: infra}}], to: [{{group: '', kind: Secret}}]}}\n---\n"
        )
    };
    let world = https("a.example.com", "certs");
    let secret = secret("c", "certs", &crt, &key);
    assert_eq!(resolved(&closed(&(world.clone() + &secret))), "ResolvedRefs=False RefNotPermitted");
    assert_eq!(
        resolved(&closed(&world)),
        "ResolvedRefs=False RefNotPermitted",
        "permission comes before existence"
    );
    assert_eq!(
        resolved(&closed(&(world.clone() + &secret + &grant("ListenerSet")))),
        "ResolvedRefs=False RefNotPermitted"
    );
    assert_eq!(resolved(&closed(&(world + &secret + &grant("Gateway")))), "ResolvedRefs=True ResolvedRefs");
}

#[test]
fn overlapping_hostnames_of_one_port() {
    let (crt, key) = pem("*.example.com");
    let listener = |name: &str, port: u16, hostname: &str| {
        format!(
            "{{name: {name}, port: {port}, protocol: HTTPS, hostname: '{hostname}', tls: {{certificateRefs: [{{name: c}}]}}}}\n"
        )
    };
    let listeners = listener("a", 443, "*.example.com")
        + &listener("b", 443, "x.example.com")
        + &listener("c", 8443, "x.example.com");
    let resolution = closed(&(gateway(&listeners) + &secret("c", "infra", &crt, &key)));
    let overlapping: Vec<&str> = status(&resolution, "Gateway", "infra/edge")
        .listeners
        .iter()
        .filter(|listener| is_true(&listener.conditions, "OverlappingTLSConfig"))
        .map(|listener| listener.name.as_str())
        .collect();
    assert_eq!(overlapping, ["a", "b"]);
    assert!(codes(&resolution).contains(&"GL605"));
}

/// A Gateway, a route to Service `app` and a BackendTLSPolicy with this validation.
#[test]
fn client_certificates_and_their_fallback() {
    let (crt, key) = pem("a.example.com");
    let gateway = |mode: &str, map: &str| {
        https("a.example.com", "infra").replace(
            "  listeners:",
            &format!("  tls: {{frontend: {{default: {{validation: {{mode: {mode}, caCertificateRefs: [{{group: '', kind: {map}, name: ca}}]}}}}}}}}\n  listeners:"),
        ) + &secret("c", "infra", &crt, &key)
    };
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ca, namespace: infra}}\ndata:\n  ca.crt: |\n{}---\n",
        crt.lines().fold(String::new(), |text, line| text + "    " + line + "\n")
    );
    for (mode, optional) in [("AllowValidOnly", false), ("AllowInsecureFallback", true)] {
        let resolution = closed(&(gateway(mode, "ConfigMap") + &map));
        let client = resolution.tls[0].as_ref().unwrap().client.as_ref().unwrap();
        assert_eq!((client.roots.len(), client.optional), (1, optional));
        let conditions = &status(&resolution, "Gateway", "infra/edge").conditions;
        assert_eq!(is_true(conditions, "InsecureFrontendValidationMode"), optional);
    }
    for (map_kind, reason) in
        [("ConfigMap", "InvalidCACertificateRef"), ("Secret", "InvalidCACertificateKind")]
    {
        let resolution = closed(&gateway("AllowValidOnly", map_kind));
        let conditions = &status(&resolution, "Gateway", "infra/edge").listeners[0].conditions;
        assert_eq!(said(conditions, "Accepted"), "Accepted=False NoValidCACertificate");
        assert_eq!(said(conditions, "ResolvedRefs"), format!("ResolvedRefs=False {reason}"));
        assert_eq!(said(conditions, "Programmed").split(' ').next(), Some("Programmed=False"));
        assert!(resolution.model.listeners.is_empty());
    }
}

#[test]
fn client_certificates_of_a_bundle_for_the_whole_cluster() {
    let (crt, key) = pem("a.example.com");
    let reference = "{group: certificates.k8s.io, kind: ClusterTrustBundle, name: 'example.com:ca'}";
    let validation = format!("{{caCertificateRefs: [{reference}]}}");
    let yaml = https("a.example.com", "infra").replace(
        "  listeners:",
        &format!("  tls: {{frontend: {{default: {{validation: {validation}}}}}}}\n  listeners:"),
    ) + &secret("c", "infra", &crt, &key);
    let bundle = |pem: &str| {
        format!(
            "apiVersion: certificates.k8s.io/v1beta1\nkind: ClusterTrustBundle\nmetadata: {{name: 'example.com:ca'}}\n\
             spec: {{signerName: example.com/ca, trustBundle: {pem:?}}}\n---\n"
        )
    };
    let resolution = closed(&(yaml.clone() + &bundle(&crt)));
    assert_eq!(resolution.tls[0].as_ref().unwrap().client.as_ref().unwrap().roots.len(), 1);
    for broken in [String::new(), bundle("nonsense")] {
        let resolution = closed(&(yaml.clone() + &broken));
        assert_eq!(resolved(&resolution), "ResolvedRefs=False InvalidCACertificateRef");
        assert!(resolution.model.listeners.is_empty());
    }
}

#[test]
fn the_certificate_a_gateway_shows_to_backends() {
    let (crt, key) = pem("client");
    let world = |reference: &str, more: &str| {
        let tls = format!("  tls: {{backend: {{clientCertificateRef: {reference}}}}}\n  listeners:");
        let yaml = gateway("{name: http, port: 80, protocol: HTTP}").replace("  listeners:", &tls);
        closed(
            &(yaml + &secret("good", "infra", &crt, &key) + &secret("bad", "infra", "no PEM", &key) + more),
        )
    };
    let far = secret("far", "other", &crt, &key);
    let grant = "apiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: other}\n\
        spec: {from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: infra}], to: [{group: '', kind: Secret, name: far}]}\n---\n";
    for (reference, more, expected) in [
        ("{name: good}", String::new(), "ResolvedRefs=True ResolvedRefs"),
        ("{name: gone}", String::new(), "ResolvedRefs=False InvalidClientCertificateRef"),
        ("{name: bad}", String::new(), "ResolvedRefs=False InvalidClientCertificateRef"),
        ("{name: good, group: x.io}", String::new(), "ResolvedRefs=False InvalidClientCertificateRef"),
        ("{name: good, kind: ConfigMap}", String::new(), "ResolvedRefs=False InvalidClientCertificateRef"),
        ("{name: far, namespace: other}", far.clone(), "ResolvedRefs=False RefNotPermitted"),
        ("{name: far, namespace: other}", far + grant, "ResolvedRefs=True ResolvedRefs"),
    ] {
        let resolution = world(reference, &more);
        let conditions = &status(&resolution, "Gateway", "infra/edge").conditions;
        assert_eq!(said(conditions, "ResolvedRefs"), expected, "{reference}");
        assert_eq!(said(conditions, "Accepted"), "Accepted=True Accepted", "{reference}");
        let shown = resolution.clients.get(&gateline::model::ObjectName::new("infra", "edge"));
        assert_eq!(shown.is_some(), expected.starts_with("ResolvedRefs=True"), "{reference}");
        let code = match expected.rsplit(' ').next().unwrap() {
            "ResolvedRefs" => None,
            "RefNotPermitted" => Some("GL302"),
            _ => Some("GL601"),
        };
        let found = without_108(&resolution);
        assert_eq!(found, code.into_iter().collect::<Vec<_>>(), "{reference}");
    }
    let none = closed(&gateway("{name: http, port: 80, protocol: HTTP}"));
    let conditions = &status(&none, "Gateway", "infra/edge").conditions;
    assert_eq!(said(conditions, "ResolvedRefs"), "ResolvedRefs=True ResolvedRefs");
    let listener = closed(&https("a.example.com", "infra"));
    let conditions = &status(&listener, "Gateway", "infra/edge").conditions;
    assert_eq!(said(conditions, "ResolvedRefs"), "ResolvedRefs=False ListenersNotResolved");
}

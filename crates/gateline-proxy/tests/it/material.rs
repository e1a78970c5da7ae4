//! `gateline_api` says which certificates, keys and authorities can be used, and knows no cryptography: here it is held to rustls.

use std::time::Duration;

use gateline_api::resolve::Assume;
use gateline_api::{Options, Resolution, parse, resolve};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::tls::provider;

/// Whether each certificate with its key can be used.
const PAIRS: [(&str, bool); 28] = [
    ("rsa-1024", false),
    ("rsa-2048", true),
    ("rsa-8192", true),
    ("rsa-8256", false),
    ("pss", false),
    ("dsa", false),
    ("P-224", false),
    ("P-256", true),
    ("P-384", true),
    ("P-521", true),
    ("secp256k1", false),
    ("brainpoolP256r1", false),
    ("explicit", false),
    ("compressed", false),
    ("ed25519", true),
    ("ed448", false),
    ("ML-DSA-44", true),
    ("ML-DSA-65", true),
    ("ML-DSA-87", true),
    ("pkcs1", true),
    ("sec1", true),
    ("sec1-no-public", true),
    ("sec1-secp256k1", false),
    ("another", false),
    ("another-algorithm", false),
    ("another-ed25519", false),
    ("v1", false),
    ("critical", false),
];

/// Whether what each authority signed can be verified.
const AUTHORITIES: [(&str, bool); 20] = [
    ("rsa-1024", false),
    ("rsa-2048", true),
    ("rsa-8192", true),
    ("rsa-8256", false),
    ("pss", false),
    ("dsa", false),
    ("P-224", false),
    ("P-256", true),
    ("P-384", true),
    ("P-521", true),
    ("secp256k1", false),
    ("brainpoolP256r1", false),
    ("explicit", false),
    ("compressed", true),
    ("ed25519", true),
    ("ed448", false),
    ("ML-DSA-44", true),
    ("ML-DSA-65", true),
    ("ML-DSA-87", true),
    ("v1", true),
];

/// A file of `gateline-api/tests/material`, which has the commands that made it.
fn material(name: &str) -> String {
    let path = format!("{}/../gateline-api/tests/material/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).map(Result::unwrap).collect()
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |text, line| text + "    " + line + "\n")
}

fn resolved(yaml: &str) -> Resolution {
    let loaded = parse::text("material.yaml", yaml);
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    let mut options = Options::default();
    options.secrets = Assume::Missing;
    resolve(&loaded.objects, &options)
}

fn gateway(listener: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: edge}}\n\
         spec: {{gatewayClassName: any, listeners: [{listener}]}}\n---\n"
    )
}

/// Whether a listener is programmed with it.
fn serves(pem: &str) -> bool {
    let listener = "{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}";
    // Each half has both; what is looked for is taken.
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: c}}\nstringData:\n  tls.crt: |\n{pem}  tls.key: |\n{pem}",
        pem = indented(pem)
    );
    !resolved(&(gateway(listener) + &secret)).model.listeners.is_empty()
}

/// Whether a BackendTLSPolicy verifies backends with it.
fn verifies(authority: &str) -> bool {
    let resolution = resolved(&format!(
        "{gateway}apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r}}\n\
         spec: {{parentRefs: [{{name: edge}}], rules: [{{backendRefs: [{{name: app, port: 443}}]}}]}}\n---\n\
         apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {{name: p}}\n\
         spec: {{targetRefs: [{{group: '', kind: Service, name: app}}], validation: {{hostname: a.example.com, \
         caCertificateRefs: [{{group: '', kind: ConfigMap, name: ca}}]}}}}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ca}}\ndata:\n  ca.crt: |\n{authority}",
        gateway = gateway("{name: l, port: 80, protocol: HTTP}"),
        authority = indented(authority)
    ));
    assert_eq!(resolution.upstreams.len(), 1, "{:?}", resolution.findings);
    let upstream = &resolution.upstreams[0];
    assert_ne!(upstream.tls.is_some(), upstream.broken_tls);
    upstream.tls.is_some()
}

fn rustls_serves(pem: &str) -> bool {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    CertifiedKey::from_der(certificates(pem), key, &provider()).is_ok()
}

fn rustls_verifies(authority: &CertificateDer<'_>, leaf: &CertificateDer<'_>) -> bool {
    let mut roots = RootCertStore::empty();
    if roots.add(authority.clone()).is_err() {
        return false;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider()).build().unwrap();
    // 2030-03-17: all are valid.
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_900_000_000));
    let name = ServerName::try_from("a.example.com").unwrap();
    verifier.verify_server_cert(leaf, &[], &name, &[], now).is_ok()
}

#[test]
fn certificates_and_keys() {
    for (name, usable) in PAIRS {
        let pem = material(name);
        assert_eq!((serves(&pem), rustls_serves(&pem)), (usable, usable), "{name}");
    }
}

#[test]
fn authorities() {
    for (name, usable) in AUTHORITIES {
        let pem = material(&format!("{name}.ca"));
        let [authority, leaf] = &*certificates(&pem) else { panic!("{name}") };
        // The authority alone.
        let first = pem.find("-----END").and_then(|end| Some(end + pem[end..].find('\n')? + 1)).unwrap();
        let verdicts = (verifies(&pem[..first]), rustls_verifies(authority, leaf));
        assert_eq!(verdicts, (usable, usable), "{name}");
    }
}

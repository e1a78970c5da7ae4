//! `Manifests::diff` sees what no router holds, as `gateline diff` does.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use gateline_testing::Manifests;

fn manifests(secret: &str) -> Manifests {
    let text = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: web, namespace: infra}}\n\
         spec: {{gatewayClassName: any, listeners: [{{name: https, port: 443, protocol: HTTPS, tls: {{certificateRefs: [{{name: {secret}}}]}}}}]}}\n"
    );
    Manifests::open(Vec::new(), vec![("web.yaml".into(), text)], None, "{}", None).unwrap()
}

#[test]
fn another_certificate_is_a_change() {
    let (one, two) = (manifests("one"), manifests("two"));
    assert!(one.diff(&manifests("one")).changes.is_empty());
    let kinds: Vec<String> = one.diff(&two).changes.iter().map(|change| change.kind.to_string()).collect();
    assert_eq!(kinds, ["TLS"]);
}

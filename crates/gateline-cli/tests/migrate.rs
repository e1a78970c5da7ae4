//! `gateline migrate` and `gateline migrate verify`, run as a user does.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::path::Path;

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use tempfile::TempDir;

const SHOP: &str = "examples/ingress/shop.yaml";

fn gateline(args: &[&str]) -> OutputAssert {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Command::new(cargo_bin!("gateline")).current_dir(root).args(args).env("NO_COLOR", "1").assert()
}

fn stdout(assert: &OutputAssert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn what_a_converter_lost_is_found_in_its_output() {
    let args =
        ["migrate", "verify", "--from", "ingress-nginx", SHOP, "--to", "examples/ingress/converted.yaml"];
    let found = gateline(&[&args[..], &["--format", "json"]].concat()).code(1);
    let report: serde_json::Value = serde_json::from_str(&stdout(&found)).unwrap();
    let codes: Vec<&str> =
        report["differences"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    for code in ["GL710", "GL711", "GL721"] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
    assert_eq!(report["proved"], false);
    let mut accepted = args.to_vec();
    for code in &codes {
        accepted.extend(["--accept", code]);
    }
    let text = stdout(&gateline(&accepted).code(0));
    assert!(text.starts_with("ACCEPTED"), "{text}");
}

#[test]
fn what_is_written_is_verified_and_guarded() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("gw").display().to_string();
    let spec = stdout(
        &gateline(&["migrate", SHOP, "--from", "ingress-nginx", "--to", "spec", "--out", &out]).code(1),
    );
    assert!(spec.contains("allow-list-dropped[GL721]"), "{spec}");
    let files: Vec<String> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(files.contains(&"gateway.yaml".to_owned()), "{files:?}");
    assert!(!files.iter().any(|file| file.contains("office")), "{files:?}");
    // What was written is read again, by somebody else's eyes.
    let again = gateline(&["migrate", "verify", SHOP, "--to", &out, "--format", "md"]).code(1);
    assert!(stdout(&again).contains("GL701"), "{}", stdout(&again));
    // A folder with files of an earlier run is left alone.
    gateline(&["migrate", SHOP, "--out", &out]).code(2);
    let envoy = folder.path().join("eg").display().to_string();
    let text = stdout(&gateline(&["migrate", SHOP, "--to", "envoy-gateway", "--out", &envoy]).code(1));
    assert!(text.contains("SecurityPolicy") && !text.contains("GL721"), "{text}");
}

#[test]
fn unusable_input_is_an_error() {
    let none = gateline(&["migrate", "verify", "examples/shop", "--to", "examples/shop"]).code(2);
    let words = String::from_utf8(none.get_output().stderr.clone()).unwrap();
    assert!(words.contains("there is no Ingress"), "{words}");
    gateline(&["migrate", "verify", SHOP, "--to", "examples/shop", "--accept", "GL103"]).code(2);
    gateline(&["migrate", "verify", "examples/none.yaml", "--to", "examples/shop"]).code(2);
}

/// An Ingress keeps what no route of the same host takes.
#[test]
fn ingresses_are_explained_beside_routes() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("both.yaml");
    let ingress =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(SHOP)).unwrap();
    let route = "---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP, hostname: '*.shop.example.com'}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: office, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  hostnames: [office.shop.example.com]
  rules:
  - matches: [{path: {value: /new}}]
    backendRefs: [{name: next, port: 80}]
";
    std::fs::write(&file, ingress + route).unwrap();
    let file = file.display().to_string();
    for (path, takes) in [("/new/x", "shop/next:80"), ("/old", "shop/office:80")] {
        let request = format!("GET http://office.shop.example.com{path}");
        let text = stdout(&gateline(&["explain", "--ingress", "nginx", &file, &request]).code(0));
        assert!(text.contains(takes), "{path}\n{text}");
    }
    let without = stdout(&gateline(&["explain", &file, "GET http://office.shop.example.com/old"]).code(0));
    assert!(!without.contains("shop/office:80"), "{without}");
    let other =
        stdout(&gateline(&["explain", "--ingress", "nginx", &file, "GET http://shop.example.com/x"]).code(0));
    assert!(other.contains("Location") || other.contains("https://shop.example.com/x"), "{other}");
}

//! `gateline migrate` and `gateline migrate verify`, run as a user does.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::path::Path;

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use tempfile::TempDir;

const SHOP: &str = "examples/ingress/shop.yaml";
/// Takes over a part of one host.
const ROUTE: &str = "---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP, hostname: '*.shop.example.com'}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: new, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  hostnames: [api.shop.example.com]
  rules:
  - matches: [{path: {value: /new}}]
    backendRefs: [{name: next, port: 80}]
";

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
    let folder = TempDir::new().unwrap();
    let lock = folder.path().join("lock.yaml").display().to_string();
    let locked = [&args[..], &["--lock", &lock]].concat();
    let mut accepted = locked.clone();
    for code in &codes {
        accepted.extend(["--accept", code]);
    }
    let text = stdout(&gateline(&[&accepted[..], &["--reason", "a demo"]].concat()).code(0));
    assert!(text.starts_with("ACCEPTED"), "{text}");
    // Written down with the words of the differences, and read again.
    let written = std::fs::read_to_string(&lock).unwrap();
    assert!(written.contains("difference: GL721") && written.contains("reason: \"a demo\""), "{written}");
    assert_eq!(written.matches("difference: GL711").count(), 1, "{written}");
    gateline(&locked).code(0);
    // As soon as one is not there any more the run fails, and says where to look.
    std::fs::write(&lock, written.replace("GL721", "GL722")).unwrap();
    let text = stdout(&gateline(&locked).code(1));
    assert!(text.contains("no longer true") && text.contains("lock.yaml:"), "{text}");
    std::fs::write(&lock, "version: 1\naccepted: [{difference: GL1}]\n").unwrap();
    gateline(&locked).code(2);
}

/// The inventory has every Ingress and every annotation, in all formats for more than a terminal.
#[test]
fn reports_have_an_inventory() {
    let folder = TempDir::new().unwrap();
    let report = |format: &str| {
        let out = folder.path().join(format).display().to_string();
        stdout(&gateline(&["migrate", SHOP, "--out", &out, "--report", format]).code(1))
    };
    let json: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    let verdicts: Vec<(&str, &str)> = json["inventory"]["ingresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(verdicts, [("shop/api", "change"), ("shop/back-office", "refused"), ("shop/shop", "same")]);
    let annotations = &json["inventory"]["annotations"];
    assert_eq!(annotations[0]["name"], "rewrite-target");
    assert_eq!((&annotations[1]["fate"], &annotations[1]["ingresses"]), (&"worded".into(), &1.into()));
    let page = report("html");
    assert!(
        page.starts_with("<!doctype html>")
            && page.contains("<tr class=\"refused\"><td>shop/back-office</td>"),
        "{page}"
    );
    assert!(report("md").contains("| `whitelist-source-range` | 1 |"));
}

/// `--ingress` is refused where it would be ignored.
#[test]
fn ingresses_are_for_files() {
    for args in [
        &["serve", "--kubernetes", "--ingress", "nginx"][..],
        &["test", "examples/shop", "--ingress", "nginx"],
    ] {
        let refused = gateline(args).code(2);
        let words = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        assert!(words.contains("reads no Ingresses"), "{words}");
    }
}

/// Both at once, then the Ingress alone: what the route took over comes back.
#[test]
fn a_change_is_compared_beside_ingresses() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let ingress =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(SHOP)).unwrap();
    let (before, after) = (write("before.yaml", &ingress), write("after.yaml", &(ingress.clone() + ROUTE)));
    let text = stdout(&gateline(&["diff", "--ingress", "nginx", &before, &after]).code(1));
    assert!(text.contains("OPENED") && text.contains("-> shop/next:80"), "{text}");
    let same = stdout(&gateline(&["diff", "--ingress", "nginx", &before, &before]).code(0));
    assert!(same.contains("nothing changes"), "{same}");
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
    std::fs::write(&file, ingress + ROUTE).unwrap();
    let file = file.display().to_string();
    for (path, takes) in [("/new/x", "shop/next:80"), ("/orders/1", "shop/orders:8080")] {
        let request = format!("GET http://api.shop.example.com{path}");
        let text = stdout(&gateline(&["explain", "--ingress", "nginx", &file, &request]).code(0));
        assert!(text.contains(takes), "{path}\n{text}");
    }
    let without = stdout(&gateline(&["explain", &file, "GET http://api.shop.example.com/orders/1"]).code(0));
    assert!(!without.contains("shop/orders:8080"), "{without}");
    // A guard that only nginx has lets nobody in.
    let guarded = "GET http://office.shop.example.com/";
    let closed = stdout(&gateline(&["explain", "--ingress", "nginx", &file, guarded]).code(0));
    assert!(closed.contains("respond 500") && closed.contains("allow list (10.0.0.0/8)"), "{closed}");
    let other =
        stdout(&gateline(&["explain", "--ingress", "nginx", &file, "GET http://shop.example.com/x"]).code(0));
    assert!(other.contains("Location") || other.contains("https://shop.example.com/x"), "{other}");
}

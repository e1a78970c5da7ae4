//! `gateline graph`: what it draws, compared with what it drew when somebody last looked at it.
//! `SNAPSHOTS=overwrite cargo test -p gateline-cli --test graph` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use snapbox::{Data, file};

/// Runs `gateline graph` in the root of the repository.
fn graph(words: &[&str]) -> OutputAssert {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let command = Command::new(cargo_bin!("gateline")).current_dir(root).env_remove("NO_COLOR");
    command.arg("graph").args(words).assert()
}

fn draws(words: &[&str], picture: Data) {
    graph(words).code(0).stdout_eq(picture).stderr_eq("");
}

#[test]
fn the_shop_in_every_format() {
    draws(&["examples/shop", "--format", "mermaid"], file!["snapshots/graph-shop.mermaid"]);
    draws(&["examples/shop", "--format", "dot"], file!["snapshots/graph-shop.dot"].raw());
    draws(&["examples/shop", "--format", "json"], file!["snapshots/graph-shop.json"]);
}

#[test]
fn the_guide_has_rules_that_nothing_reaches() {
    draws(&["examples/guide", "--format", "mermaid"], file!["snapshots/graph-guide.mermaid"]);
}

#[test]
fn a_page_needs_nothing_else_and_names_are_text() {
    let folder = tempfile::tempdir().unwrap();
    let (manifests, page) = (folder.path().join("k8s.yaml"), folder.path().join("graph.html"));
    let hostile = "</script><img src=x onerror=alert(1)>";
    let text = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: web, namespace: infra}}\n\
         spec: {{gatewayClassName: any, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}\n---\n\
         apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: web, namespace: infra}}\n\
         spec:\n  parentRefs: [{{name: web}}]\n  rules:\n  - matches: [{{headers: [{{name: x-a, value: '{hostile}'}}]}}]\n    \
         backendRefs: [{{name: web, port: 80}}]\n"
    );
    fs::write(&manifests, text).unwrap();
    graph(&[manifests.to_str().unwrap(), "-o", page.to_str().unwrap()]).code(0).stdout_eq("");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("\\u003c/script>\\u003cimg"), "it is there, as data");
    assert!(!page.contains("<img") && !page.contains("src=x onerror=alert(1)></script>"));
    assert_eq!(page.matches("</script>").count(), 2);
    let allowed = ["http://www.w3.org/2000/svg", "https://host/path", "http://${host}"];
    let foreign = allowed.iter().fold(page, |page, one| page.replace(one, ""));
    assert!(!foreign.contains("src=\"") && !foreign.contains("href=\"") && !foreign.contains("@import"));
}

#[test]
fn manifests_that_cannot_be_read_are_an_error_and_the_rest_is_drawn() {
    let broken = "crates/gateline-cli/tests/fixtures/broken.yaml";
    let output = graph(&[broken, "--format", "mermaid"]).code(2).get_output().clone();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("flowchart LR"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("broken.yaml:"));
}

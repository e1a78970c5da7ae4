//! `gateline test --watch` as a user runs it: every change of a manifest or of a test is seen, until it is stopped.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const MANIFEST: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: shop}
spec:
  gatewayClassName: gateline
  listeners: [{name: http, protocol: HTTP, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: pages, namespace: shop}
spec:
  parentRefs: [{name: front}]
  rules:
    - backendRefs: [{name: BACKEND, port: 8080}]
    - matches: [{path: {value: /all}}]
      backendRefs: [{name: pages, port: 8080}, {name: next, port: 8080}, {name: other, port: 8080}]
";

/// Much longer than a change takes to be seen where nothing reports it (5 s).
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `gateline test --watch`; killed if a test gives up on it.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gateline"))
            .args(["test", "--watch"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        Self { child, lines: receiver }
    }

    /// What the next run printed.
    fn run(&self) -> String {
        let mut text = String::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if line == "waiting for changes" {
                return text;
            }
            text.extend([line.as_str(), "\n"]);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It has ended already, mostly.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a file at once, as editors do.
fn put(file: &Path, text: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, file).unwrap();
}

fn suite(backend: &str) -> String {
    let test = format!("{{name: {backend}, request: 'GET http://shop.example/', expect: {backend}}}");
    format!("version: 1\ntests: [{test}]\n")
}

#[test]
fn every_change_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let manifest =
        |backend: &str| put(&folder.path().join("shop.yaml"), &MANIFEST.replace("BACKEND", backend));
    let tests = |file: &str, backend: &str| put(&folder.path().join(file), &suite(backend));
    manifest("pages");
    tests("shop.routetest.yaml", "pages");
    let mut watch = Watch::start(folder.path());
    assert!(watch.run().contains("1 passed, 0 failed"));
    manifest("next");
    let text = watch.run();
    assert!(text.contains("got       shop/next:8080") && text.contains("0 passed, 1 failed"), "{text}");
    tests("shop.routetest.yaml", "next");
    assert!(watch.run().contains("1 passed, 0 failed"));
    tests("more.routetest.yaml", "next");
    assert!(watch.run().contains("2 passed, 0 failed"));

    // Manifests elsewhere, named by a test that comes later.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = elsewhere.path().join("other.yaml");
    put(&other, &MANIFEST.replace("BACKEND", "other"));
    let named = format!("manifests: ['{}']\n{}", other.display(), suite("other"));
    put(&folder.path().join("more.routetest.yaml"), &named);
    assert!(watch.run().contains("2 passed, 0 failed"));
    put(&other, &MANIFEST.replace("BACKEND", "pages"));
    assert!(watch.run().contains("1 passed, 1 failed"));

    let kill = Command::new("kill").arg(watch.child.id().to_string()).status().unwrap();
    assert!(kill.success());
    assert_eq!(watch.child.wait().unwrap().code(), Some(0));
}

//! `gateline dev` as a user runs it: the real binary, a file that changes, a file that breaks, the end.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MANIFEST: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: gateline}
spec: {controllerName: gateline.dev/controller}
---
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
  hostnames: [shop.example]
  rules:
    - backendRefs: [{name: BACKEND, port: 8080}]
";

/// A running `gateline dev`; killed if a test gives up on it.
struct Dev(Child);

impl Drop for Dev {
    fn drop(&mut self) {
        // It has ended already, mostly.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn write(file: &Path, backend: &str) {
    std::fs::write(file, MANIFEST.replace("BACKEND", backend)).unwrap();
}

/// Which backend answers, or the status.
fn answer(port: u16) -> String {
    ask(port, "shop.example")
}

fn ask(port: u16, host: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET /a?b=c HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let backend = text.lines().find_map(|line| line.strip_prefix("x-echo-backend: "));
    backend.unwrap_or_else(|| text.lines().next().unwrap_or_default()).to_owned()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn dev_echoes_reloads_keeps_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.yaml");
    write(&file, "pages");
    let port = free_port();
    let mut child = Command::new(env!("CARGO_BIN_EXE_gateline"))
        .arg("dev")
        .arg(folder.path())
        .args(["--port", &format!("80={port}"), "--admin", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut dev = Dev(child);
    let (sender, printed) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
    let mut seen = String::new();
    let mut wait_for = |text: &str| {
        until(text, || {
            seen.extend(printed.try_iter().map(|line| line + "\n"));
            seen.contains(text)
        });
    };

    wait_for(&format!("curl -si --connect-to :80:127.0.0.1:{port} http://shop.example/"));
    wait_for("stand-ins: an echo backend for shop/pages:8080");
    assert_eq!(answer(port), "shop/pages:8080");
    wait_for("GET shop.example/a?b=c 200 -> shop/pages:8080  HTTPRoute shop/pages#0");
    assert_eq!(ask(port, "other.example"), "HTTP/1.1 404 Not Found");
    wait_for(
        "GET other.example/a?b=c 404 (the listener takes the host, but no rule of its routes matches)  no rule",
    );

    write(&file, "next");
    wait_for("reload: done");
    assert_eq!(answer(port), "shop/next:8080");

    std::fs::write(&file, "kind: HTTPRoute\n\tbroken").unwrap();
    wait_for("the configuration before stays");
    assert_eq!(answer(port), "shop/next:8080");

    let kill = Command::new("kill").arg(dev.0.id().to_string()).status().unwrap();
    assert!(kill.success());
    assert_eq!(dev.0.wait().unwrap().code(), Some(0));
}

//! `gateline replay` and `gateline diff --weighted-by`, run as a user does. `gateline.log` was written by `gateline serve` and
//! `nginx.log` by nginx 1.22, with the requests that the other logs hold in the formats their documentation gives.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use snapbox::{Data, file};

fn gateline(words: &[&str]) -> OutputAssert {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replay");
    Command::new(cargo_bin!("gateline")).current_dir(folder).args(words).assert()
}

/// Replays a log through the manifests it was recorded with.
fn agreement(log: &str, more: &[&str], code: i32, printed: Data) {
    let words = [&["replay", log, "--a", "before.yaml"], more].concat();
    gateline(&words).code(code).stdout_eq(printed).stderr_eq("");
}

#[test]
fn the_model_agrees_with_gateline() {
    agreement("gateline.log", &["--min-agreement", "100"], 0, file!["snapshots/replay-gateline.txt"]);
    agreement("gateline.log", &["--format", "json"], 0, file!["snapshots/replay-gateline.json"]);
}

/// A running `gateline serve`; killed if a test gives up on it.
struct Serve(Child);

impl Drop for Serve {
    fn drop(&mut self) {
        // It has ended already, mostly.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The status of the answer, once the server is up.
fn status(port: u16, head: &str) -> String {
    let connect = || TcpStream::connect(("127.0.0.1", port)).ok();
    let mut stream = (0..400).find_map(|_| {
        connect().or_else(|| {
            std::thread::sleep(Duration::from_millis(50));
            None
        })
    });
    let stream = stream.as_mut().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "{head}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.get(9..12).unwrap_or_default().to_owned()
}

#[test]
fn the_model_agrees_with_a_proxy_that_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("access.log");
    let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/replay/before.yaml");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Process::new(env!("CARGO_BIN_EXE_gateline"))
        .arg("serve")
        .arg(&manifests)
        .args(["--port", &format!("80={port}"), "--admin", "127.0.0.1:0", "--access-log"])
        .arg(&log)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut serve = Serve(child);
    for (head, expected) in [
        ("GET /old/a?b=c HTTP/1.1\r\nHost: shop.example.com", "301"),
        ("GET /cart HTTP/1.1\r\nHost: shop.example.com\r\nX-Beta: 1", "503"),
        ("POST /v1/%6frders HTTP/1.1\r\nHost: API.example.com:80", "503"),
        ("GET /v1x HTTP/1.1\r\nHost: api.example.com", "404"),
        ("GET / HTTP/1.1\r\nHost: nobody.example.com", "404"),
    ] {
        assert_eq!(status(port, head), expected, "{head}");
    }
    let kill = Process::new("kill").arg(serve.0.id().to_string()).status().unwrap();
    assert!(kill.success() && serve.0.wait().unwrap().success());
    let (log, manifests) = (log.to_str().unwrap(), manifests.to_str().unwrap());
    gateline(&["replay", log, "--a", manifests, "--min-agreement", "100", "--strict"]).code(0).stdout_eq(
        snapbox::str![[r"
model agrees with the recorded rule for 100 % of 5 lines
1 with header fields of the recorded match, for the log holds none
...
"]],
    );
}

#[test]
fn envoy_gateway_names_rules() {
    agreement("envoy.log", &[], 0, file!["snapshots/replay-envoy.txt"]);
    for (more, code) in [("--strict", 3), ("--min-agreement=90", 1), ("--min-agreement=80%", 0)] {
        gateline(&["replay", "envoy.log", "--a", "before.yaml", more]).code(code);
    }
    agreement("envoy.log", &["--format", "md"], 0, file!["snapshots/replay-envoy.md"]);
}

#[test]
fn nginx_tells_the_status() {
    let host = ["--host", "shop.example.com"];
    agreement("nginx.log", &host, 0, file!["snapshots/replay-nginx.txt"]);
    agreement("ingress-nginx.log", &host, 0, file!["snapshots/replay-ingress-nginx.txt"]);
}

#[test]
fn browsers_tell_where_redirects_lead() {
    agreement("browser.har", &[], 0, file!["snapshots/replay-har.txt"]);
}

#[test]
fn changes_are_weighed_by_traffic() {
    let words = ["replay", "gateline.log", "--a", "before.yaml", "--b", "after.yaml"];
    let replay = |more: &[&str]| gateline(&[&words, more].concat());
    replay(&[]).code(1).stdout_eq(file!["snapshots/replay-changes.txt"]).stderr_eq("");
    replay(&["--format", "json"]).code(1).stdout_eq(file!["snapshots/replay-changes.json"]);
    replay(&["--format", "md"]).code(1).stdout_eq(file!["snapshots/replay-changes.md"]);
    replay(&["--fail-on", "tls", "--only", "lost"]).code(0).stdout_eq(file!["snapshots/replay-lost.txt"]);
    replay(&["--only-host", "other.example.com"]).code(0).stdout_eq(file!["snapshots/replay-only-host.txt"]);
}

#[test]
fn classes_of_a_diff_are_ranked_by_traffic() {
    let words = ["diff", "before.yaml", "after.yaml", "--weighted-by", "gateline.log"];
    gateline(&words).code(1).stdout_eq(file!["snapshots/diff-weighted.txt"]).stderr_eq("");
    gateline(&[&words[..], &["--format", "json"]].concat())
        .code(1)
        .stdout_eq(file!["snapshots/diff-weighted.json"]);
    gateline(&[&words[..], &["--format", "md"]].concat())
        .code(1)
        .stdout_eq(file!["snapshots/diff-weighted.md"]);
}

#[test]
fn what_cannot_be_replayed() {
    let fails = |words: &[&str], said: Data| {
        gateline(&[&["replay", "--a", "before.yaml"], words].concat()).code(2).stdout_eq("").stderr_eq(said);
    };
    fails(&["nginx.log"], file!["snapshots/replay-no-host.txt"]);
    fails(&["gateline.log", "--log-format", "har"], file!["snapshots/replay-no-har.txt"]);
    fails(&["browser.har", "--log-format", "nginx-combined"], file!["snapshots/replay-not-combined.txt"]);
    fails(&["missing.log"], file!["snapshots/replay-no-file.txt"]);
    fails(&["."], file!["snapshots/replay-folder.txt"]);
    fails(&["gateline.log", "--only-host", "x.example"], file!["snapshots/replay-empty.txt"]);
    fails(&["gateline.log", "--b", "nowhere"], file!["snapshots/replay-no-manifests.txt"]);
    fails(&["gateline.log", "--log-format", "csv"], file!["snapshots/replay-no-format.txt"]);
}

//! `gateline check` as a user runs it on files that change: comments, a baseline, edits, other formats.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::path::Path;

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use snapbox::str;
use tempfile::TempDir;

const GATEWAY: &str = "apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge}]
";

/// With a dead rule, a match said twice and a pattern that need not be one.
const RULES: &str = "  rules:
    # the whole site
    - name: all
      backendRefs: [{name: web, port: 80}]
    - matches: # nobody gets here
        - path: {value: /}
      backendRefs:
        - name: dead
          port: 80
      # not even here

    - matches:
        - path:
            type: RegularExpression # as in the Ingress
            value: \"/api(/.*)?\" # all of it
        - path: {value: /cart}
        - path: {value: /cart/}
      backendRefs: [{name: api, port: 80}]
";

const FIXED: &str = "  rules:
    # the whole site
    - name: all
      backendRefs: [{name: web, port: 80}]

    - matches:
        - path:
            type: PathPrefix # as in the Ingress
            value: \"/api\" # all of it
        - path: {value: /cart}
      backendRefs: [{name: api, port: 80}]
";

fn folder(rules: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("web.yaml"), format!("{GATEWAY}{rules}")).unwrap();
    folder
}

fn check(folder: &Path, words: &[&str]) -> OutputAssert {
    let words =
        [&["check", "web.yaml", "--assume", "services=present", "--assume", "gateways=present"], words]
            .concat();
    Command::new(cargo_bin!("gateline")).current_dir(folder).args(words).assert()
}

#[test]
fn edits_are_made_where_they_change_nothing() {
    let folder = folder(RULES);
    check(folder.path(), &["--fix", "--info", "--regex-rank", "above-prefix"]).code(0).stdout_eq(str![[r"
2 objects: 0 errors, 0 warnings, 0 notes

"]]);
    let text = std::fs::read_to_string(folder.path().join("web.yaml")).unwrap();
    assert_eq!(text, format!("{GATEWAY}{FIXED}"));
}

/// The prefix `/api/v1` beats the prefix `/api`, and not the pattern: an edit would change what becomes of `/api/v1`.
#[test]
fn edits_that_would_change_something_are_not_made() {
    let rules = "  rules:
    - matches:
        - path:
            type: RegularExpression
            value: /api(/.*)?
          headers: [{name: x-a, value: '1'}]
      backendRefs: [{name: api, port: 80}]
    - matches: [{path: {value: /api/v1}}]
      backendRefs: [{name: v1, port: 80}]
";
    let folder = folder(rules);
    let output = check(folder.path(), &["--fix"]);
    output.stderr_eq(str![[r"
...
left  GL505 web.yaml:[..]: it is not proved that the edit changes nothing
...
"]]);
    let text = std::fs::read_to_string(folder.path().join("web.yaml")).unwrap();
    assert_eq!(text, format!("{GATEWAY}{rules}"));
}

#[test]
fn a_baseline_hides_what_was_there() {
    let weights =
        |first: &str| format!("  rules: [{{backendRefs: [{{name: web, port: 80, weight: {first}}}]}}]\n");
    let folder = folder(&weights("0"));
    check(folder.path(), &["--baseline", "known.json"]).code(2);
    check(folder.path(), &["--baseline", "known.json", "--write-baseline"])
        .code(0)
        .stdout_eq("wrote 1 finding to known.json\n");
    check(folder.path(), &["--baseline", "known.json"]).code(0);
    // Lines move.
    std::fs::write(folder.path().join("web.yaml"), format!("# moved\n\n{GATEWAY}{}", weights("0"))).unwrap();
    check(folder.path(), &["--baseline", "known.json"]).code(0);
    let dead = weights("0").replace("rules: [", "rules: [{matches: [{path: {type: Exact, value: //}}]}, ");
    std::fs::write(folder.path().join("web.yaml"), format!("{GATEWAY}{dead}")).unwrap();
    check(folder.path(), &["--baseline", "known.json"]).code(1);
}

#[test]
fn comments_ignore_with_a_reason() {
    let rules = |comment: &str| {
        format!("  rules:\n    - backendRefs:{comment}\n        - {{name: web, port: 80, weight: 0}}\n")
    };
    check(folder(&rules("")).path(), &[]).code(1);
    let reason = "\n        # gateline: ignore[GL306] drained until the move";
    check(folder(&rules(reason)).path(), &[]).code(0);
    let output = check(folder(&rules("\n        # gateline: ignore[GL306]")).path(), &[]);
    output.code(1).stdout_eq(str![[r"
web.yaml:13:9: warning[GL902] the comment gives no reason and ignores nothing
...
"]]);
}

#[test]
fn findings_for_programs_of_others() {
    let folder = folder("  rules: [{backendRefs: [{name: web, port: 80, weight: 0}]}]\n");
    check(folder.path(), &["--format", "github"]).code(1).stdout_eq(str![[r"
::error file=web.yaml,line=11,col=25,title=GL306 weights-zero::HTTPRoute shop/web spec.rules[0]: all weights are 0[..]

"]]);
    let output = check(folder.path(), &["--format", "sarif"]).code(1);
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(sarif.pointer("/runs/0/results/0/ruleId").unwrap(), "GL306");
    assert_eq!(sarif.pointer("/runs/0/results/0/locations/0/physicalLocation/region/startLine").unwrap(), 11);
    assert_eq!(sarif.pointer("/runs/0/tool/driver/rules/0/id").unwrap(), "GL306");
    let manifest = folder.path().join("web.yaml");
    let broken = std::fs::read_to_string(&manifest).unwrap() + "---\na: [1\n";
    std::fs::write(manifest, broken).unwrap();
    let output = check(folder.path(), &["--format", "gitlab"]).code(2);
    let report: Vec<serde_json::Value> = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let said = |index: usize, field: &str| report[index].pointer(field).unwrap();
    assert_eq!((said(0, "/check_name"), said(0, "/severity")), (&"unreadable".into(), &"blocker".into()));
    assert_eq!((said(1, "/check_name"), said(1, "/severity")), (&"GL306".into(), &"critical".into()));
    assert_eq!(said(1, "/location"), &serde_json::json!({"path": "web.yaml", "lines": {"begin": 11}}));
    let fingerprints: std::collections::BTreeSet<_> =
        report.iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), report.len());
}

#[test]
fn what_depends_on_the_implementation() {
    let folder = folder(
        "  rules:
    - matches: [{method: POST}]
      backendRefs: [{name: post, port: 80}]
    - matches: [{headers: [{name: x-a, value: '1'}, {name: x-b, value: '1'}]}]
      backendRefs: [{name: headers, port: 80}]
",
    );
    check(folder.path(), &[]).code(0);
    check(folder.path(), &["--profile", "envoy-gateway"]).code(1).stdout_eq(str![[r"
web.yaml:14:17: warning[GL506] POST http://other.example/, x-a: 1, x-b: 1 goes to rule 1 of HTTPRoute shop/web on envoy-gateway@1.9, and to rule 0 of HTTPRoute shop/web by the specification
  help: give the rules matches that no request satisfies both of
  note: the other rule: HTTPRoute shop/web spec.rules[0].matches[0] (web.yaml:12:17)
2 objects: 0 errors, 1 warning, 1 note (--info shows them)

"]]);
    let gateline =
        |words: &[&str]| Command::new(cargo_bin!("gateline")).current_dir(folder.path()).args(words).assert();
    gateline(&["diff", "--profile-diff", "spec", "envoy-gateway", "web.yaml"]).code(1).stdout_eq(str![[r"
 1 MOVED     http://*/**
...
             shop/post:80 -> shop/headers:80
...
"]]);
    gateline(&["check", "web.yaml", "--profile", "traefik"]).code(2);
}

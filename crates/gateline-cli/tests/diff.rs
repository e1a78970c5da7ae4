//! `gateline diff` and `gateline prove`, run as a user does: on files, and on revisions of a repository.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::path::Path;
use std::process::Command as Process;

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use snapbox::{file, str};
use tempfile::TempDir;

const GATEWAY: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
";

/// A route of the shop with these rules.
fn route(name: &str, rules: &str) -> String {
    format!(
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}, namespace: shop}}\n\
         spec:\n  parentRefs: [{{name: edge}}]\n  hostnames: [shop.example.com]\n  rules:\n{rules}\n"
    )
}

fn before() -> String {
    GATEWAY.to_owned()
        + &route(
            "web",
            "  - backendRefs: [{name: web, port: 80}]
  - matches: [{path: {value: /cart}}]
    backendRefs: [{name: cart, port: 80}]
  - matches: [{path: {value: /old}}]
    backendRefs: [{name: old, port: 80}]",
        )
}

/// The cart moves for some, `/old` is redirected, `/` is split.
fn after() -> String {
    GATEWAY.to_owned()
        + &route(
            "site",
            "  - backendRefs: [{name: web, port: 80, weight: 9}, {name: web-next, port: 80, weight: 1}]
  - matches: [{path: {value: /cart}}]
    backendRefs: [{name: cart, port: 80}]
  - matches: [{path: {value: /cart}, headers: [{name: x-beta, value: '1'}]}]
    backendRefs: [{name: cart-next, port: 80}]
  - matches: [{path: {value: /old}}]
    filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /}}}]",
        )
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("before.yaml"), before()).unwrap();
    std::fs::write(folder.path().join("after.yaml"), after()).unwrap();
    folder
}

fn gateline(folder: &Path, words: &[&str]) -> OutputAssert {
    Command::new(cargo_bin!("gateline")).current_dir(folder).args(words).assert()
}

#[test]
fn every_class_that_changes_is_told() {
    let folder = folder();
    let words = ["diff", "before.yaml", "after.yaml"];
    gateline(folder.path(), &words).code(1).stdout_eq(file!["snapshots/diff.txt"]).stderr_eq("");
    let json = [&words[..], &["--format", "json"]].concat();
    gateline(folder.path(), &json).code(1).stdout_eq(file!["snapshots/diff.json"]);
    let md = [&words[..], &["--format", "md"]].concat();
    gateline(folder.path(), &md).code(1).stdout_eq(file!["snapshots/diff.md"]);
}

#[test]
fn the_same_in_other_words_is_no_change() {
    let folder = folder();
    let renamed =
        before().replace("name: web, namespace", "name: renamed, namespace").replace("/cart}", "/cart/}");
    std::fs::write(folder.path().join("renamed.yaml"), renamed).unwrap();
    let said = "nothing changes: proved over all hosts, paths, methods, headers and query parameters\n";
    gateline(folder.path(), &["diff", "before.yaml", "renamed.yaml"]).success().stdout_eq(said);
    gateline(folder.path(), &["prove", "--equivalent", "before.yaml", "renamed.yaml"])
        .success()
        .stdout_eq("PROVED\n");
    gateline(folder.path(), &["prove", "--equivalent", "before.yaml", "after.yaml"])
        .code(1)
        .stdout_eq(str!["COUNTEREXAMPLE\n..."]);
}

#[test]
fn kinds_are_chosen() {
    let folder = folder();
    let diff =
        |words: &[&str]| gateline(folder.path(), &[&["diff", "before.yaml", "after.yaml"], words].concat());
    diff(&["--fail-on", "lost,opened"]).success();
    diff(&["--fail-on", "redirect"]).code(1);
    diff(&["--only", "LOST"]).success();
    diff(&["--only", "everything"]).code(2);
}

#[test]
fn changes_that_are_meant_are_waived_as_long_as_they_are_there() {
    let folder = folder();
    let waivers = |list: &str| {
        std::fs::write(folder.path().join("waivers.yaml"), format!("version: 1\nwaivers:\n{list}")).unwrap();
        gateline(folder.path(), &["diff", "before.yaml", "after.yaml", "--allow", "waivers.yaml"])
    };
    let all = "  - {reason: the relaunch, for-all: {host: shop.example.com}}\n";
    waivers(all).success().stdout_eq(str![[r"
nothing changes but what is waived ([..]): proved over all hosts, paths, methods, headers and query parameters

"]]);
    waivers("  - {kind: [moved, split], reason: the relaunch, for-all: {path: ['!/old/**']}}\n")
        .code(1)
        .stdout_eq(str![[r"
 1 REDIRECT  http://shop.example.com/old/**
...
1 class of requests changed: these are all, over all hosts, paths, methods, headers and query parameters

"]]);
    waivers(&format!("{all}  - {{kind: lost, reason: gone, for-all: {{path: /v1/**}}}}\n"))
        .code(1)
        .stdout_eq(str![[r"
WAIVER  waivers.yaml:4:5: nothing of the kind changes any more: remove the waiver
...
"]]);
    waivers("  - {for-all: {host: a}}\n").code(2);
}

#[test]
fn some_hosts_alone() {
    let folder = folder();
    let diff = |host: &str| gateline(folder.path(), &["diff", "before.yaml", "after.yaml", "--host", host]);
    diff("other.example.com").success();
    diff("*.example.com").code(1);
}

/// Two worlds that route alike.
fn beside(before: &str, after: &str) -> OutputAssert {
    let folder = TempDir::new().unwrap();
    for (file, text) in [("before.yaml", before), ("after.yaml", after)] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    gateline(folder.path(), &["diff", "before.yaml", "after.yaml"])
}

#[test]
fn certificates_and_policies_are_compared() {
    let https = "{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: one}]}}";
    let web = GATEWAY.replace("{name: http, port: 80, protocol: HTTP}", https)
        + &route("web", "  - backendRefs: [{name: web, port: 80}]");
    beside(&web, &web.replace("{name: one}", "{name: two}")).code(1).stdout_eq(str![[r"
 1 TLS       https://* and 1 host more
             certificate shop/one #[..] -> certificate shop/two #[..]
...
"]]);
    let policy = |requests: u32| {
        format!(
            "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {{name: limit, namespace: shop}}\nspec:\n  \
             targetRefs: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: web}}]\n  rateLimit: {{type: Local, local: {{rules: [{{limit: \
             {{requests: {requests}, unit: Minute}}}}]}}}}\n"
        )
    };
    let limited = |requests: u32| web.clone() + &policy(requests);
    beside(&limited(10), &limited(10)).success();
    beside(&limited(10), &limited(20)).code(1).stdout_eq(str![[r"
 1 POLICY    https://shop.example.com/**
             shop/web:80 (BackendTrafficPolicy shop/limit #[..]) -> shop/web:80 (BackendTrafficPolicy shop/limit #[..])
...
"]]);
    beside(&web, &limited(10)).code(1);
}

#[test]
fn revisions_are_read() {
    let folder = folder();
    let git = |words: &[&str]| {
        let settings = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let run = Process::new("git").current_dir(&folder).args(settings).args(words).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    std::fs::create_dir(folder.path().join("k8s")).unwrap();
    std::fs::rename(folder.path().join("before.yaml"), folder.path().join("k8s/shop.yaml")).unwrap();
    // What lies among manifests and is none is passed over, as in a folder.
    for other in ["shop.routetest.yaml", "kustomization.yaml", ".hidden.yaml"] {
        std::fs::write(folder.path().join("k8s").join(other), "version: 1").unwrap();
    }
    git(&["init", "-q"]);
    git(&["add", "k8s"]);
    git(&["commit", "-q", "-m", "before"]);
    gateline(folder.path(), &["diff", "git:HEAD:k8s", "k8s"]).success();
    std::fs::write(folder.path().join("k8s/shop.yaml"), after()).unwrap();
    let changed = gateline(folder.path(), &["diff", "git:HEAD:k8s", "k8s"]).code(1);
    let said = String::from_utf8_lossy(&changed.get_output().stdout).into_owned();
    assert!(said.contains("HEAD:k8s/shop.yaml:") && said.contains(" k8s/shop.yaml:"), "{said}");
    gateline(&folder.path().join("k8s"), &["diff", "git:HEAD:shop.yaml", "shop.yaml"]).code(1);
    for bad in ["git:HEAD", "git:HEAD:none", "git:--help:k8s", "git:nowhere:k8s"] {
        gateline(folder.path(), &["diff", bad, "k8s"]).code(2);
    }
}

#[test]
fn what_cannot_be_read_is_no_proof() {
    let folder = folder();
    std::fs::write(folder.path().join("broken.yaml"), "a: [").unwrap();
    gateline(folder.path(), &["diff", "before.yaml", "broken.yaml"]).code(2).stdout_eq("");
    gateline(folder.path(), &["prove", "--equivalent", "before.yaml", "none.yaml"]).code(2);
}

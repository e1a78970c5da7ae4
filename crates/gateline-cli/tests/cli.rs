//! Runs of the real binary, compared with what they printed when somebody last looked at it.
//! `SNAPSHOTS=overwrite cargo test -p gateline-cli --test cli` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use snapbox::{Data, file};

const FIXTURES: &str = "crates/gateline-cli/tests/fixtures";

/// Runs `gateline` in the root of the repository.
fn gateline(words: &[&str]) -> OutputAssert {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    Command::new(cargo_bin!("gateline")).current_dir(root).env_remove("NO_COLOR").args(words).assert()
}

fn fixture(name: &str) -> String {
    format!("{FIXTURES}/{name}")
}

fn prints(words: &[&str], code: i32, stdout: Data) {
    gateline(words).code(code).stdout_eq(stdout).stderr_eq("");
}

fn complains(words: &[&str], stderr: Data) {
    gateline(words).code(2).stderr_eq(stderr);
}

#[test]
fn the_shop_is_clean() {
    prints(&["check", "examples/shop", "--info"], 0, file!["snapshots/check-shop.txt"]);
}

#[test]
fn the_guide_has_its_defects() {
    prints(&["check", "examples/guide"], 1, file!["snapshots/check-guide.txt"]);
}

#[test]
fn findings_with_their_lines() {
    prints(
        &["check", "examples/guide/12-rate-limit-route.yaml", "--verbose"],
        1,
        file!["snapshots/check-verbose.txt"],
    );
}

#[test]
fn findings_as_json() {
    prints(
        &["check", "examples/guide/12-rate-limit-route.yaml", "--format", "json"],
        1,
        file!["snapshots/check.json"],
    );
}

#[test]
fn conditions_as_a_controller_would_write_them() {
    prints(&["check", "examples/guide", "--conditions"], 1, file!["snapshots/check-conditions.txt"]);
}

#[test]
fn what_a_cluster_refuses() {
    prints(&["check", &fixture("refused.yaml")], 1, file!["snapshots/check-refused.txt"]);
}

#[test]
fn a_settings_file_counts() {
    let config = fixture("gateline.toml");
    prints(&["check", "examples/guide", "--config", &config], 1, file!["snapshots/check-config.txt"]);
}

#[test]
fn one_bad_document_does_not_hide_the_others() {
    gateline(&["check", &fixture("broken.yaml")])
        .code(2)
        .stdout_eq(file!["snapshots/check-broken.txt"])
        .stderr_eq(file!["snapshots/check-broken-stderr.txt"]);
}

#[test]
fn a_request_is_explained() {
    let request = "GET https://api.shop.example.com/v1/orders?page=2";
    prints(&["explain", "examples/shop", request], 0, file!["snapshots/explain.txt"]);
    prints(&["explain", "examples/shop", request, "--format", "json"], 0, file!["snapshots/explain.json"]);
}

#[test]
fn the_json_of_explain_fits_its_schema() {
    let schema = include_str!("../../../docs/explain-schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let why = |rule| ["--why-not", rule];
    for (manifests, request, more) in [
        ("examples/shop", "https://api.shop.example.com/v1/orders?page=2", &[][..]),
        ("examples/shop", "http://www.shop.example.com/", &why("pages#everything")),
        ("examples/shop", "https://www.shop.example.com:81/", &[]),
        ("examples/shop", "https://nobody.example/", &["--all"]),
        ("examples/guide", "https://app.example.com/basket", &why("canary-route")),
        ("examples/guide", "https://app.example.com/basket", &why("app-team-a/api-route")),
        ("examples/guide", "http://app.example.com/basket", &[]),
        ("examples/guide", "POST https://grpc.example.com/order.v1.OrderService/CreateOrder", &[]),
        ("crates/gateline-cli/tests/fixtures/unknown.yaml", "http://a.example/", &why("second")),
        ("crates/gateline-cli/tests/fixtures/certificate.yaml", "https://a.example.com/", &[]),
    ] {
        let words = [&["explain", manifests, request, "--format", "json"][..], more].concat();
        let run = gateline(&words).success();
        let answer: serde_json::Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
        let errors: Vec<String> = schema.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{request}: {errors:?}");
    }
    assert!(!schema.is_valid(&serde_json::json!({"outcome": "maybe"})));
}

#[test]
fn a_tie_a_redirect_and_nobody_are_explained() {
    let guide = ["explain", "examples/guide", "https://app.example.com/basket"];
    prints(&guide, 0, file!["snapshots/explain-tie.txt"]);
    let redirect = ["explain", "examples/shop", "http://www.shop.example.com/"];
    prints(&redirect, 0, file!["snapshots/explain-redirect.txt"]);
    let nobody = ["explain", "examples/shop", "http://www.shop.example.com:81/"];
    prints(&nobody, 0, file!["snapshots/explain-nobody.txt"]);
}

#[test]
fn routes_that_are_no_candidates_are_told_of() {
    let all = ["explain", "examples/guide", "https://app.example.com/basket", "--all"];
    prints(&all, 0, file!["snapshots/explain-all.txt"]);
    // Without being asked for where nothing takes the request.
    prints(
        &["explain", "examples/guide", "http://app.example.com/"],
        0,
        file!["snapshots/explain-unattached.txt"],
    );
}

#[test]
fn a_certificate_that_is_in_the_input_is_read() {
    let manifests = fixture("certificate.yaml");
    let certificate = |url: &str, now: &str| {
        let run = gateline(&["explain", &manifests, url, "--now", now]).success();
        let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
        text.lines().find_map(|line| line.strip_prefix("certificate ").map(str::to_owned)).unwrap()
    };
    let place = format!("{manifests}:11:27");
    for (url, now, words) in [
        (
            "https://a.example.com/",
            "2026-12-01T00:00:00Z",
            "SAN *.example.com covers a.example.com; valid until 2100-11-02 (26999d more)",
        ),
        (
            "https://a.example.org/",
            "2100-11-02T00:00:00Z",
            "no SAN covers a.example.org, it has *.example.com; valid until 2100-11-02 (17h more)",
        ),
        (
            "https://a.example.com/",
            "2100-11-03T00:00:00Z",
            "SAN *.example.com covers a.example.com; expired on 2100-11-02",
        ),
        (
            "https://192.0.2.1/",
            "2026-11-01T00:00:00Z",
            "no server name to hold against *.example.com; not valid before 2026-11-30",
        ),
    ] {
        assert_eq!(certificate(url, now), format!("default/tls  {words}  {place}"));
    }
    let tests = fixture("certificate.routetest.yaml");
    gateline(&["test", &tests, "--now", "2100-10-19T00:00:00Z"]).success();
    gateline(&["test", &tests, "--now", "2100-10-25T00:00:00Z"]).code(1);
    complains(&["test", &tests, "--now", "tomorrow"], file!["snapshots/test-now.txt"]);
}

#[test]
fn why_a_rule_does_not_take_a_request() {
    let root = "https://app.example.com/basket";
    for (request, rule, snapshot) in [
        (root, "app-routes#1", file!["snapshots/why-not-path.txt"]),
        (root, "HTTPRoute/production/canary-route", file!["snapshots/why-not-tie.txt"]),
        (root, "header-based-routing#0", file!["snapshots/why-not-host.txt"]),
        (root, "app-team-a/api-route#0", file!["snapshots/why-not-attached.txt"]),
        (root, "app-route", file!["snapshots/why-not-takes.txt"]),
        ("tcp://:9000", "app-route", file!["snapshots/why-not-connection.txt"]),
    ] {
        prints(&["explain", "examples/guide", request, "--why-not", rule], 0, snapshot);
    }
    let request = ["explain", "examples/shop", "https://www.shop.example.com/", "-H", "x-canary: always"];
    let why = [&request[..], &["--why-not", "pages#everything"]].concat();
    prints(&why, 0, file!["snapshots/why-not-stronger.txt"]);
    let unknown = fixture("unknown.yaml");
    let why = ["explain", &unknown, "http://a.example/", "--why-not", "second"];
    prints(&why, 0, file!["snapshots/why-not-unknown.txt"]);
}

#[test]
fn a_rule_that_does_not_exist_is_an_error() {
    let explain = |rule| ["explain", "examples/shop", "https://www.shop.example.com/", "--why-not", rule];
    complains(&explain("page"), file!["snapshots/why-not-typo.txt"]);
    complains(&explain("pages#everythin"), file!["snapshots/why-not-rule.txt"]);
    complains(&explain("pages#9"), file!["snapshots/why-not-index.txt"]);
    complains(&explain("Pages/pages"), file!["snapshots/why-not-shape.txt"]);
    let several = fixture("unknown.yaml");
    complains(
        &["explain", &several, "http://a.example/", "--why-not", "twice"],
        file!["snapshots/why-not-several.txt"],
    );
}

#[test]
fn recorded_requests_are_explained() {
    let (har, log) = (fixture("browser.har"), fixture("access.log"));
    let entry = ["explain", "examples/shop", "--har", &har, "--entry", "2"];
    prints(&entry, 0, file!["snapshots/explain-har.txt"]);
    gateline(&["explain", "examples/shop", "--har", &har, "--format", "json"])
        .code(2)
        .stdout_eq(file!["snapshots/explain-har.json"])
        .stderr_eq(file!["snapshots/explain-har-stderr.txt"]);
    gateline(&["explain", "examples/shop", "--access-log", &log])
        .code(2)
        .stdout_eq(file!["snapshots/explain-log.txt"])
        .stderr_eq(file!["snapshots/explain-log-stderr.txt"]);
    let host = ["--host", "https://www.shop.example.com"];
    gateline(&[&["explain", "examples/shop", "--access-log", &log][..], &host].concat())
        .code(2)
        .stderr_eq(file!["snapshots/explain-log-host-stderr.txt"]);
    let line = r#"192.0.2.7 - - [30/Nov/2026:17:00:00 +0000] "GET /healthz HTTP/1.1" 200 1 "-" "-""#;
    let pasted = [&["explain", "examples/shop", line][..], &host].concat();
    prints(&pasted, 0, file!["snapshots/explain-line.txt"]);
    complains(
        &["explain", "examples/shop", "--har", &har, "--entry", "4"],
        file!["snapshots/explain-no-entry.txt"],
    );
    complains(&["explain", "examples/shop", "--har", &log], file!["snapshots/explain-no-har.txt"]);
}

#[test]
fn the_canary_is_picked_by_number() {
    let request =
        ["explain", "examples/shop", "https://www.shop.example.com/", "--random", "18446744073709551615"];
    gateline(&request).success().stdout_eq(file!["snapshots/explain-canary.txt"]);
}

#[test]
fn a_finding_has_a_page() {
    gateline(&["rule", "GL103"]).success().stdout_eq(Data::read_from(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings/GL103.md"),
        None,
    ));
    complains(&["rule", "GL999"], file!["snapshots/rule-unknown.txt"]);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    complains(&["check", "no/such/file.yaml"], file!["snapshots/no-file.txt"]);
    complains(&["explain", "examples/shop", "GET shop.example.com"], file!["snapshots/no-url.txt"]);
    complains(
        &["explain", "examples/shop", "https://a.example/", "-H", "colourless"],
        file!["snapshots/no-header.txt"],
    );
    complains(&["check", "examples/shop", "--assume", "services=maybe"], file!["snapshots/no-value.txt"]);
    complains(&["check", "examples/shop", "--config", "no/such.toml"], file!["snapshots/no-config.txt"]);
}

#[test]
fn the_tests_of_the_shop_pass_and_go_through_all_of_it() {
    prints(&["test", "examples/shop", "--fail-under", "100"], 0, file!["snapshots/test-shop.txt"]);
}

#[test]
fn a_test_that_fails_says_why_in_every_format() {
    let tests = fixture("guide.routetest.yaml");
    prints(&["test", &tests], 1, file!["snapshots/test-guide.txt"]);
    for (format, snapshot) in [
        ("junit", file!["snapshots/test-guide-junit.xml": Text]),
        ("tap", file!["snapshots/test-guide.tap": Text]),
        ("github", file!["snapshots/test-guide-github.txt"]),
        ("json", file!["snapshots/test-guide.json": Text]),
        ("sarif", file!["snapshots/test-guide.sarif": Text]),
    ] {
        prints(&["test", &tests, "--format", format], 1, snapshot);
    }
}

#[test]
fn a_bad_test_is_an_error_with_its_place() {
    gateline(&["test", &fixture("bad.routetest.yaml")]).code(2).stdout_eq(file!["snapshots/test-bad.txt"]);
    complains(&["test", "examples/guide"], file!["snapshots/test-none.txt"]);
    complains(&["test", "examples/shop", "--coverage", "pdf"], file!["snapshots/test-coverage.txt"]);
}

#[test]
fn invariants_are_proved_refuted_or_unknown_for_every_order_of_creation() {
    let tests = fixture("invariants.routetest.yaml");
    gateline(&["test", &tests]).code(2).stdout_eq(file!["snapshots/test-invariants.txt"]);
    let only = |name| ["test", &tests, "--filter", name];
    gateline(&only("first of two")).code(0);
    gateline(&[&only("first of two")[..], &["--strict"]].concat()).code(3);
    gateline(&only("there first")).code(0);
    gateline(&only("not public")).code(1);
}

#[test]
fn only_some_tests() {
    prints(&["test", "examples/shop", "--filter", "refunds"], 0, file!["snapshots/test-filter.txt"]);
    gateline(&["test", "examples/shop", "--filter", "refunds", "--fail-under", "50"]).code(1);
}

#[test]
fn shards_share_the_tests() {
    let count = |shard: &str| {
        let run = gateline(&["test", "examples/shop", "--shard", shard]).success();
        let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
        text.lines().filter(|line| line.starts_with(" PASS") || line.starts_with("PROVED")).count()
    };
    let (all, shards) = (count("1/1"), ["1/3", "2/3", "3/3"].map(count));
    assert_eq!(shards.iter().sum::<usize>(), all);
    assert!(shards.iter().all(|shard| shard.abs_diff(all / 3) <= 1), "{shards:?}");
    complains(&["test", "examples/shop", "--shard", "4/3"], file!["snapshots/test-shard.txt"]);
}

#[test]
fn tests_are_run_as_several_implementations_decide() {
    let tests = fixture("profiles.routetest.yaml");
    gateline(&["test", &tests]).success();
    prints(&["test", &tests, "--profile-matrix"], 1, file!["snapshots/test-profiles.txt"]);
    gateline(&["test", &tests, "--profile-matrix=envoy-gateway@1.9"]).code(1);
    gateline(&["test", &tests, "--profile-matrix=spec"]).success();
    complains(&["test", &tests, "--profile-matrix=traefik"], file!["snapshots/test-no-profile.txt"]);
}

#[test]
fn coverage_is_written_for_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    for (format, snapshot) in [
        ("lcov", file!["snapshots/coverage.info": Text]),
        ("html", file!["snapshots/coverage.html": Text]),
        ("json", file!["snapshots/coverage.json": Text]),
    ] {
        let path = folder.path().join(format);
        let coverage = format!("{format}={}", path.display());
        gateline(&["test", "examples/shop", "--filter", "refunds", "--coverage", &coverage]).success();
        snapbox::assert_data_eq!(std::fs::read_to_string(&path).unwrap(), snapshot);
    }
}

#[test]
fn tests_are_suggested_and_pass() {
    prints(&["test", "--suggest", "examples/guide"], 0, file!["snapshots/test-suggest.txt"]);
    let folder = tempfile::tempdir().unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for entry in std::fs::read_dir(root.join("examples/guide")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let folder = folder.path().display().to_string();
    gateline(&["test", "--init", &folder]).success();
    gateline(&["test", &folder]).success();
    gateline(&["test", "--init", &folder]).code(2);
}

#[test]
fn standard_input_is_a_file_too() {
    let manifest =
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\nspec: {ports: [{port: 80}]}\n";
    let command = Command::new(cargo_bin!("gateline")).args(["check", "-"]).stdin(manifest);
    command.assert().success().stdout_eq("1 object: 0 errors, 0 warnings, 0 notes\n");
}

#[test]
fn colours_only_where_they_are_wanted() {
    let plain = gateline(&["check", "examples/guide"]);
    assert!(!plain.get_output().stdout.contains(&0x1b));
    let styled = gateline(&["check", "examples/guide", "--color", "always"]);
    assert!(styled.get_output().stdout.contains(&0x1b));
}

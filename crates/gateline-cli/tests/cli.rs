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
    for (manifests, request) in [
        ("examples/shop", "https://api.shop.example.com/v1/orders?page=2"),
        ("examples/shop", "http://www.shop.example.com/"),
        ("examples/shop", "https://www.shop.example.com:81/"),
        ("examples/shop", "https://nobody.example/"),
        ("examples/guide", "https://app.example.com/basket"),
        ("examples/guide", "POST https://grpc.example.com/order.v1.OrderService/CreateOrder"),
    ] {
        let run = gateline(&["explain", manifests, request, "--format", "json"]).success();
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
fn only_some_tests() {
    prints(&["test", "examples/shop", "--filter", "refunds"], 0, file!["snapshots/test-filter.txt"]);
    gateline(&["test", "examples/shop", "--filter", "refunds", "--fail-under", "50"]).code(1);
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

//! The published schema and the reader refuse and take the same files.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::path::Path;

use gateline_api::parse::{Limits, yaml};
use gateline_testing::Suite;
use serde_json::{Value, json};

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/routetest-schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn value(text: &str) -> Value {
    yaml("t", text, &Limits::default()).unwrap().remove(0).value
}

/// A file that has every key there is.
fn everything() -> Value {
    json!({
        "version": 1,
        "manifests": ["a.yaml"],
        "defaults": { "gateway": "a/b" },
        "tests": [
            {
                "name": "n", "matrix": { "m": [1, "b"] }, "gateway": "a/b",
                "request": { "method": "PUT", "url": "https://a/${m}", "headers": { "x-a": ["1", "2"] } },
                "expect": {
                    "backend": "a/b:80", "split": { "a": 1, "b": 2 }, "rule": "HTTPRoute/a/b#c", "listener": "a/b/c",
                    "status": 500, "reason": "weights-zero",
                    "redirect": { "status": 301, "location": "l", "scheme": "s", "host": "h", "path": "p", "query": "q" },
                    "upstream": { "method": "GET", "path": "/", "query": "", "host": "h", "headers": { "x": "absent" } },
                    "certificate": "a/b", "valid-for": "14d",
                },
                "follow": { "max": 3, "ends-at": "a:80" },
                "created": ["HTTPRoute/a/b"],
            },
            { "name": "g", "grpc": { "url": "https://a", "method": "a.B/C", "metadata": { "k": "v" } }, "expect": 404 },
            { "name": "t", "tls": { "sni": "a", "port": 443 }, "expect": { "route": "a" } },
        ],
        "invariants": [{
            "name": "i",
            "for-all": {
                "gateway": "a", "scheme": "https", "port": 443, "host": ["*.a.example", "!b.a.example"], "path": "/a/**",
                "method": "GET", "headers": { "x-a": "~b+" }, "query": { "q": "1" },
            },
            "always": { "backend": "*", "rule": "a", "route-namespace": "n", "status": 301, "redirect": { "scheme": "https", "host": "h", "status": 301 } },
            "created": ["HTTPRoute/a/b"],
        }],
    })
}

fn errors(value: &Value) -> Vec<String> {
    let (_, errors) = Suite::parse("t", &value.to_string());
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_with_every_key_is_taken_by_both() {
    assert_eq!(errors(&everything()), Vec::<String>::new());
    let schema = schema();
    let refused: Vec<String> = schema.iter_errors(&everything()).map(|error| error.to_string()).collect();
    assert_eq!(refused, Vec::<String>::new());
}

/// Adds a key to the n-th mapping whose keys are not free; `None` if there are no more.
fn spoiled(value: &Value, at: &mut usize, free: bool) -> Value {
    match value {
        Value::Object(fields) => {
            let mut spoiled_fields = serde_json::Map::new();
            for (key, value) in fields {
                let free = matches!(key.as_str(), "matrix" | "headers" | "metadata" | "split" | "query");
                spoiled_fields.insert(key.clone(), spoiled(value, at, free));
            }
            if !free {
                if *at == 0 {
                    spoiled_fields.insert("xyzzy".to_owned(), json!("a"));
                }
                *at = at.wrapping_sub(1);
            }
            Value::Object(spoiled_fields)
        }
        Value::Array(items) => items.iter().map(|item| spoiled(item, at, false)).collect(),
        other => other.clone(),
    }
}

#[test]
fn an_unknown_key_is_refused_by_both_wherever_it_stands() {
    let (schema, mut places) = (schema(), 0);
    loop {
        let mut at = places;
        let value = spoiled(&everything(), &mut at, false);
        if value == everything() {
            break;
        }
        assert!(!schema.is_valid(&value), "the schema takes {value}");
        let errors = errors(&value);
        assert!(errors.iter().any(|error| error.contains("unknown key `xyzzy`")), "{errors:?}");
        places += 1;
    }
    assert_eq!(places, 17);
}

#[test]
fn what_is_no_test_is_refused_by_both() {
    let schema = schema();
    for text in [
        "version: 2\ntests: []",
        "tests: []",
        "version: 1",
        "version: 1\ntests: [{name: a, request: 'https://a/', tls: {sni: a}, expect: b}]",
        "version: 1\ntests: [{name: a, expect: b}]",
        "version: 1\ntests: [{name: a, request: 'https://a/'}]",
        "version: 1\ntests: [{name: a, request: 'https://a/', expect: {}}]",
        "version: 1\ntests: [{name: a, request: 'https://a/', expect: {rule: a, route: b}}]",
        "version: 1\ntests: [{name: a, request: 'https://a/', expect: {reason: maybe}}]",
        "version: 1\ntests: [{request: 'https://a/', expect: a}]",
        "version: 1\ntests: {}",
        "version: 1\ninvariants: [{name: a, for-all: {}}]",
        "version: 1\ninvariants: [{name: a, for-all: {}, always: {}}]",
        "version: 1\ninvariants: [{name: a, for-all: {}, always: {status: 1}, never: {status: 1}}]",
        "version: 1\ninvariants: [{name: a, for-all: {scheme: ftp}, always: {status: 1}}]",
        "[]",
    ] {
        let value = value(text);
        assert!(!schema.is_valid(&value), "the schema takes {text}");
        assert!(!errors(&value).is_empty(), "the reader takes {text}");
    }
}

#[test]
fn the_examples_fit_the_schema() {
    let schema = schema();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files =
        ["examples/shop/shop.routetest.yaml", "crates/gateline-cli/tests/fixtures/guide.routetest.yaml"];
    for file in files {
        let value = value(&std::fs::read_to_string(root.join(file)).unwrap());
        let refused: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(refused, Vec::<String>::new(), "{file}");
    }
}

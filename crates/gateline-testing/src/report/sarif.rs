use gateline::model::Place;
use serde_json::{Value, json};

use super::details;
use crate::run::TestVerdict;
use crate::test::TestReport;

/// SARIF 2.1.0, as code scanning reads it: a result for each test that did not pass.
#[must_use]
pub fn sarif(report: &TestReport) -> Value {
    let mut results = Vec::new();
    for one in &report.unreadable {
        results.push(result("unreadable", &one.place, &one.message));
    }
    for file in &report.files {
        results
            .extend(file.errors.iter().map(|error| result("invalid-test", &error.place, &error.to_string())));
        for test in &file.tests {
            let message = || format!("{}\n{}", test.title(), details(test).join("\n"));
            match &test.verdict {
                TestVerdict::Passed | TestVerdict::Proved { .. } => {}
                TestVerdict::Unknown { .. } => results.push(result("unknown", &test.place, &message())),
                TestVerdict::Failed(failure) => {
                    results.push(result(failure.code.unwrap_or("route-test"), &failure.at, &message()));
                }
                TestVerdict::Invalid { .. } => results.push(result("invalid-test", &test.place, &message())),
            }
        }
    }
    let rules = [
        rule("route-test", "A request does not go where a test expects it."),
        rule("GL203", "Where a request goes depends on which route was created first."),
        rule("invalid-test", "A test cannot be run."),
        rule("unknown", "An invariant could neither be proved nor refuted."),
        rule("unreadable", "A manifest cannot be read."),
    ];
    document("gateline test", &rules, &results)
}

/// A log with one run.
pub(super) fn document(tool: &str, rules: &[Value], results: &[Value]) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": tool, "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

pub(super) fn rule(id: &str, text: &str) -> Value {
    json!({ "id": id, "shortDescription": { "text": text } })
}

fn result(id: &str, place: &Place, message: &str) -> Value {
    result_of(id, "error", place, message)
}

/// The level is `error`, `warning` or `note`.
pub(super) fn result_of(id: &str, level: &str, place: &Place, message: &str) -> Value {
    json!({
        "ruleId": id,
        "level": level,
        "message": { "text": message },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": &*place.file },
            "region": { "startLine": place.line, "startColumn": place.column },
        } }],
    })
}

use std::collections::BTreeMap;

use gateline::model::Place;
use gateline_api::finding::code;
use gateline_api::parse::ParseError;
use gateline_api::{Finding, Severity};
use serde_json::{Value, json};

use super::github::annotate;
use super::sarif::{document, result_of, rule};

/// Findings as workflow commands of GitHub Actions: an annotation on the line of each.
#[must_use]
pub fn findings_github(findings: &[Finding], errors: &[ParseError]) -> String {
    let mut text = String::new();
    for error in errors {
        annotate("error", &error.place, "cannot be read", &error.problem.to_string(), &mut text);
    }
    for finding in findings {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let title = format!("{} {}", finding.code, finding.slug);
        annotate(level, &place(finding), &title, &words(finding), &mut text);
    }
    text
}

/// Findings as SARIF 2.1.0, as code scanning reads it.
#[must_use]
pub fn findings_sarif(findings: &[Finding], errors: &[ParseError]) -> Value {
    let mut ids: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    ids.sort_unstable();
    ids.dedup();
    let rules = ids.iter().filter_map(|id| Some(rule(id, code(id)?.summary)));
    let rules: Vec<Value> = rules.chain([rule("unreadable", "A manifest cannot be read.")]).collect();
    let unread =
        errors.iter().map(|error| result_of("unreadable", "error", &error.place, &error.problem.to_string()));
    let found = findings.iter().map(|finding| {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        result_of(finding.code, level, &place(finding), &words(finding))
    });
    document("gateline check", &rules, &unread.chain(found).collect::<Vec<_>>())
}

/// Findings as a Code Quality report of GitLab. What is said twice of one object differs in its number, so that no two
/// fingerprints are one; lines take no part in them.
#[must_use]
pub fn findings_gitlab(findings: &[Finding], errors: &[ParseError]) -> Value {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut entry = |check: &str, severity: &str, place: &Place, about: &str, words: &str| {
        let identity = format!("{check} {about}: {words}");
        let count = seen.entry(identity.clone()).or_default();
        *count += 1;
        json!({
            "check_name": check,
            "description": words,
            "severity": severity,
            "fingerprint": if *count > 1 { format!("{identity} ({count})") } else { identity },
            "location": { "path": place.file, "lines": { "begin": place.line } },
        })
    };
    let unread: Vec<Value> = errors
        .iter()
        .map(|error| {
            let file = &error.place.file;
            entry("unreadable", "blocker", &error.place, file, &error.problem.to_string())
        })
        .collect();
    let found = findings.iter().map(|finding| {
        let severity = match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
            Severity::Info => "info",
        };
        let about = format!("{} {}", finding.origin.kind, finding.origin.object);
        entry(finding.code, severity, &place(finding), &about, &words(finding))
    });
    unread.into_iter().chain(found).collect()
}

/// What came from a cluster has no place: its name stands for one.
fn place(finding: &Finding) -> Place {
    let origin = &finding.origin;
    let made_up = || Place { file: format!("{}/{}", origin.kind, origin.object).into(), line: 1, column: 1 };
    origin.place.clone().unwrap_or_else(made_up)
}

fn words(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}\n{help}", finding.message),
        None => finding.message.clone(),
    }
}

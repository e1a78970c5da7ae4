use std::fmt::Write as _;

use super::details;
use crate::run::{Coverage, Covered, TestVerdict};
use crate::test::TestReport;

/// One kind of parts of a coverage.
type Parts = fn(&Coverage) -> &[Covered];

/// Rules without a test that are listed.
const SHOWN: usize = 10;

/// For people: a line for each test, why it failed, and what no test went through.
#[must_use]
pub fn text(report: &TestReport) -> String {
    let mut text = String::new();
    for unreadable in &report.unreadable {
        let _ = writeln!(text, "ERROR  {}: {}", unreadable.place, unreadable.message);
    }
    for file in &report.files {
        for error in &file.errors {
            let _ = writeln!(text, "ERROR  {error}");
        }
        for test in &file.tests {
            let _ = match test.verdict {
                TestVerdict::Passed => writeln!(text, " PASS  {}  {}", test.file, test.title()),
                TestVerdict::Failed(_) => {
                    writeln!(text, " FAIL  {}:{}  {}", test.file, test.place.line, test.title())
                }
                TestVerdict::Proved { classes } => {
                    writeln!(text, "PROVED {}  {} ({classes} classes of requests)", test.file, test.title())
                }
                TestVerdict::Unknown { .. } => {
                    writeln!(text, "UNKNOWN {}:{}  {}", test.file, test.place.line, test.title())
                }
                TestVerdict::Invalid { .. } => {
                    writeln!(text, "ERROR  {}:{}  {}", test.file, test.place.line, test.title())
                }
            };
            for line in details(test) {
                let _ = writeln!(text, "       {line}");
            }
        }
    }
    text.push_str(&summary(report));
    text.push('\n');
    for covered in &report.coverage {
        never(covered, &mut text);
    }
    text
}

fn summary(report: &TestReport) -> String {
    let (passed, failed, errors) = report.counts();
    let mut text = format!("{passed} passed, {failed} failed");
    if errors > 0 {
        let _ = write!(text, ", {errors} could not be run");
    }
    if report.unknown() > 0 {
        let _ = write!(text, ", {} unknown", report.unknown());
    }
    if report.coverage.is_empty() {
        return text;
    }
    let sum = |parts: Parts| {
        let ratios = report.coverage.iter().map(|coverage| Coverage::ratio(parts(coverage)));
        ratios.fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    };
    let rules = sum(|coverage| &coverage.rules);
    let _ = write!(text, "; rules {}/{} ({:.1} %)", rules.0, rules.1, Coverage::percent_of(rules));
    let others: [(&str, Parts); 6] = [
        ("matches", |coverage| &coverage.matches),
        ("hostnames", |coverage| &coverage.hostnames),
        ("listeners", |coverage| &coverage.listeners),
        ("backends", |coverage| &coverage.backends),
        ("filters", |coverage| &coverage.filters),
        ("redirects followed", |coverage| &coverage.redirects),
    ];
    for (name, parts) in others {
        let (covered, all) = sum(parts);
        if all == 0 {
            continue;
        }
        let _ = write!(text, ", {name} {covered}/{all}");
    }
    text
}

/// Rules that no test went through, with a request that would.
fn never(coverage: &Coverage, text: &mut String) {
    let place = |rule: &Covered| rule.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
    let untested: Vec<&Covered> =
        coverage.rules.iter().filter(|rule| rule.hits == 0 && rule.unreachable.is_none()).collect();
    for rule in untested.iter().take(SHOWN) {
        let _ = writeln!(text, "   never exercised: {}{}", rule.name, place(rule));
        if let Some(request) = &rule.suggestion {
            let _ = writeln!(text, "               try: {request}");
        }
    }
    if untested.len() > SHOWN {
        let _ = writeln!(text, "   … {} more (--coverage json lists them)", untested.len() - SHOWN);
    }
    for rule in coverage.rules.iter().filter(|rule| rule.hits == 0) {
        if let Some(why) = &rule.unreachable {
            let _ = writeln!(text, "   not counted:     {}{}  {why}", rule.name, place(rule));
        }
    }
}

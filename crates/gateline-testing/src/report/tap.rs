use std::fmt::Write as _;

use super::details;
use crate::test::TestReport;

/// The Test Anything Protocol, version 14.
#[must_use]
pub fn tap(report: &TestReport) -> String {
    let mut points = Vec::new();
    for unreadable in &report.unreadable {
        points.push((false, unreadable.place.to_string(), vec![unreadable.message.clone()]));
    }
    for file in &report.files {
        points.extend(
            file.errors.iter().map(|error| (false, error.place.to_string(), vec![error.to_string()])),
        );
        let tests = file.tests.iter();
        points.extend(
            tests.map(|test| (test.passed(), format!("{}: {}", test.file, test.title()), details(test))),
        );
    }
    let mut text = format!("TAP version 14\n1..{}\n", points.len());
    for (number, (passed, name, lines)) in (1..).zip(points) {
        let name = name.replace('\\', "\\\\").replace('#', "\\#");
        let _ = writeln!(text, "{}ok {number} - {name}", if passed { "" } else { "not " });
        if !lines.is_empty() {
            let _ = writeln!(text, "  ---\n  message: |\n    {}\n  ...", lines.join("\n    "));
        }
    }
    text
}

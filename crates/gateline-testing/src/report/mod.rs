//! What came of tests, in the formats that people and continuous integration read.

mod coverage;
mod findings;
mod github;
mod junit;
mod sarif;
mod tap;
mod text;

pub use coverage::{html, lcov};
pub use findings::{findings_github, findings_gitlab, findings_sarif};
pub use github::github;
pub use junit::{escaped, junit};
pub use sarif::sarif;
pub use tap::tap;
pub use text::text;

use crate::run::{CaseReport, Failure, TestVerdict};

/// What is to be said of a test that did not pass, in lines.
#[must_use]
pub fn details(test: &CaseReport) -> Vec<String> {
    match &test.verdict {
        TestVerdict::Passed | TestVerdict::Proved { .. } => Vec::new(),
        TestVerdict::Unknown { reason } => vec![format!("unknown   {reason}")],
        TestVerdict::Failed(failure) => of_failure(failure),
        TestVerdict::Invalid { errors } => errors.iter().map(|error| format!("error     {error}")).collect(),
    }
}

fn of_failure(failure: &Failure) -> Vec<String> {
    let mut lines = vec![format!("expected  {}", failure.expected), format!("got       {}", failure.got)];
    let width = failure
        .because
        .iter()
        .filter_map(|line| line.place.as_ref())
        .map(String::len)
        .max()
        .unwrap_or_default();
    for (index, line) in failure.because.iter().enumerate() {
        let label = if index == 0 { "because" } else { "" };
        let place = line.place.as_ref().map(|place| format!("{place:<width$}  ")).unwrap_or_default();
        lines.push(format!("{label:<10}{place}{}", line.text));
    }
    lines.push(format!("{:<10}{}", failure.code.unwrap_or("see"), failure.explain));
    lines
}

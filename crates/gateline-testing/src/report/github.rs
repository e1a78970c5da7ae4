use std::fmt::Write as _;

use gateline::model::Place;

use super::details;
use crate::run::TestVerdict;
use crate::test::TestReport;

/// Workflow commands of GitHub Actions: an annotation on the line of each test that did not pass.
#[must_use]
pub fn github(report: &TestReport) -> String {
    let mut text = String::new();
    for one in &report.unreadable {
        annotation(&one.place, "cannot be read", &one.message, &mut text);
    }
    for file in &report.files {
        for error in &file.errors {
            annotation(&error.place, "route test", &error.to_string(), &mut text);
        }
        for test in file.tests.iter().filter(|test| !test.passed()) {
            let place = match &test.verdict {
                TestVerdict::Failed(failure) => &failure.at,
                TestVerdict::Invalid { errors } => errors.first().map_or(&test.place, |error| &error.place),
                TestVerdict::Passed | TestVerdict::Proved { .. } | TestVerdict::Unknown { .. } => &test.place,
            };
            annotation(place, &test.title(), &details(test).join("\n"), &mut text);
        }
    }
    let (passed, failed, errors) = report.counts();
    let _ = writeln!(text, "{passed} passed, {failed} failed, {errors} could not be run");
    text
}

fn annotation(place: &Place, title: &str, message: &str, text: &mut String) {
    annotate("error", place, title, message, text);
}

/// One workflow command; the level is `error`, `warning` or `notice`.
pub(super) fn annotate(level: &str, place: &Place, title: &str, message: &str, text: &mut String) {
    let (file, title) = (property(&place.file), property(title));
    let _ = writeln!(
        text,
        "::{level} file={file},line={},col={},title={title}::{}",
        place.line,
        place.column,
        data(message)
    );
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

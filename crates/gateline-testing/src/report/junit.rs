use std::fmt::Write as _;

use super::details;
use crate::run::TestVerdict;
use crate::test::{FileReport, TestReport};

/// The XML of `JUnit`, as continuous integration reads it: a suite for each file, with the line of each test.
#[must_use]
pub fn junit(report: &TestReport) -> String {
    let (passed, failed, errors) = report.counts();
    let all = passed + failed + errors;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"gateline\" tests=\"{all}\" failures=\"{failed}\" errors=\"{errors}\">"
    );
    if !report.unreadable.is_empty() {
        let count = report.unreadable.len();
        let _ = writeln!(
            text,
            "  <testsuite name=\"manifests\" tests=\"{count}\" failures=\"0\" errors=\"{count}\">"
        );
        for one in &report.unreadable {
            error(&one.place.file, &one.place.to_string(), &one.message, &mut text);
        }
        text.push_str("  </testsuite>\n");
    }
    for file in &report.files {
        suite(file, &mut text);
    }
    text.push_str("</testsuites>\n");
    text
}

fn suite(file: &FileReport, text: &mut String) {
    let failed = file.tests.iter().filter(|test| matches!(test.verdict, TestVerdict::Failed(_))).count();
    let invalid =
        file.tests.iter().filter(|test| matches!(test.verdict, TestVerdict::Invalid { .. })).count();
    let (tests, errors) = (file.tests.len() + file.errors.len(), invalid + file.errors.len());
    let name = escaped(&file.file);
    let _ = writeln!(
        text,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\">"
    );
    for one in &file.errors {
        error(&file.file, &one.place.to_string(), &one.to_string(), text);
    }
    for test in &file.tests {
        let (title, line) = (escaped(&test.title()), test.place.line);
        let _ = write!(
            text,
            "    <testcase classname=\"{name}\" name=\"{title}\" file=\"{name}\" line=\"{line}\""
        );
        let lines = escaped(&details(test).join("\n"));
        let _ = match &test.verdict {
            TestVerdict::Passed | TestVerdict::Proved { .. } => writeln!(text, "/>"),
            TestVerdict::Unknown { .. } => {
                writeln!(text, ">\n      <skipped message=\"{lines}\"/>\n    </testcase>")
            }
            TestVerdict::Failed(failure) => {
                let message = escaped(&format!("expected {}, got {}", failure.expected, failure.got));
                writeln!(text, ">\n      <failure message=\"{message}\">{lines}</failure>\n    </testcase>")
            }
            TestVerdict::Invalid { .. } => {
                writeln!(
                    text,
                    ">\n      <error message=\"the test cannot be run\">{lines}</error>\n    </testcase>"
                )
            }
        };
    }
    text.push_str("  </testsuite>\n");
}

fn error(file: &str, name: &str, message: &str, text: &mut String) {
    let (file, name, message) = (escaped(file), escaped(name), escaped(message));
    let _ = writeln!(text, "    <testcase classname=\"{file}\" name=\"{name}\">");
    let _ = writeln!(text, "      <error message=\"{message}\"/>\n    </testcase>");
}

/// A text as XML 1.0 and HTML can hold it.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn xml_holds_any_text() {
        assert_eq!(escaped("a<b>&\"c\"'\u{1b}é\n"), "a&lt;b&gt;&amp;&quot;c&quot;&#39;\u{fffd}é\n");
    }
}

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::failure::Failure;

/// How many lines are shown of a part that failed.
const LINES: usize = 10;

/// What `test2json` tells: one thing that happened to a test, or one line that it printed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    time: String,
    action: String,
    #[serde(default)]
    test: String,
    #[serde(default)]
    elapsed: f64,
    #[serde(default)]
    output: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    #[default]
    Unfinished,
    Passed,
    Skipped,
    Failed,
}

/// A test of the suite, with its parts.
#[derive(Default)]
pub(crate) struct Test {
    pub(crate) verdict: Verdict,
    /// RFC 3339, so that they compare as text.
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) seconds: f64,
    /// What each part printed, by its name; of the test itself under the empty one.
    parts: BTreeMap<String, Part>,
}

#[derive(Default)]
struct Part {
    failed: bool,
    lines: Vec<String>,
}

/// All tests so far, by name.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) tests: BTreeMap<String, Test>,
    /// What was printed before the first test: why the suite did not get there.
    setup: Vec<String>,
}

impl Outcome {
    /// Runs `test2json`. `log` gets all that the tests print, `finished` is called after each of them.
    pub(crate) fn of(
        command: &mut Command,
        log: &Path,
        mut finished: impl FnMut(&Self, &str),
    ) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::new(format!("the tests: {error}"));
        command.env("TZ", "UTC").stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::create(log.with_extension("stderr")).map_err(failed)?);
        let mut child = command.spawn().map_err(failed)?;
        let mut outcome = Self::default();
        let mut log = File::create(log).map_err(failed)?;
        for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
            let line = line.map_err(failed)?;
            let Ok(event) = serde_json::from_str::<Event>(&line) else { continue };
            log.write_all(event.output.as_bytes()).map_err(failed)?;
            if let Some(test) = outcome.add(event) {
                finished(&outcome, &test);
            }
        }
        child.wait().map_err(failed)?;
        Ok(outcome)
    }

    /// Takes an event in; returns the name of the test that it finishes.
    fn add(&mut self, event: Event) -> Option<String> {
        let mut names = event.test.splitn(3, '/').skip(1);
        let Some(name) = names.next() else {
            self.setup.extend(said(&event.output));
            return None;
        };
        let test = self.tests.entry(name.to_owned()).or_default();
        let part_name = names.next().unwrap_or_default();
        let whole = part_name.is_empty();
        let part = test.parts.entry(part_name.to_owned()).or_default();
        let verdict = match event.action.as_str() {
            "pass" => Verdict::Passed,
            "skip" => Verdict::Skipped,
            "fail" => Verdict::Failed,
            other => {
                // A test that runs beside others is first run up to the point where it says so.
                if whole && matches!(other, "run" | "cont") {
                    test.start.clone_from(&event.time);
                }
                part.lines.extend(said(&event.output));
                return None;
            }
        };
        part.failed = verdict == Verdict::Failed;
        if !whole {
            return None;
        }
        test.verdict = verdict;
        test.seconds = event.elapsed;
        test.end = event.time;
        Some(name.to_owned())
    }

    /// The last of what was printed outside of tests.
    pub(crate) fn setup(&self) -> String {
        self.setup.get(self.setup.len().saturating_sub(25)..).unwrap_or_default().join("\n")
    }

    /// The figures that tests have told, with the names of the tests.
    pub(crate) fn measured(&self) -> Vec<String> {
        let lines = |(name, test): (&String, &Test)| {
            let parts = test.parts.values().flat_map(|part| &part.lines);
            let told = parts.filter_map(|line| Some(line.split_once("measured: ")?.1));
            told.map(|figure| format!("{name} measured: {figure}")).collect::<Vec<_>>()
        };
        self.tests.iter().flat_map(lines).collect()
    }

    /// The slowest tests, and what they took.
    pub(crate) fn slowest(&self, count: usize) -> String {
        let mut tests: Vec<_> =
            self.tests.iter().filter(|(_, test)| test.verdict != Verdict::Skipped).collect();
        tests.sort_by(|(_, a), (_, b)| b.seconds.total_cmp(&a.seconds));
        let mut text = String::new();
        for (name, test) in tests.into_iter().take(count) {
            let _ = writeln!(text, "{:7.1} s  {name}", test.seconds);
        }
        text
    }
}

impl Test {
    /// The feature without which the suite skips the test, if that is why.
    pub(crate) fn missing_feature(&self) -> Option<&str> {
        let said = self.parts.get("")?.lines.iter();
        said.filter_map(|line| line.split_once("suite does not support "))
            .map(|(_, feature)| feature.trim())
            .next()
    }

    /// The last lines of each part that failed.
    pub(crate) fn complaint(&self) -> String {
        let mut text = String::new();
        let innermost = |name: &str| {
            let inside = |other: &str| other.len() > name.len() && other.starts_with(name);
            !self.parts.iter().any(|(other, part)| part.failed && inside(other))
        };
        for (name, part) in self.parts.iter().filter(|(name, part)| part.failed && innermost(name)) {
            if !name.is_empty() {
                let _ = writeln!(text, "  {name}");
            }
            for line in part.last_lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }
}

impl Part {
    /// The last lines that say something new: a test asks again and again, and says each time what it got.
    fn last_lines(&self) -> Vec<&str> {
        let mut shown: Vec<&str> = Vec::new();
        for line in self.lines.iter().rev() {
            let shape = |line: &str| line.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
            if shown.iter().all(|other| shape(other) != shape(line)) {
                shown.push(line);
            }
            if shown.len() == LINES {
                break;
            }
        }
        shown.reverse();
        shown
    }
}

/// A line without what repeats what is known already.
fn said(output: &str) -> Option<String> {
    let line = output.trim();
    let noise = ["=== ", "--- ", "Error Trace:", "Test:", "/", "sigs.k8s.io/"];
    let cleanup = line.contains(": Deleting ") || line.contains(": Applying ");
    (!line.is_empty() && !cleanup && !noise.iter().any(|start| line.starts_with(start)))
        .then(|| line.to_owned())
}

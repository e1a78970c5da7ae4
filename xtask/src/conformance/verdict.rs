use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::options::Profile;
use super::outcome::{Outcome, Test, Verdict};
use crate::failure::Failure;

/// How much of the logs is shown for a test that failed.
const LINES: usize = 6;
const WIDTH: usize = 300;

/// Whether all tests of the profiles passed. A test that was skipped did not, unless it is for something else.
pub(crate) fn judge(what: &str, outcome: &Outcome, profiles: &[Profile], logs: &Path) -> Result<(), Failure> {
    let (mut passed, mut failed, mut skipped, mut elsewhere) = (0, Vec::new(), Vec::new(), 0);
    let mut text = String::new();
    for (name, test) in &outcome.tests {
        match (test.verdict, test.missing_feature()) {
            (Verdict::Passed, _) => passed += 1,
            (Verdict::Skipped, Some(feature)) if !profiles.iter().any(|profile| profile.has(feature)) => {
                elsewhere += 1;
            }
            (Verdict::Skipped, feature) => {
                skipped.push(name);
                let why = feature.map_or_else(String::new, |feature| format!(": {feature} is not claimed"));
                let _ = writeln!(text, "skipped {name}{why}");
            }
            (Verdict::Unfinished, _) => {
                failed.push(name);
                let _ = writeln!(text, "did not finish: {name}");
            }
            (Verdict::Failed, _) => {
                failed.push(name);
                let _ = writeln!(text, "\nFAILED {name} ({:.1} s)\n{}", test.seconds, test.complaint());
                text.push_str(&lines_of(test, logs));
            }
        }
    }
    if outcome.tests.is_empty() {
        text.push_str(&outcome.setup());
    }
    let counts = format!("{passed} passed, {} failed, {} skipped", failed.len(), skipped.len());
    let more = match elsewhere {
        0 => String::new(),
        more => format!("  ({more} more are for profiles or features that were not asked for)"),
    };
    println!("\n{counts}{more}");
    if passed > 0 && failed.is_empty() && skipped.is_empty() {
        return Ok(());
    }
    Err(Failure::with_output(format!("{what}: {counts}"), text))
}

/// The last lines that gateline wrote during a test, of the controller and of all Gateways.
fn lines_of(test: &Test, logs: &Path) -> String {
    let mut lines = Vec::new();
    for entry in fs::read_dir(logs.join("gateline")).into_iter().flatten().flatten() {
        let pod = entry.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let log = fs::read_to_string(entry.path()).unwrap_or_default();
        let during =
            |line: &&str| *line >= test.start.as_str() && (test.end.is_empty() || *line <= test.end.as_str());
        // Of the access log, what went wrong.
        let telling = |line: &&str| !line.contains("\"response_code\":200,");
        lines.extend(log.lines().filter(during).filter(telling).map(|line| {
            let short: String = line.chars().take(WIDTH).collect();
            (short, pod.clone())
        }));
    }
    lines.sort();
    let mut shown = String::new();
    for (line, pod) in lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default() {
        let _ = writeln!(shown, "    {pod}: {line}");
    }
    if shown.is_empty() { shown } else { format!("  gateline's log:\n{shown}") }
}

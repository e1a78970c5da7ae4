use gateline::analysis::ChangeKind;
use gateline_testing::replay::ReplayReport;

use super::text::{agreement, changed, compared, share};
use crate::diff::{code, requests, side};
use crate::output::Output;

/// Tables, and the commands that show each row.
pub(super) fn print(report: &ReplayReport, shown: impl Fn(ChangeKind) -> bool, output: &mut Output) {
    output.line(&format!("### Replay: {}\n", agreement(&report.agreement)));
    if let Some(line) = compared(report) {
        output.line(&format!("{line}\n"));
    }
    if !report.unreadable.first.is_empty() {
        for line in &report.unreadable.first {
            output.line(&format!("- {}", code(line)));
        }
        output.line("");
    }
    if !report.disagreements.is_empty() {
        output.line("| lines | recorded | predicted |\n|---|---|---|");
        for one in &report.disagreements {
            let (recorded, predicted) = (code(&one.recorded), code(&one.predicted));
            output.line(&format!("| {} ({}) | {recorded} | {predicted} |", one.requests, share(one.share)));
        }
        requests(report.disagreements.iter().map(|one| &*one.curl), output);
    }
    changes(report, shown, output);
    let unused: Vec<_> = report.rules.iter().filter(|rule| rule.requests == 0).collect();
    if !unused.is_empty() {
        output.line(&format!("\n{} of {} rules got no request:\n", unused.len(), report.rules.len()));
        for rule in unused {
            output.line(&format!("- {}", code(&rule.name)));
        }
    }
}

fn changes(report: &ReplayReport, shown: impl Fn(ChangeKind) -> bool, output: &mut Output) {
    let Some(changes) = &report.changes else { return };
    output.line(&format!("\n**{}**\n", changed(report)));
    let changes: Vec<_> = changes.iter().filter(|one| shown(one.kind)).collect();
    if changes.is_empty() {
        return;
    }
    output.line("| | requests | before | after |\n|---|---|---|---|");
    for one in &changes {
        let (before, after) = (side(&one.before), side(&one.after));
        output.line(&format!(
            "| **{}** | {} ({}) | {before} | {after} |",
            one.kind,
            one.requests,
            share(one.share)
        ));
    }
    requests(changes.iter().map(|one| &*one.curl), output);
}

use gateline_testing::{Diff, Side};

use super::text::{summary, traffic, weight};
use crate::output::Output;

/// A table, and the commands that show each row.
pub(super) fn print(diff: &Diff, unused: &[String], output: &mut Output) {
    output.line(&format!("### Routing: {}\n", summary(diff)));
    if let Some(weighed) = &diff.traffic {
        output.line(&format!("{}\n", traffic(weighed)));
    }
    if !diff.changes.is_empty() {
        output.line("| | requests | before | after |\n|---|---|---|---|");
        for change in &diff.changes {
            let with = if change.conditions.is_empty() { "" } else { " with " };
            let requests = code(&format!("{}{with}{}", change.requests(), change.conditions.join(", ")));
            let (before, after) = (side(&change.before), side(&change.after));
            let weight = change.traffic.as_ref().map(|traffic| format!("<br>{}", weight(traffic)));
            let weight = weight.unwrap_or_default();
            output.line(&format!("| **{}**{weight} | {requests} | {before} | {after} |", change.kind));
        }
        requests(diff.changes.iter().map(|change| &*change.witness.curl), output);
    }
    if !unused.is_empty() {
        output.line("\nWaivers without a change:\n");
        for line in unused {
            output.line(&format!("- {}", code(line)));
        }
    }
    if !diff.unknown.is_empty() {
        output.line("\nUnknown:\n");
        for reason in &diff.unknown {
            output.line(&format!("- {}", code(reason)));
        }
    }
}

/// What becomes of requests, and where it is written, for a cell.
pub(crate) fn side(side: &Side) -> String {
    let place = side.source.as_ref().map(|at| format!("<br>{}", code(&format!("{}:{}", at.file, at.line))));
    format!("{}{}", code(&side.effect), place.unwrap_or_default())
}

/// The commands that send requests, folded.
pub(crate) fn requests<'a>(curls: impl Iterator<Item = &'a str>, output: &mut Output) {
    output.line("\n<details><summary>Requests that show it</summary>\n\n```sh");
    curls.for_each(|curl| output.line(curl));
    output.line("```\n\n</details>");
}

/// Inline code that can stand in a cell: no text ends it or the cell.
pub(crate) fn code(text: &str) -> String {
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    let text = text.replace('|', "\\|").replace(['\n', '\r'], " ");
    format!("{fence}{pad}{text}{pad}{fence}")
}

use gateline_migrate::{Converted, Verification};

use crate::output::Output;

/// A table, and the commands that show each row.
pub(super) fn print(verification: &Verification, converted: &Converted, output: &mut Output) {
    let rules = verification.rules;
    let word = if verification.is_proved() { "PROVED" } else { "not the same" };
    output.line(&format!("### Migration: {word}, {} of {} rules over all requests\n", rules.same, rules.all));
    for finding in &converted.refused {
        output.line(&format!("- **{}** {}", finding.code, finding.message));
    }
    if !verification.differences.is_empty() {
        output.line("| | request | Ingress | Gateway | |\n|---|---|---|---|---|");
        for one in &verification.differences {
            let cells =
                [&one.request, &one.before.effect, &one.after.effect].map(|text| crate::diff::code(text));
            let accepted = if one.accepted { " (accepted)" } else { "" };
            let message = one.message.replace('|', "\\|");
            output.line(&format!(
                "| **{} {}**{accepted} | {} | {message} |",
                one.code,
                one.slug,
                cells.join(" | ")
            ));
        }
        output.line("\n<details><summary>Requests that show it</summary>\n\n```sh");
        for one in &verification.differences {
            output.line(&one.curl);
        }
        output.line("```\n\n</details>");
    }
    for reason in &verification.unknown {
        output.line(&format!("- unknown: {}", crate::diff::code(reason)));
    }
}

use gateline_migrate::{Converted, Inventory, Verification};

use crate::diff::{code, requests};
use crate::output::Output;

/// A table, and the commands that show each row.
pub(super) fn print(
    inventory: &Inventory,
    verification: &Verification,
    converted: &Converted,
    output: &mut Output,
) {
    let rules = verification.rules;
    let word = if verification.is_proved() { "PROVED" } else { "not the same" };
    output.line(&format!("### Migration: {word}, {} of {} rules over all requests\n", rules.same, rules.all));
    for finding in &converted.refused {
        output.line(&format!("- **{}** {}", finding.code, finding.message));
    }
    if !verification.differences.is_empty() {
        output.line("| | request | Ingress | Gateway | |\n|---|---|---|---|---|");
        for one in &verification.differences {
            let cells = [&one.request, &one.before.effect, &one.after.effect].map(|text| code(text));
            let accepted = if one.accepted { " (accepted)" } else { "" };
            let message = one.message.replace('|', "\\|");
            output.line(&format!(
                "| **{} {}**{accepted} | {} | {message} |",
                one.code,
                one.slug,
                cells.join(" | ")
            ));
        }
        requests(verification.differences.iter().map(|one| &*one.curl), output);
    }
    for reason in &verification.unknown {
        output.line(&format!("- unknown: {}", code(reason)));
    }
    tables(inventory, output);
}

/// Ingresses and annotations, folded.
fn tables(inventory: &Inventory, output: &mut Output) {
    output.line("\n<details><summary>Ingresses and annotations</summary>\n");
    output.line("| Ingress | hosts | verdict | |\n|---|---|---|---|");
    for one in &inventory.ingresses {
        let hosts = code(&one.hosts.join(", "));
        output.line(&format!(
            "| {} | {hosts} | {} | {} |",
            code(&one.name),
            one.verdict,
            one.codes.join(", ")
        ));
    }
    output.line("\n| annotation | Ingresses | |\n|---|---|---|");
    for one in &inventory.annotations {
        output.line(&format!("| {} | {} | {} |", code(&one.name), one.ingresses, one.fate));
    }
    output.line("\n</details>");
}

use std::fmt::Write as _;

use gateline_migrate::{Converted, Inventory, Verdict, Verification};
use gateline_testing::report::escaped;

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c1e21}\
table{border-collapse:collapse;width:100%;margin-bottom:2rem}td,th{text-align:left;padding:.25rem .75rem;border-bottom:1px solid #ddd;\
vertical-align:top}.same,.accepted{background:#e8f6ea}.read{background:#fff6df}.change,.refused{background:#fdecea}\
code{font:13px ui-monospace,monospace}";

/// One page that needs nothing else: how far the migration is, for those who plan it.
pub(super) fn page(inventory: &Inventory, verification: &Verification, converted: &Converted) -> String {
    let rules = verification.rules;
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>From Ingress to the Gateway API</title><style>{STYLE}</style>\n\
         <h1>From Ingress to the Gateway API</h1>\n<p>{} of {} rules do the same, proved over all requests.</p>\n",
        rules.same, rules.all
    );
    effort(inventory, &mut text);
    table(&mut text, "Ingresses", &["Ingress", "hosts", "verdict", "findings", "place"], |rows| {
        for one in &inventory.ingresses {
            let place = one.place.as_deref().unwrap_or_default();
            let (hosts, verdict) = (one.hosts.join(", "), one.verdict.to_string());
            row(rows, class(one.verdict), &[&one.name, &hosts, &verdict, &one.codes.join(", "), place]);
        }
    });
    table(&mut text, "Annotations", &["annotation", "Ingresses", "what becomes of it"], |rows| {
        for one in &inventory.annotations {
            row(rows, "", &[&one.name, &one.ingresses.to_string(), &one.fate.to_string()]);
        }
    });
    table(&mut text, "Not written", &["finding", "why", "what to do"], |rows| {
        for one in &converted.refused {
            row(rows, "refused", &[one.code, &one.message, one.help.as_deref().unwrap_or_default()]);
        }
    });
    table(&mut text, "Differences", &["finding", "request", "Ingress", "Gateway", "what to do"], |rows| {
        for one in &verification.differences {
            let (class, help) = if one.accepted { ("accepted", "accepted") } else { ("read", one.help) };
            let code = format!("{} {}", one.code, one.slug);
            row(rows, class, &[&code, &one.request, &one.before.effect, &one.after.effect, help]);
        }
    });
    table(
        &mut text,
        "Beside the model",
        &["what the controller does without being asked, or nobody knows"],
        |rows| {
            for one in verification.unknown.iter().chain(&verification.implicit) {
                row(rows, "", &[one]);
            }
        },
    );
    text + "</html>\n"
}

/// How many Ingresses there are of each kind of work.
fn effort(inventory: &Inventory, text: &mut String) {
    let verdicts = [Verdict::Same, Verdict::Accepted, Verdict::Read, Verdict::Change, Verdict::Refused];
    let parts = verdicts.map(|verdict| {
        let count = inventory.ingresses.iter().filter(|one| one.verdict == verdict).count();
        format!("{verdict}: {count}")
    });
    let _ = writeln!(text, "<p>Ingresses: {}.</p>", parts.join(", "));
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Accepted => "accepted",
        Verdict::Change => "change",
        Verdict::Refused => "refused",
        Verdict::Read => "read",
    }
}

/// A table, unless it has no rows.
fn table(text: &mut String, title: &str, heads: &[&str], fill: impl FnOnce(&mut String)) {
    let mut rows = String::new();
    fill(&mut rows);
    if !rows.is_empty() {
        let heads = heads.join("</th><th>");
        let _ = writeln!(text, "<h2>{title}</h2>\n<table><tr><th>{heads}</th></tr>\n{rows}</table>");
    }
}

fn row(rows: &mut String, class: &str, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    let _ = writeln!(rows, "<tr class=\"{class}\"><td>{}</td></tr>", cells.join("</td><td>"));
}

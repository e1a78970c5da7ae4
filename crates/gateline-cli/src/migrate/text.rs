use std::collections::BTreeMap;

use gateline_api::{Finding, Severity};
use gateline_migrate::{Converted, Difference, Source, Verification};
use gateline_testing::Side;

use crate::check::counted;
use crate::output::{self, Output};

pub(super) fn print(
    source: &Source,
    verification: &Verification,
    converted: &Converted,
    files: &[String],
    output: &mut Output,
) {
    if !files.is_empty() || !converted.refused.is_empty() {
        output.line(&summary(source, converted));
    }
    for finding in source.findings.iter().chain(&converted.refused) {
        refused(finding, output);
    }
    output.line(&verdict(verification, output));
    for (index, difference) in (1..).zip(&verification.differences) {
        one(index, difference, output);
    }
    for reason in &verification.unknown {
        output.line(&format!("{}  {reason}", output.paint(output::WARNING, "UNKNOWN")));
    }
    for accept in &verification.unused {
        output.line(&format!("accepted, but no longer true: {accept}"));
    }
    if !verification.added.is_empty() {
        output.line(&format!("hosts that only the Gateway has: {}", verification.added.join(", ")));
    }
    if !verification.implicit.is_empty() {
        output.line("what ingress-nginx does without being asked, and a Gateway need not:");
        for note in &verification.implicit {
            output.line(&format!("  - {note}"));
        }
    }
}

/// `converted 14 Ingresses: 1 Gateway, 11 HTTPRoutes`.
fn summary(source: &Source, converted: &Converted) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for manifest in &converted.manifests {
        *kinds.entry(manifest.kind).or_default() += 1;
    }
    let counted = |(kind, count): (&str, usize)| match kind.strip_suffix('y') {
        Some(stem) if count > 1 => format!("{count} {stem}ies"),
        _ => counted(count, kind),
    };
    let kinds: Vec<String> = kinds.into_iter().map(counted).collect();
    let written = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
    let ingresses =
        if source.ingresses == 1 { "1 Ingress" } else { &format!("{} Ingresses", source.ingresses) };
    format!("converted {ingresses}: {written}")
}

fn refused(finding: &Finding, output: &mut Output) {
    let style = if finding.severity == Severity::Error { output::ERROR } else { output::WARNING };
    let place = finding.origin.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let label = output.paint(style, &format!("{}[{}]", finding.slug, finding.code));
    output.line(&format!("{}{label} {}", output.paint(output::PLACE, &place), finding.message));
    if let Some(help) = &finding.help {
        output.line(&format!("  help: {help}"));
    }
}

/// What is said of the whole.
fn verdict(verification: &Verification, output: &Output) -> String {
    let rules = verification.rules;
    let share = format!("{} of {} rules do the same, over all requests", rules.same, rules.all);
    let open = verification.open().count();
    if verification.is_proved() {
        return format!("{}  {share}", output.paint(output::GOOD, "PROVED"));
    }
    let accepted = verification.differences.len() - open;
    let accepted = if accepted > 0 { format!(", {accepted} accepted") } else { String::new() };
    let differences = counted(open, "difference");
    let word = if open > 0 {
        output.paint(output::ERROR, "DIFFERENT")
    } else if verification.unknown.is_empty() {
        output.paint(output::GOOD, "ACCEPTED")
    } else {
        output.paint(output::WARNING, "UNKNOWN")
    };
    format!("{word}  {share}; {differences}{accepted}")
}

fn one(index: usize, difference: &Difference, output: &mut Output) {
    let style = match difference.severity {
        _ if difference.accepted => output::DIM,
        Severity::Error => output::ERROR,
        _ => output::WARNING,
    };
    let label = output.paint(style, &format!("{} {}", difference.code, difference.slug));
    let accepted = if difference.accepted { " (accepted)" } else { "" };
    output.line(&format!(
        "{index:>2} {label}{accepted}  {}",
        output.paint(output::STRONG, &difference.request)
    ));
    output.line(&format!("     {}", difference.message));
    output.line(&format!("     {} -> {}", difference.before.effect, difference.after.effect));
    output.line(&format!("     {}", difference.curl));
    for (word, side) in [("ingress", &difference.before), ("gateway", &difference.after)] {
        if let Some(place) = place(side) {
            output.line(&output.paint(output::DIM, &format!("     {word:<7} {place}")));
        }
    }
    if !difference.accepted {
        output.line(&format!("     help: {}", difference.help));
    }
}

/// `Ingress/ns/name  k8s/web.yaml:14:9`.
fn place(side: &Side) -> Option<String> {
    let source = side.source.as_ref();
    let place = source.map(|at| format!("  {}:{}:{}", at.file, at.line, at.column)).unwrap_or_default();
    Some(format!("{}{place}", side.route.as_ref()?))
}

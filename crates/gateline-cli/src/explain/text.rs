//! An explanation for people.

use gateline::Explanation;
use gateline::explain::{Asked, BackendShare, Candidate, Stage, Verdict};
use gateline_testing::{Trace, words};

use super::requests::Entry;
use super::{before, why_not};
use crate::output::{self, Output};

/// Candidates that are printed unless all are asked for.
const SHOWN: usize = 20;

pub(super) fn print(trace: &Trace, all: bool, output: &mut Output) {
    output.line(&output.paint(output::STRONG, &trace.request));
    body(trace, all, output);
}

/// A request that was recorded.
pub(super) fn entry(entry: &Entry, all: bool, output: &mut Output) {
    let (request, recorded) = (output.paint(output::STRONG, &entry.trace.request), &entry.recorded);
    output.line(&format!("{request}  {}", output.paint(output::PLACE, &entry.place.to_string())));
    let status = recorded.status.map(|status| status.to_string());
    let parts = [status.as_deref(), recorded.backend.as_deref(), recorded.route.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    if !parts.is_empty() {
        row("recorded", &parts.join(" "), output);
    }
    body(&entry.trace, all, output);
}

fn body(trace: &Trace, all: bool, output: &mut Output) {
    let explanation = &trace.explanation;
    before::print(trace, all, output);
    if !explanation.candidates.is_empty() {
        candidates(&explanation.candidates, all, output);
    }
    before::routes(&trace.routes, output);
    row("outcome", &outcome(explanation), output);
    row("because", &explanation.reason, output);
    if let Some(source) = &explanation.source {
        row("written at", &words::place(source), output);
    }
    for asked in &explanation.asks {
        row("asks", &ask(asked), output);
    }
    for (i, backend) in explanation.backends.iter().enumerate() {
        let total: u64 = explanation.backends.iter().map(|backend| u64::from(backend.weight)).sum();
        row("backend", &share(backend, total, explanation.picked == Some(i)), output);
    }
    if let Some(location) = &explanation.location {
        row("location", location, output);
    }
    if let Some(upstream) = &explanation.upstream {
        row("upstream", &format!("{} {} Host: {}", upstream.method, upstream.path, upstream.host), output);
        for (name, value) in &upstream.headers {
            row("", &format!("{name}: {value}"), output);
        }
    }
    trace.why_not.iter().for_each(|one| why_not::print(one, output));
}

/// A line that begins with its name.
pub(super) fn row(name: &str, text: &str, output: &mut Output) {
    let name = output.paint(output::DIM, &format!("{name:<12}"));
    output.line(&format!("{name}{text}"));
}

fn outcome(explanation: &Explanation) -> String {
    let rule = match (&explanation.route, explanation.rule) {
        (Some(route), Some(rule)) => {
            let name = explanation.rule_name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            format!(" by {route} rule {rule}{name}")
        }
        _ => String::new(),
    };
    let status = explanation.status.map(|status| format!(" {status}")).unwrap_or_default();
    let word = words::outcome(explanation.outcome);
    format!("{word}{status}{rule}")
}

/// The rest of the explanation is for a request that may pass.
fn ask(asked: &Asked) -> String {
    let when = match asked.stage {
        Stage::Listener => "before a rule is chosen",
        Stage::Rule => "before the rule's filters",
    };
    format!("{} ({}) {when}", asked.reference, asked.protocol)
}

fn candidates(candidates: &[Candidate], all: bool, output: &mut Output) {
    output.line(&output.paint(output::DIM, "candidates, strongest first"));
    let limit = if all { usize::MAX } else { SHOWN };
    // The winner is always shown, however weak the rules before it made it look.
    let shown =
        |(i, candidate): &(usize, &Candidate)| *i < limit || matches!(candidate.verdict, Verdict::Won { .. });
    for (i, candidate) in candidates.iter().enumerate().filter(shown) {
        let name = format!("{}#{}", candidate.route, candidate.rule);
        let source = candidate.source.as_ref().map(words::place).unwrap_or_default();
        let (mark, style) = match candidate.verdict {
            Verdict::Won { .. } => ("✓", output::GOOD),
            Verdict::Lost { .. } => ("·", output::WARNING),
            Verdict::Failed { .. } => ("✗", output::DIM),
        };
        let mark = output.paint(style, mark);
        output.line(&format!(
            "{:>3} {mark} {name}  {}  [{}]",
            i + 1,
            candidate.predicates,
            candidate.hostname
        ));
        let verdict = output.paint(style, &words::verdict(&candidate.verdict));
        output.line(&format!("      {verdict}  {}", output.paint(output::PLACE, &source)));
    }
    let hidden = candidates.len().saturating_sub(limit);
    if hidden > 0 {
        output.line(&format!("      … {hidden} more (--all prints them)"));
    }
}

#[expect(clippy::cast_precision_loss, reason = "weights are at most a million, and this is for reading")]
fn share(backend: &BackendShare, total: u64, picked: bool) -> String {
    let percent = if total == 0 { 0.0 } else { f64::from(backend.weight) * 100.0 / total as f64 };
    let mark = if picked { " ← picked" } else { "" };
    let validity = match (&backend.reason, backend.valid) {
        (_, true) => String::new(),
        (Some(reason), false) => format!(" invalid: {reason}"),
        (None, false) => " invalid".to_owned(),
    };
    format!("{} weight {} ({percent:.0} %){validity}{mark}", backend.reference, backend.weight)
}

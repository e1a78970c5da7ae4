//! What comes before the candidates: listeners, certificate, hostname; and the routes that are none.

use gateline::explain::Source;
use gateline_testing::{
    AttemptTrace, CertificateTrace, HostnameKind, HostnameTrace, ListenerTrace, ListenerVerdict, ParentTrace,
    RouteTrace, Trace, words,
};

use super::text::row;
use crate::output::{self, Output};

/// Listeners that are printed besides the one that takes the request, unless all are asked for.
const SHOWN: usize = 4;

pub(super) fn print(trace: &Trace, all: bool, output: &mut Output) {
    listeners(trace, all, output);
    if let Some(one) = &trace.certificate {
        row("certificate", &with_place(&certificate(one), one.source.as_ref(), output), output);
    }
    if let Some(one) = &trace.hostname {
        row("hostname", &with_place(&hostname(one), one.source.as_ref(), output), output);
    }
}

pub(super) fn with_place(text: &str, source: Option<&Source>, output: &Output) -> String {
    let place = source.map(words::place).unwrap_or_default();
    if place.is_empty() {
        text.to_owned()
    } else {
        format!("{text}  {}", output.paint(output::PLACE, &place))
    }
}

/// A sign in its colour.
fn mark(good: bool, output: &Output) -> String {
    let (sign, style) = if good { ("✓", output::GOOD) } else { ("✗", output::DIM) };
    output.paint(style, sign)
}

fn listeners(trace: &Trace, all: bool, output: &mut Output) {
    let takes = |one: &ListenerTrace| matches!(one.verdict, ListenerVerdict::Takes | ListenerVerdict::Shares);
    let mut label = "listener";
    if !trace.listeners.iter().any(|one| one.verdict == ListenerVerdict::Takes) {
        row(label, "none", output);
        label = "";
    }
    let (good, bad): (Vec<_>, Vec<_>) = trace.listeners.iter().partition(|one| takes(one));
    let limit = if all { usize::MAX } else { SHOWN };
    for one in good.into_iter().chain(bad.iter().copied().take(limit)) {
        let text = format!("{} {}  {}", mark(takes(one), output), one.name, one.because);
        row(label, &with_place(&text, one.source.as_ref(), output), output);
        label = "";
    }
    let hidden = bad.len().saturating_sub(limit);
    if hidden > 0 {
        row("", &format!("… {hidden} more (--all prints them)"), output);
    }
}

fn certificate(one: &CertificateTrace) -> String {
    format!("{}  {}", one.secret, one.because)
}

fn hostname(one: &HostnameTrace) -> String {
    let kind = match one.kind {
        HostnameKind::Exact => format!("exact, {} characters", one.length),
        HostnameKind::Wildcard => format!("wildcard, {} characters", one.length),
        HostnameKind::Any => "any".to_owned(),
    };
    let list = |what: &str, names: &[String]| match names {
        [] => String::new(),
        names => format!("  {what} {}", names.join(", ")),
    };
    format!("{} ({kind}){}{}", one.hostname, list("beats", &one.beats), list("comes after", &one.after))
}

/// Routes that are no candidates.
pub(super) fn routes(routes: &[RouteTrace], output: &mut Output) {
    if routes.is_empty() {
        return;
    }
    output.line(&output.paint(output::DIM, "routes that are no candidates"));
    for route in routes {
        let text = format!("  {}  {}", route.route, route.because);
        output.line(&with_place(&text, route.source.as_ref(), output));
        route.parents.iter().for_each(|parent| self::parent(parent, output));
    }
}

/// One parentRef, what its listeners say, and what came of it.
pub(super) fn parent(parent: &ParentTrace, output: &mut Output) {
    let text = format!("      {}", parent.parent);
    output.line(&with_place(&text, parent.source.as_ref(), output));
    parent.listeners.iter().for_each(|one| attempt(one, output));
    let accepted = match (parent.accepted, &parent.reason) {
        (Some(true), _) => "Accepted".to_owned(),
        (Some(false), Some(reason)) => format!("not accepted, {reason}: {}", parent.message),
        _ => format!("no status: {}", parent.message),
    };
    output.line(&format!("        → {accepted}"));
}

fn attempt(one: &AttemptTrace, output: &mut Output) {
    let text = format!("        {} {}  {}", mark(one.attached, output), one.listener, one.because);
    output.line(&with_place(&text, one.source.as_ref(), output));
}

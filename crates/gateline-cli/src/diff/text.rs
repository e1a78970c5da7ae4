use gateline::analysis::ChangeKind;
use gateline_testing::replay::{Traffic, Weighed};
use gateline_testing::{Diff, Difference, Side};

use crate::check::counted;
use crate::output::{self, Output};
use crate::replay::share;

pub(super) fn print(diff: &Diff, unused: &[String], output: &mut Output) {
    for (index, one) in (1..).zip(&diff.changes) {
        change(index, one, output);
    }
    for reason in &diff.unknown {
        output.line(&format!("{}  {reason}", output.paint(output::WARNING, "UNKNOWN")));
    }
    for line in unused {
        output.line(&format!("{}  {line}", output.paint(output::WARNING, "WAIVER")));
    }
    output.line(&summary(diff));
    if let Some(weighed) = &diff.traffic {
        output.line(&traffic(weighed));
    }
}

/// How much of a log changes.
pub(super) fn traffic(weighed: &Weighed) -> String {
    let Weighed { requests, changed, elsewhere, unreadable } = weighed;
    let mut words = vec![format!("{changed} of the {requests} requests of the log change")];
    if *elsewhere > 0 {
        words.push(format!("{elsewhere} more in classes that are waived or not looked at"));
    }
    if unreadable.count > 0 {
        words.push(format!("{} of its lines could not be read", unreadable.count));
    }
    words.join("; ")
}

/// `12 (0.10 %)`.
pub(super) fn weight(traffic: &Traffic) -> String {
    format!("{} ({})", traffic.requests, share(traffic.share))
}

/// What is said of the whole.
pub(super) fn summary(diff: &Diff) -> String {
    let over = "over all hosts, paths, methods, headers and query parameters";
    let waived = diff.waived.iter().sum::<usize>();
    if waived > 0 && diff.changes.is_empty() && diff.unknown.is_empty() {
        return format!("nothing changes but what is waived ({}): proved {over}", classes(waived));
    }
    match (diff.changes.len(), diff.unknown.len()) {
        (0, 0) => format!("nothing changes: proved {over}"),
        (0, unknown) => format!("no change found, but {} stayed unknown", counted(unknown, "class")),
        (changes, 0) => format!("{} of requests changed: these are all, {over}", classes(changes)),
        (changes, unknown) => {
            format!("{} of requests changed, and {} stayed unknown", classes(changes), classes(unknown))
        }
    }
}

fn classes(number: usize) -> String {
    format!("{number} class{}", if number == 1 { "" } else { "es" })
}

pub(super) fn change(index: usize, change: &Difference, output: &mut Output) {
    let kind = painted(change.kind, output);
    output.line(&format!("{index:>2} {kind} {}", output.paint(output::STRONG, &change.requests())));
    if let Some(traffic) = &change.traffic {
        output.line(&format!("             {} of the requests of the log", weight(traffic)));
    }
    if !change.conditions.is_empty() {
        output.line(&format!("             with {}", change.conditions.join(", ")));
    }
    output.line(&format!("             {} -> {}", change.before.effect, change.after.effect));
    output.line(&format!("             {}", change.witness.curl));
    for (word, side) in [("before", &change.before), ("after", &change.after)] {
        if let Some(place) = place(side) {
            output.line(&output.paint(output::DIM, &format!("             {word:<6} {place}")));
        }
    }
}

/// Wide enough for all kinds.
pub(crate) fn painted(kind: ChangeKind, output: &Output) -> String {
    let style = match kind {
        ChangeKind::Lost | ChangeKind::Opened => output::ERROR,
        _ => output::WARNING,
    };
    output.paint(style, &format!("{:<9}", kind.to_string()))
}

/// `HTTPRoute/ns/name#0  k8s/users.yaml:14:9`.
pub(crate) fn place(side: &Side) -> Option<String> {
    let (route, rule) = (side.route.as_ref()?, side.rule?);
    let source = side.source.as_ref();
    let place = source.map(|at| format!("  {}:{}:{}", at.file, at.line, at.column)).unwrap_or_default();
    Some(format!("{route}#{rule}{place}"))
}

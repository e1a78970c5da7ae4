use gateline::analysis::ChangeKind;
use gateline_testing::replay::{Agreed, Disagreement, ReplayReport, TrafficChange};

use crate::check::counted;
use crate::diff;
use crate::output::{self, Output};

/// Disagreements, changes and rules that are printed of each; JSON has all.
const SHOWN: usize = 20;

pub(super) fn print(report: &ReplayReport, shown: impl Fn(ChangeKind) -> bool, output: &mut Output) {
    output.line(&output.paint(output::STRONG, &agreement(&report.agreement)));
    if let Some(line) = compared(report) {
        output.line(&output.paint(output::DIM, &line));
    }
    for line in &report.unreadable.first {
        output.line(&format!("{}  {line}", output.paint(output::WARNING, "UNREAD")));
    }
    for one in report.disagreements.iter().take(SHOWN) {
        disagreement(one, output);
    }
    more(report.disagreements.len() as u64 + report.unlisted, output);
    if let Some(changes) = &report.changes {
        output.line(&output.paint(output::STRONG, &changed(report)));
        let changes: Vec<_> = changes.iter().filter(|one| shown(one.kind)).collect();
        for (index, one) in (1..).zip(changes.iter().take(SHOWN)) {
            change(index, one, output);
        }
        more(changes.len() as u64, output);
    }
    unused(report, output);
}

/// `model agrees with the recorded rule for 99.97 % of 12345 lines`.
pub(super) fn agreement(agreed: &Agreed) -> String {
    let Some(percent) = agreed.percent() else {
        return "nothing that is recorded tells whether the model agrees".to_owned();
    };
    let bases: Vec<&str> = bases(agreed).into_iter().map(|(_, word)| word).collect();
    let bases = bases.join(" or ");
    let lines = counted(usize::try_from(agreed.compared).unwrap_or(usize::MAX), "line");
    format!("model agrees with the recorded {bases} for {} of {lines}", share(percent))
}

/// What records were held to, and how many.
fn bases(agreed: &Agreed) -> Vec<(u64, &'static str)> {
    let bases = [(agreed.by_rule, "rule"), (agreed.by_backend, "upstream"), (agreed.by_answer, "status")];
    bases.into_iter().filter(|(count, _)| *count > 0).collect()
}

/// What the first line leaves out.
pub(super) fn compared(report: &ReplayReport) -> Option<String> {
    let agreed = &report.agreement;
    let mut words = Vec::new();
    let bases = bases(agreed);
    if bases.len() > 1 {
        words.extend(bases.into_iter().map(|(count, word)| format!("{count} by {word}")));
    }
    if agreed.completed > 0 {
        let completed = agreed.completed;
        words.push(format!("{completed} with header fields of the recorded match, for the log holds none"));
    }
    if agreed.untold > 0 {
        words.push(format!("{} not compared: they would be recorded so either way", agreed.untold));
    }
    if report.unreadable.count > 0 {
        words.push(format!("{} could not be read", report.unreadable.count));
    }
    (!words.is_empty()).then(|| words.join("; "))
}

/// `0.80 % of requests change: 100 of 12345`.
pub(super) fn changed(report: &ReplayReport) -> String {
    let (changed, all) = (report.changed(), report.requests);
    if changed == 0 {
        return format!("no request changes, of {all}");
    }
    format!("{} of requests change: {changed} of {all}", share(report.changed_share()))
}

/// Never rounded to all or nothing.
pub(crate) fn share(percent: f64) -> String {
    match percent {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.01 => "<0.01 %".to_owned(),
        percent if percent >= 100.0 => "100 %".to_owned(),
        percent => format!("{:.2} %", (percent * 100.0).floor() / 100.0),
    }
}

fn disagreement(one: &Disagreement, output: &mut Output) {
    let kind = output.paint(output::WARNING, "DISAGREE");
    let size = format!("{} ({})", one.requests, share(one.share));
    output.line(&format!("   {kind}  {size}  {} -> {}", one.recorded, one.predicted));
    if let Some(note) = &one.note {
        output.line(&format!("             {note}"));
    }
    example(&one.curl, &one.place.to_string(), output);
}

fn change(index: usize, one: &TrafficChange, output: &mut Output) {
    let kind = diff::painted(one.kind, output);
    let size = format!("{} ({})", one.requests, share(one.share));
    output.line(&format!("{index:>2} {kind} {size}  {} -> {}", one.before.effect, one.after.effect));
    for (word, side) in [("before", &one.before), ("after", &one.after)] {
        if let Some(place) = diff::place(side) {
            output.line(&output.paint(output::DIM, &format!("             {word:<6} {place}")));
        }
    }
    example(&one.curl, &one.place.to_string(), output);
}

fn example(curl: &str, place: &str, output: &mut Output) {
    output.line(&format!("             {curl}  {}", output.paint(output::PLACE, place)));
}

fn more(all: u64, output: &mut Output) {
    if let Some(hidden) = all.checked_sub(SHOWN as u64).filter(|hidden| *hidden > 0) {
        output.line(&format!("             … {hidden} more (--format json has them)"));
    }
}

fn unused(report: &ReplayReport, output: &mut Output) {
    let unused: Vec<_> = report.rules.iter().filter(|rule| rule.requests == 0).collect();
    if unused.is_empty() {
        return;
    }
    output.line(&format!("{} of {} rules got no request", unused.len(), report.rules.len()));
    for rule in unused.iter().take(SHOWN) {
        let place = rule.place.as_ref().map(ToString::to_string).unwrap_or_default();
        output.line(&format!("   {}  {}", rule.name, output.paint(output::PLACE, &place)));
    }
    more(unused.len() as u64, output);
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_not_rounded_to_all_or_nothing() {
        for (percent, text) in
            [(0.0, "0 %"), (0.000_1, "<0.01 %"), (0.8, "0.80 %"), (99.999_9, "99.99 %"), (100.0, "100 %")]
        {
            assert_eq!(share(percent), text);
        }
    }
}

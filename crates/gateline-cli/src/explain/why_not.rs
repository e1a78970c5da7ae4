//! Why a rule does not take a request, and what would bring one to it.

use gateline_testing::{Obstacle, Remedy, WhyNot, words};

use super::before::{parent, with_place};
use super::text::row;
use crate::output::Output;

pub(super) fn print(why_not: &WhyNot, output: &mut Output) {
    let name = why_not.rule_name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let rule = format!("{}{name}", why_not.rule);
    let label = if why_not.obstacle == Obstacle::Nothing { "takes it" } else { "why not" };
    row(label, &with_place(&rule, why_not.source.as_ref(), output), output);
    row("", &why_not.because, output);
    why_not.parents.iter().for_each(|one| parent(one, output));
    match &why_not.remedy {
        Remedy::Change { changes, gateway, curl, .. } => {
            let to = gateway.as_ref().map(|gateway| format!(" (to Gateway {gateway})")).unwrap_or_default();
            row("to reach it", &format!("{}{to}", changes.join(", ")), output);
            row("", curl, output);
        }
        Remedy::Unreachable { because, by } => {
            row("unreachable", because, output);
            for cover in by {
                let place = cover.source.as_ref().map(words::place).unwrap_or_default();
                row("", &format!("{}  {place}", cover.rule), output);
            }
        }
        Remedy::Unknown { reason } => row("UNKNOWN", reason, output),
        _ => {}
    }
}

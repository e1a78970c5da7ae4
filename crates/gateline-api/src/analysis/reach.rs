use std::collections::{BTreeMap, BTreeSet};

use gateline::analysis::{MatchRef, Reach};
use gateline::model::RouteKind;

use super::names::{Names, RuleRef};
use crate::finding::{Finding, codes};

/// More rules than this are counted, not named.
const NAMED: usize = 4;

/// GL201, GL202, GL204, GL206 and GL210 of rules and matches that get nothing.
pub(super) fn findings(names: Names<'_>, reach: &BTreeMap<MatchRef, Reach>) -> Vec<Finding> {
    let mut rules: BTreeMap<RuleRef, Vec<(MatchRef, &Reach)>> = BTreeMap::new();
    for (of, verdict) in reach {
        rules.entry((of.route, of.rule)).or_default().push((*of, verdict));
    }
    let mut findings = Vec::new();
    for (rule, matches) in rules {
        for (of, verdict) in &matches {
            match verdict {
                Reach::NeverMatches => findings.push(never(names, *of)),
                Reach::Unknown(reason) => {
                    let message = format!(
                        "whether any request reaches {} could not be found out: {reason}",
                        names.rule_name(rule)
                    );
                    findings.push(Finding::new(&codes::GL210, names.origin(*of), message));
                }
                Reach::Reached(_) | Reach::Covered(_) => {}
            }
        }
        let covered = matches.iter().filter_map(|(of, verdict)| match verdict {
            Reach::Covered(covers) => Some((*of, covers)),
            _ => None,
        });
        let covered: Vec<(MatchRef, &BTreeSet<MatchRef>)> = covered.collect();
        let dead =
            matches.iter().all(|(_, verdict)| matches!(verdict, Reach::Covered(_) | Reach::NeverMatches));
        if dead && !covered.is_empty() {
            findings.push(shadowed(names, rule, &covered));
        } else {
            findings.extend(covered.iter().map(|(of, covers)| partly(names, *of, covers)));
        }
    }
    findings
}

fn shadowed(names: Names<'_>, rule: RuleRef, covered: &[(MatchRef, &BTreeSet<MatchRef>)]) -> Finding {
    let same = covered.iter().all(|(of, covers)| covers.iter().all(|by| names.same_effect(*of, *by)));
    let covers = rules(covered.iter().flat_map(|(_, covers)| covers.iter()));
    let (words, every) = (by(names, &covers), names.taken(rule.0));
    let message = format!("no {every} reaches {}: {words}", names.rule_name(rule));
    let help = match names.route(rule.0).map(|route| route.kind) {
        Some(RouteKind::Http | RouteKind::Grpc | RouteKind::Ingress) | None => {
            "make its match more specific, or remove the rule"
        }
        Some(_) => "give its route a hostname or listener of its own, or remove it",
    };
    let finding =
        Finding::new(if same { &codes::GL204 } else { &codes::GL201 }, names.rule_origin(rule), message);
    related(names, finding.help(help), &covers)
}

/// A match that gets nothing, of a rule that gets something.
fn partly(names: Names<'_>, of: MatchRef, covers: &BTreeSet<MatchRef>) -> Finding {
    let rule = (of.route, of.rule);
    let same = covers.iter().all(|by| names.same_effect(of, *by));
    let covers = rules(covers.iter());
    let message = format!(
        "no {} reaches match {} of {}: {}",
        names.taken(of.route),
        of.matched,
        names.rule_name(rule),
        by(names, &covers)
    );
    let code = if same { &codes::GL204 } else { &codes::GL202 };
    let finding =
        Finding::new(code, names.origin(of), message).help("remove the match, or make it more specific");
    related(names, finding, &covers)
}

fn never(names: Names<'_>, of: MatchRef) -> Finding {
    let message = format!(
        "match {} of {} matches no {} at all",
        of.matched,
        names.rule_name((of.route, of.rule)),
        names.taken(of.route)
    );
    Finding::new(&codes::GL206, names.origin(of), message).help(
        "a path begins with / and holds no space, ? or #; a regular expression must match the whole value",
    )
}

fn rules<'a>(matches: impl Iterator<Item = &'a MatchRef>) -> BTreeSet<RuleRef> {
    matches.map(|of| (of.route, of.rule)).collect()
}

/// `rule 0 of HTTPRoute a/b takes them all`.
fn by(names: Names<'_>, rules: &BTreeSet<RuleRef>) -> String {
    let mut words: Vec<String> = rules.iter().take(NAMED).map(|rule| names.rule_name(*rule)).collect();
    if let Some(more) = rules.len().checked_sub(NAMED).filter(|more| *more > 0) {
        words.push(format!("{more} more"));
    }
    let last = words.pop().unwrap_or_default();
    if words.is_empty() {
        return format!("{last} takes them all");
    }
    format!("{} and {last} together take them all", words.join(", "))
}

fn related(names: Names<'_>, finding: Finding, rules: &BTreeSet<RuleRef>) -> Finding {
    let words =
        if rules.len() == 1 { "the rule that takes its requests" } else { "takes some of its requests" };
    rules.iter().take(NAMED).fold(finding, |finding, rule| finding.related(words, names.rule_origin(*rule)))
}

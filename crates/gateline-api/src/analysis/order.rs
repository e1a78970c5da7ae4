use std::collections::{BTreeMap, BTreeSet};

use gateline::analysis::{MatchRef, Overlap, Overlaps, Reach};
use gateline::explain::Criterion;
use gateline::model::{PathMatch, RouteId, RouteKind};

use super::names::{Names, RuleRef};
use crate::finding::{Finding, Severity, codes};

/// Hosts that are named in one finding.
const NAMED: usize = 3;

/// GL203, GL205 and GL207: requests that several routes claim, and those that none does.
pub(super) fn findings(
    names: Names<'_>,
    reach: &BTreeMap<MatchRef, Reach>,
    overlaps: &Overlaps,
) -> Vec<Finding> {
    let mut whole: BTreeMap<RuleRef, Vec<&Overlap>> = BTreeMap::new();
    let mut partly: BTreeMap<(RuleRef, RuleRef), &Overlap> = BTreeMap::new();
    let mut foreign: BTreeMap<(RouteId, RouteId), &Overlap> = BTreeMap::new();
    let rule = |of: MatchRef| (of.route, of.rule);
    for overlap in &overlaps.pairs {
        let tie = matches!(overlap.criterion, Criterion::Age | Criterion::Name);
        let dead = matches!(reach.get(&overlap.loser), Some(Reach::Covered(_)));
        if tie && !overlap.same_effect {
            if overlap.identical || dead {
                whole.entry(rule(overlap.winner)).or_default().push(overlap);
            } else {
                partly.entry((rule(overlap.winner), rule(overlap.loser))).or_insert(overlap);
            }
        } else if !tie && names.namespaces_differ(overlap) {
            foreign.entry((overlap.winner.route, overlap.loser.route)).or_insert(overlap);
        }
    }
    let gaps = overlaps.gaps.iter().filter_map(|(listener, gaps)| gap(names, *listener, gaps));
    let mut findings: Vec<Finding> = gaps.collect();
    findings.extend(whole.values().filter_map(|group| same(names, group)));
    findings.extend(partly.values().map(|overlap| crossing(names, overlap)));
    findings.extend(foreign.values().map(|overlap| across(names, overlap)));
    findings
}

/// Routes that want the same requests: all but one get none.
fn same(names: Names<'_>, group: &[&Overlap]) -> Option<Finding> {
    let first = group.first()?;
    let winner = first.winner;
    let mut losers: Vec<MatchRef> = Vec::new();
    let mut routes = BTreeSet::new();
    for overlap in group {
        if routes.insert((overlap.loser.route, overlap.loser.rule)) {
            losers.push(overlap.loser);
        }
    }
    let others = losers.iter().map(|of| names.route_name(of.route)).collect::<Vec<_>>().join(" and ");
    let listener = names.listener(first);
    let message = format!(
        "{} routes have the same match for {} on listener {listener}: {} takes every {} because {}; {others} get none",
        losers.len() + 1,
        hostname(first),
        names.route_name(winner.route),
        names.taken(winner.route),
        why(first),
    );
    let help = match names.route(winner.route)?.kind {
        RouteKind::Http | RouteKind::Grpc | RouteKind::Ingress => {
            "give the matches different paths, headers or hostnames, or put all backends into one rule with weights"
        }
        RouteKind::Tls => {
            "give the routes different hostnames, or put all backends into one rule with weights"
        }
        RouteKind::Tcp | RouteKind::Udp => {
            "give each route a listener of its own, or put all backends into one rule with weights"
        }
    };
    let finding = Finding::new(&codes::GL203, names.origin(winner), message).help(help);
    Some(losers.iter().fold(finding, |finding, loser| {
        let words = format!("{} has the same match", names.route_name(loser.route));
        finding.related(words, names.origin(*loser))
    }))
}

/// Routes that share some requests. It hardly matters where they only ask for different things that a request may have both
/// of; regular expressions that meet are another matter.
fn crossing(names: Names<'_>, overlap: &Overlap) -> Finding {
    let (winner, loser) = (overlap.winner, overlap.loser);
    let message = format!(
        "{} and {} rank alike and both match {}; the former takes it because {}",
        names.rule_name((winner.route, winner.rule)),
        names.rule_name((loser.route, loser.rule)),
        overlap.witness,
        why(overlap),
    );
    let regex = |of: MatchRef| names.matched(of).is_some_and(|one| matches!(one.path, PathMatch::Regex(_)));
    let severity = if regex(winner) && regex(loser) { Severity::Warning } else { Severity::Info };
    Finding::new(&codes::GL203, names.origin(winner), message)
        .severity(severity)
        .help("make one of them more specific, or put both into one route, whose order counts")
        .related("the other rule", names.origin(loser))
}

fn across(names: Names<'_>, overlap: &Overlap) -> Finding {
    let (winner, loser) = (overlap.winner, overlap.loser);
    let message = format!(
        "two namespaces claim the same path of {}: {} and {}; {} goes to the former",
        hostname(overlap),
        names.rule_name((winner.route, winner.rule)),
        names.rule_name((loser.route, loser.rule)),
        overlap.witness,
    );
    Finding::new(&codes::GL205, names.origin(winner), message)
        .help("agree on who has the path, or let the listener take routes of one namespace only")
        .related("the rule of the other namespace", names.origin(loser))
}

fn gap(
    names: Names<'_>,
    listener: gateline::model::ListenerId,
    gaps: &[(gateline::analysis::Hosts, gateline::analysis::Witness)],
) -> Option<Finding> {
    let listener = names.model.listeners.get(listener.0 as usize)?;
    let (_, witness) = gaps.first()?;
    let mut hosts: Vec<String> = gaps.iter().take(NAMED).map(|(hosts, _)| hosts.to_string()).collect();
    if gaps.len() > NAMED {
        hosts.push(format!("{} more", gaps.len() - NAMED));
    }
    let message = format!(
        "listener {} answers 404 to some requests for {}: no rule takes {witness}",
        listener.name,
        hosts.join(", ")
    );
    Some(Finding::new(&codes::GL207, listener.origin.clone(), message))
}

fn why(overlap: &Overlap) -> &'static str {
    match overlap.criterion {
        Criterion::Age => "its route is the oldest",
        _ => "its route comes first by namespace and name",
    }
}

impl Names<'_> {
    fn namespaces_differ(self, overlap: &Overlap) -> bool {
        let namespace = |id: RouteId| self.route(id).map(|route| &route.name.namespace);
        namespace(overlap.winner.route) != namespace(overlap.loser.route)
    }

    fn listener(self, overlap: &Overlap) -> String {
        let listener = self.model.listeners.get(overlap.listener.0 as usize);
        listener.map(|listener| listener.name.to_string()).unwrap_or_default()
    }
}

/// The hostname that the winner writes and the witness came by.
fn hostname(overlap: &Overlap) -> String {
    overlap.hostname.as_ref().map_or_else(|| "any host".to_owned(), ToString::to_string)
}

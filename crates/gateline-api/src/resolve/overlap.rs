//! Matches that are identical, or plainly covered: only what is certain. The model is all that is looked at.

use std::collections::BTreeMap;

use gateline::filter::{ExternalAuth, Filters, Mirror};
use gateline::model::{
    HostPattern, Listener, Match, Model, Origin, PathMatch, Route, RouteId, RouteKind, Rule, ValueMatch,
};

use crate::finding::{Finding, codes};

/// A rule: its route and its index there.
type RuleRef = (RouteId, usize);

/// One match of one rule on one hostname of one listener.
#[derive(Clone, Copy)]
struct Entry<'m> {
    route: &'m Route,
    rule: &'m Rule,
    at: RuleRef,
    matched: &'m Match,
    /// As the route writes it, which is what precedence compares.
    written: Option<&'m HostPattern>,
    /// Index among those it competes with.
    nth: usize,
}

/// Entries that compete: one kind of route, one effective hostname.
type Table<'m> = BTreeMap<(RouteKind, Option<&'m HostPattern>), Vec<Entry<'m>>>;

/// How a rule fares over all its matches, hostnames and listeners.
#[derive(Default)]
struct Fate<'m> {
    entries: usize,
    /// Those that an entry of higher precedence takes whole, with the rule that does and where.
    lost: Vec<(RuleRef, &'m Listener)>,
}

/// GL201, GL203 and GL204 over all listeners. O(n log n) in the number of matches that are attached.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut ties: BTreeMap<Vec<RuleRef>, (Vec<Entry<'_>>, &Listener)> = BTreeMap::new();
    let mut repeats: BTreeMap<(RuleRef, RuleRef), (Entry<'_>, Entry<'_>)> = BTreeMap::new();
    let mut fates: BTreeMap<RuleRef, Fate<'_>> = BTreeMap::new();
    for listener in &model.listeners {
        for entries in table(model, listener).into_values() {
            let mut taken_by: Vec<Option<RuleRef>> = vec![None; entries.len()];
            for (winner, loser) in covered(&entries) {
                taken_by.get_mut(loser).map(|taken| taken.insert(winner));
            }
            for group in identical(entries.clone()) {
                let Some((winner, losers)) = group.split_first() else { continue };
                for loser in losers {
                    taken_by.get_mut(loser.nth).map(|taken| taken.get_or_insert(winner.at));
                    if same_outcome(winner.rule, loser.rule) || winner.at.0 == loser.at.0 {
                        repeats.entry((winner.at, loser.at)).or_insert((*winner, *loser));
                    }
                }
                if losers.iter().any(|e| e.at.0 != winner.at.0 && !same_outcome(winner.rule, e.rule)) {
                    ties.entry(group.iter().map(|entry| entry.at).collect()).or_insert((group, listener));
                }
            }
            for (entry, taken) in entries.iter().zip(taken_by) {
                let fate = fates.entry(entry.at).or_default();
                fate.entries += 1;
                fate.lost.extend(taken.map(|winner| (winner, listener)));
            }
        }
    }
    findings.extend(ties.values().map(|(group, listener)| tie(group, listener)));
    for ((_, loser), (winner, entry)) in &repeats {
        if same_outcome(winner.rule, entry.rule) && !is_dead(fates.get(loser)) {
            findings.push(duplicate(winner, entry));
        }
    }
    for (at, fate) in fates.iter().filter(|(_, fate)| is_dead(Some(fate))) {
        findings.extend(shadowed(model, *at, fate));
    }
    findings
}

fn table<'m>(model: &'m Model, listener: &'m Listener) -> Table<'m> {
    let mut table = Table::new();
    for attached in &listener.attached {
        let Some(route) = model.routes.get(attached.route.0 as usize) else { continue };
        for hostname in &attached.hostnames {
            let (written, effective) = (hostname.written.as_ref(), hostname.effective.as_ref());
            for (i, rule) in route.rules.iter().enumerate() {
                let at = (attached.route, i);
                let list = table.entry((route.kind, effective)).or_default();
                for matched in &rule.matches {
                    list.push(Entry { route, rule, at, matched, written, nth: list.len() });
                }
            }
        }
    }
    table
}

/// Groups of two and more entries that no request tells apart and that rank alike, the winner first: the older
/// route, then the name, then the order in the route (HTTPRouteRule, "matches").
fn identical(mut entries: Vec<Entry<'_>>) -> Vec<Vec<Entry<'_>>> {
    entries.sort_by(|a, b| {
        let age = |e: &Entry<'_>| (e.route.created.is_none(), e.route.created);
        (a.written, age(a), &a.route.name, a.at.1).cmp(&(b.written, age(b), &b.route.name, b.at.1))
    });
    let mut groups: BTreeMap<_, Vec<Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        groups.entry((entry.written, key(entry.matched))).or_default().push(entry);
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

/// Names and values.
type Pairs = Vec<(String, String)>;

/// A match without regard to the order of its predicates and to where it is written.
fn key(matched: &Match) -> (String, Option<String>, Pairs, Pairs) {
    let value = |value: &ValueMatch| match value {
        ValueMatch::Exact(text) => format!("={text}"),
        ValueMatch::Regex(text) => format!("~{text}"),
    };
    let path = match &matched.path {
        PathMatch::Exact(path) => format!("={path}"),
        PathMatch::Prefix(path) => format!("^{path}"),
        PathMatch::Regex(pattern) => format!("~{pattern}"),
        PathMatch::Grpc(call) => {
            format!("{:?}\0{:?}", call.service.as_ref().map(value), call.method.as_ref().map(value))
        }
    };
    let mut headers: Vec<_> = matched.headers.iter().map(|h| (h.name.to_string(), value(&h.value))).collect();
    let mut query: Vec<_> = matched.query.iter().map(|q| (q.name.to_string(), value(&q.value))).collect();
    headers.sort();
    query.sort();
    (path, matched.method.as_ref().map(ToString::to_string), headers, query)
}

/// Entries behind one that takes everything on the same hosts and ranks higher, because its route writes a more
/// specific hostname.
fn covered(entries: &[Entry<'_>]) -> Vec<(RuleRef, usize)> {
    let best =
        entries.iter().filter(|entry| takes_everything(entry.matched)).max_by_key(|e| specificity(e.written));
    let Some(best) = best else { return Vec::new() };
    let behind = entries.iter().filter(|entry| specificity(entry.written) < specificity(best.written));
    behind.map(|entry| (best.at, entry.nth)).collect()
}

fn specificity(written: Option<&HostPattern>) -> (bool, usize) {
    match written {
        None => (false, 0),
        Some(HostPattern::Wildcard(suffix)) => (false, suffix.len() + 2),
        Some(HostPattern::Exact(name)) => (true, name.len()),
    }
}

fn takes_everything(matched: &Match) -> bool {
    let any_path = matches!(&matched.path, PathMatch::Prefix(prefix) if prefix.is_empty());
    any_path && matched.method.is_none() && matched.headers.is_empty() && matched.query.is_empty()
}

fn is_dead(fate: Option<&Fate<'_>>) -> bool {
    fate.is_some_and(|fate| fate.entries > 0 && fate.lost.len() >= fate.entries)
}

/// Whether two rules do the same to a request, wherever they are written.
fn same_outcome(a: &Rule, b: &Rule) -> bool {
    let bare = |rule: &Rule| Rule {
        name: None,
        matches: Vec::new(),
        filters: without_origins(&rule.filters),
        backends: rule
            .backends
            .iter()
            .cloned()
            .map(|mut backend| {
                backend.origin = Origin::default();
                backend.filters = without_origins(&backend.filters);
                backend
            })
            .collect(),
        origin: Origin::default(),
        ..rule.clone()
    };
    bare(a) == bare(b)
}

fn without_origins(filters: &Filters) -> Filters {
    let bare = |mirror: &Mirror| Mirror { origin: Origin::default(), ..mirror.clone() };
    let mirrors = filters.mirrors.iter().map(bare).collect();
    let bare = |auth: &ExternalAuth| ExternalAuth { origin: Origin::default(), ..auth.clone() };
    Filters { mirrors, auth: filters.auth.iter().map(bare).collect(), ..filters.clone() }
}

fn tie(group: &[Entry<'_>], listener: &Listener) -> Finding {
    let Some((winner, losers)) = group.split_first() else {
        return Finding::new(&codes::GL203, Origin::default(), "");
    };
    let name = |entry: &Entry<'_>| format!("{} {}", entry.route.kind, entry.route.name);
    let others = losers.iter().map(name).collect::<Vec<_>>().join(" and ");
    let host = winner.written.map_or_else(|| "any host".to_owned(), ToString::to_string);
    let why = match losers.first().map(|loser| (winner.route.created, loser.route.created)) {
        Some((a, b)) if a != b => "its route is the oldest",
        _ => "its route comes first by namespace and name",
    };
    let message = format!(
        "{} routes have the same match for {host} on listener {}: {} takes every {} because {why}; {others} get none",
        group.len(),
        listener.name,
        name(winner),
        taken(winner.route.kind),
    );
    let help = match winner.route.kind {
        RouteKind::Http | RouteKind::Grpc => {
            "give the matches different paths, headers or hostnames, or put all backends into one rule with weights"
        }
        RouteKind::Tls => {
            "give the routes different hostnames, or put all backends into one rule with weights"
        }
        RouteKind::Tcp | RouteKind::Udp => {
            "give each route a listener of its own, or put all backends into one rule with weights"
        }
    };
    let finding = Finding::new(&codes::GL203, winner.matched.origin.clone(), message).help(help);
    losers.iter().fold(finding, |finding, loser| {
        finding.related(format!("{} has the same match", name(loser)), loser.matched.origin.clone())
    })
}

/// What a rule of a route takes.
fn taken(kind: RouteKind) -> &'static str {
    match kind {
        RouteKind::Http | RouteKind::Grpc => "request",
        RouteKind::Tls | RouteKind::Tcp => "connection",
        RouteKind::Udp => "datagram",
    }
}

fn duplicate(winner: &Entry<'_>, loser: &Entry<'_>) -> Finding {
    let message = format!(
        "{} {} repeats a match of {} {} that does the same",
        loser.route.kind, loser.route.name, winner.route.kind, winner.route.name
    );
    Finding::new(&codes::GL204, loser.matched.origin.clone(), message)
        .help("remove one of the two")
        .related("the match that is used", winner.matched.origin.clone())
}

fn shadowed(model: &Model, (route, rule): RuleRef, fate: &Fate<'_>) -> Option<Finding> {
    let find = |(route, rule): RuleRef| {
        let route = model.routes.get(route.0 as usize)?;
        Some((route, route.rules.get(rule)?))
    };
    let (route, written) = find((route, rule))?;
    let &(winner, listener) = fate.lost.first()?;
    let (by_route, by_rule) = find(winner)?;
    let same = if same_outcome(written, by_rule) { codes::GL204 } else { codes::GL201 };
    let message = format!(
        "no {} reaches rule {rule} of {} {}: rule {} of {} {} takes them all on listener {}",
        taken(route.kind),
        route.kind,
        route.name,
        winner.1,
        by_route.kind,
        by_route.name,
        listener.name
    );
    Some(
        Finding::new(&same, written.origin.clone(), message)
            .help(match route.kind {
                RouteKind::Http | RouteKind::Grpc => "make its match more specific, or remove the rule",
                _ => "give its route a hostname or listener of its own, or remove it",
            })
            .related("the rule that takes its requests", by_rule.origin.clone()),
    )
}

use std::collections::{BTreeMap, HashMap};

use super::cell::{Cell, asks};
use super::effect::Effect;
use super::hosts::Hosts;
use super::reach::MatchRef;
use super::scene::{Host, Marks, Memo, Scene, Visit};
use super::unknown::{Reason, Unknown};
use super::witness::Witness;
use crate::explain::Criterion;
use crate::model::{HostPattern, ListenerId, Match, PathMatch, ValueMatch};
use crate::router::Row;
use crate::{Connect, Router};

/// What several matches claim, and what none does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlaps {
    /// By winner, then by loser.
    pub pairs: Vec<Overlap>,
    /// For each listener, hosts that its routes name and requests of theirs that no rule takes.
    pub gaps: BTreeMap<ListenerId, Vec<(Hosts, Witness)>>,
    /// What could not be found out.
    pub unknown: Vec<Unknown>,
}

/// A request that two matches of different routes claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// It goes here.
    pub winner: MatchRef,
    /// Not here.
    pub loser: MatchRef,
    /// What put the winner first: [`Criterion::Age`] or [`Criterion::Name`] where only the order of creation or the names do.
    pub criterion: Criterion,
    /// Whether both ask for the very same thing.
    pub identical: bool,
    /// Whether both do the same with it.
    pub same_effect: bool,
    /// The listener it comes to.
    pub listener: ListenerId,
    /// The hostname by which the winner takes it, as its route writes it; `None`: any.
    pub hostname: Option<HostPattern>,
    /// The request, or connection.
    pub witness: Witness,
}

/// Requests that two matches of different routes claim: those between which only age or name decides, and those of
/// two namespaces that name the same path on the same host. Also the hosts with requests that no rule takes. Exact over all requests of
/// [the model](super), but for repeated lines of one header: a header counts with one value here.
#[must_use]
pub fn overlaps(router: &Router) -> Overlaps {
    let marks = Marks::default();
    let mut memo = Memo::default();
    let mut search =
        Search { router, found: BTreeMap::new(), effects: HashMap::new(), all: Overlaps::default() };
    for scene in Scene::all(&[router], &marks) {
        scene.visit(&mut memo, &mut search);
    }
    search.all.pairs = search.found.into_values().collect();
    search.all
}

struct Search<'r> {
    router: &'r Router,
    found: BTreeMap<(MatchRef, MatchRef), Overlap>,
    effects: HashMap<MatchRef, Effect>,
    all: Overlaps,
}

impl<'r> Search<'r> {
    fn same_effect(&mut self, a: &Row<'r>, b: &Row<'r>) -> bool {
        for row in [a, b] {
            let of = || Effect::of(self.router.model(), row.listener, row.route.kind, row.rule, row.matched);
            self.effects.entry(row.hit.into()).or_insert_with(of);
        }
        self.effects.get(&a.hit.into()) == self.effects.get(&b.hit.into())
    }

    /// Whether two matches of one cell are of interest, and what puts the first before the second.
    fn interest(&self, a: &Row<'r>, b: &Row<'r>) -> Option<Criterion> {
        if a.hit.route == b.hit.route || self.found.contains_key(&(a.hit.into(), b.hit.into())) {
            return None;
        }
        let criterion = self.router.precedence(a, b);
        let tie = matches!(criterion, Criterion::Age | Criterion::Name);
        let foreign = a.route.name.namespace != b.route.name.namespace
            && a.hostname.written == b.hostname.written
            && same_path(&a.matched.path, &b.matched.path);
        ((tie || foreign) && !excludes(a.matched, b.matched)).then_some(criterion)
    }

    fn note(&mut self, (a, b): (&Row<'r>, &Row<'r>), criterion: Criterion, witness: Witness) {
        let overlap = Overlap {
            winner: a.hit.into(),
            loser: b.hit.into(),
            criterion,
            identical: a.hostname.written == b.hostname.written
                && same_path(&a.matched.path, &b.matched.path)
                && asks(a.matched) == asks(b.matched),
            same_effect: self.same_effect(a, b),
            listener: a.hit.listener,
            hostname: a.hostname.written.clone(),
            witness,
        };
        self.found.insert((overlap.winner, overlap.loser), overlap);
    }

    fn give_up(&mut self, row: Option<&Row<'r>>, reason: Reason) {
        let origin = row.map(|row| row.matched.origin.clone()).unwrap_or_default();
        let unknown = Unknown { reason, origin };
        if !self.all.unknown.contains(&unknown) {
            self.all.unknown.push(unknown);
        }
    }

    fn gap(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>) {
        let named = cell.host.positions.first().is_some_and(|positions| !positions.is_empty());
        let seat = cell.host.seats.first().copied().flatten();
        let Some(listener) = seat.and_then(|seat| self.router.listener_at(seat.group)) else { return };
        let hosts = &cell.host.hosts;
        let known = self.all.gaps.get(&listener);
        if !named || cell.is_closed(0) || known.is_some_and(|gaps| gaps.iter().any(|(one, _)| one == hosts)) {
            return;
        }
        let witness = cell.plain();
        if cell.winner(0, &witness, memo) == Ok(None) {
            self.all.gaps.entry(listener).or_default().push((hosts.clone(), witness));
        }
    }
}

impl<'r> Visit<'r> for Search<'r> {
    fn connection(&mut self, scene: &Scene<'r>, host: &Host<'r>) {
        let (Some(Some(side)), Some(rows), Some(positions)) =
            (scene.sides.first(), host.rows.first(), host.positions.first())
        else {
            return;
        };
        let connected = side.router.connect(side.entry, &scene.opening(side, host));
        let Connect::Rule(hit) = connected else { return };
        let mut rows = positions.iter().filter_map(|position| rows.get(*position));
        let Some(winner) = rows.find(|row| row.hit == hit) else { return };
        for loser in rows {
            if let Some(criterion) = self.interest(winner, loser) {
                self.note((winner, loser), criterion, scene.connection(host));
            }
        }
    }

    fn cell(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>) {
        self.gap(cell, memo);
        let positions = cell.live(0).iter().copied().chain(cell.beyond(0));
        let rows: Vec<(u32, &Row<'r>)> = positions.filter_map(|one| Some((one, cell.row(0, one)?))).collect();
        for (index, (position, a)) in rows.iter().enumerate() {
            for (_, b) in rows.iter().skip(index + 1) {
                memo.steps += 1;
                let Some(criterion) = self.interest(a, b) else { continue };
                match shared(cell, (*position, a), b, memo) {
                    Ok(None) => {}
                    Ok(Some(witness)) => self.note((a, b), criterion, witness),
                    Err(reason) => self.give_up(Some(b), reason),
                }
            }
            if memo.is_spent() {
                return;
            }
        }
    }

    fn unknown(&mut self, host: &Host<'r>, reason: Reason) {
        let rows = host.rows.iter().zip(&host.positions);
        let row = rows.into_iter().find_map(|(rows, positions)| rows.get(*positions.first()?));
        self.give_up(row, reason);
    }
}

/// A request that both match and the first takes.
fn shared<'r>(
    cell: &Cell<'_, 'r>,
    (position, a): (u32, &Row<'r>),
    b: &Row<'r>,
    memo: &mut Memo<'r>,
) -> Result<Option<Witness>, Reason> {
    for witness in cell.candidates(&[a.matched, b.matched], false, memo)? {
        if cell.winner(0, &witness, memo)? == Some(position) {
            return Ok(Some(witness));
        }
    }
    Ok(None)
}

fn same_path(a: &PathMatch, b: &PathMatch) -> bool {
    match (a, b) {
        (PathMatch::Prefix(a), PathMatch::Prefix(b)) => a.trim_end_matches('/') == b.trim_end_matches('/'),
        _ => a == b,
    }
}

/// Whether it is plain that no request satisfies both.
fn excludes(a: &Match, b: &Match) -> bool {
    let differ = |a: &ValueMatch, b: &ValueMatch| matches!((a, b), (ValueMatch::Exact(a), ValueMatch::Exact(b)) if a != b);
    let methods = matches!((&a.method, &b.method), (Some(a), Some(b)) if a != b);
    let mut headers = a.headers.iter().flat_map(|one| b.headers.iter().map(move |other| (one, other)));
    let mut query = a.query.iter().flat_map(|one| b.query.iter().map(move |other| (one, other)));
    methods
        || headers.any(|(a, b)| a.name == b.name && differ(&a.value, &b.value))
        || query.any(|(a, b)| a.name == b.name && differ(&a.value, &b.value))
}

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::cell::{Cell, asks, conditions, only_joined};
use super::change::{Change, ChangeKind, Party};
use super::comparing::Comparing;
use super::effect::Effect;
use super::scene::{Host, Marks, Memo, Scene, Visit};
use super::unknown::{Reason, Unknown};
use super::witness::Witness;
use crate::decision::MissReason;
use crate::model::{Match, Origin};
use crate::router::{Plane, Row, Seat};
use crate::{Hit, Router};

/// Which requests a change treats otherwise. None and nothing unknown: the two are proved to do the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// By kind, gravest first, then by witness.
    pub changes: Vec<Change>,
    /// What could not be compared.
    pub unknown: Vec<Unknown>,
    /// For each waiver, how many classes of requests it waived.
    pub waived: Vec<usize>,
}

impl Diff {
    /// Whether it is proved that nothing changes.
    #[must_use]
    pub fn is_equivalent(&self) -> bool {
        self.changes.is_empty() && self.unknown.is_empty() && self.waived.iter().all(|count| *count == 0)
    }
}

/// All requests that have another effect on `after` than on `before`, for each Gateway and port of either.
///
/// Exact over all requests of [the model](super): a request with another effect is in a change, or in what is unknown.
/// Effects are compared by names and values ([`Effect`]), not by where they are written. Where only the order of rules
/// or their texts differ, nothing is reported.
#[must_use]
pub fn diff(before: &Router, after: &Router) -> Diff {
    diff_with(before, after, &Comparing::default())
}

/// [`diff`], with what the routers do not hold, of some of the requests, but for what is waived.
#[must_use]
pub fn diff_with(before: &Router, after: &Router, comparing: &Comparing) -> Diff {
    let scopes = || [&comparing.within].into_iter().chain(comparing.waivers.iter().map(|one| &one.scope));
    let hosts = scopes().flat_map(|scope| scope.hosts.iter().map(|(host, _)| host.clone()));
    let paths = scopes().flat_map(|scope| scope.paths.iter().map(|(path, _)| path.clone()));
    let marks = Marks { hosts: hosts.collect(), paths: paths.collect() };
    let mut memo = Memo::default();
    let mut comparison = Comparison::new(comparing);
    let scenes = Scene::all(&[before, after], &marks).into_iter();
    for scene in scenes.filter(|scene| comparing.within.covers(scene)) {
        comparison.seats = Default::default();
        scene.visit(&mut memo, &mut comparison);
    }
    let mut changes: Vec<Change> = comparison.changes.into_values().collect();
    changes.sort_by(|a, b| (a.kind, a.witness.weight(), a.port).cmp(&(b.kind, b.witness.weight(), b.port)));
    Diff { changes, unknown: comparison.unknown, waived: comparison.waived }
}

/// What is one change: kind, port, plane, and the rules before and after.
type Key = (ChangeKind, u16, Plane, String, Option<Hit2>, Option<Hit2>);
type Hit2 = (u32, u16, u16);

pub(super) struct Comparison<'c> {
    pub(super) comparing: &'c Comparing,
    waived: Vec<usize>,
    changes: BTreeMap<Key, Change>,
    unknown: Vec<Unknown>,
    pub(super) effects: Vec<Effect>,
    /// By side and hit: index into `effects`.
    ids: HashMap<(usize, Hit), usize>,
    /// Effects by their words: where equal ones are looked for.
    by_words: HashMap<String, Vec<usize>>,
    /// For each side, the other side's seat of the same hosts, and one of these hosts.
    pub(super) seats: [BTreeMap<Seat, (Seat, String)>; 2],
}

/// What takes a request on one side.
#[derive(Clone, Copy)]
struct Taker<'a, 'r> {
    row: Option<&'a Row<'r>>,
    position: Option<u32>,
    effect: usize,
}

impl<'c> Comparison<'c> {
    fn new(comparing: &'c Comparing) -> Self {
        Self {
            comparing,
            waived: vec![0; comparing.waivers.len()],
            changes: BTreeMap::new(),
            unknown: Vec::new(),
            effects: Vec::new(),
            ids: HashMap::new(),
            by_words: HashMap::new(),
            seats: Default::default(),
        }
    }

    /// Whether somebody said that this change is meant.
    pub(super) fn waives(
        &mut self,
        scene: &Scene<'_>,
        host: &Host<'_>,
        path: &str,
        kind: ChangeKind,
    ) -> bool {
        let found = self.comparing.waivers.iter().position(|waiver| {
            let scope = &waiver.scope;
            waiver.is_of(kind) && scope.covers(scene) && scope.has_host(host) && scope.has_path(path)
        });
        if let Some(count) = found.and_then(|index| self.waived.get_mut(index)) {
            *count += 1;
        }
        found.is_some()
    }

    pub(super) fn intern(&mut self, effect: Effect) -> usize {
        // Why something is an error does not tell errors apart.
        let words = match &effect {
            Effect::Error { status, .. } => status.to_string(),
            other => other.to_string(),
        };
        let known = self.by_words.entry(words).or_default();
        if let Some(same) = known.iter().find(|id| self.effects.get(**id) == Some(&effect)) {
            return *same;
        }
        known.push(self.effects.len());
        self.effects.push(effect);
        self.effects.len() - 1
    }

    pub(super) fn effect(&mut self, side: usize, scene: &Scene<'_>, row: &Row<'_>) -> usize {
        if let Some(id) = self.ids.get(&(side, row.hit)) {
            return *id;
        }
        let Some(Some(at)) = scene.sides.get(side) else { return self.intern(Effect::Closed) };
        let model = at.router.model();
        let effect = Effect::of(model, row.listener, row.route.kind, row.rule, row.matched);
        let beside = self.comparing.beside.get(side);
        let id =
            self.intern(beside.map_or_else(|| effect.clone(), |one| effect.clone().beside(one, row.hit)));
        self.ids.insert((side, row.hit), id);
        id
    }

    /// The effect where no rule takes a request.
    fn missing(&mut self, side: usize, scene: &Scene<'_>, host: &Host<'_>) -> usize {
        let seat = host.seats.get(side).copied().flatten();
        self.intern(match (scene.sides.get(side).copied().flatten(), seat) {
            (None, _) => Effect::Closed,
            (Some(_), None) => Effect::miss(MissReason::NoListener),
            (Some(at), Some(seat)) => Effect::missed(at.router, at.router.listener_at(seat.group)),
        })
    }

    /// Everything that can take a request of a cell on one side.
    fn takers<'a, 'r>(&mut self, side: usize, cell: &'a Cell<'_, 'r>) -> Vec<Taker<'a, 'r>> {
        let mut takers = Vec::new();
        for position in cell.live(side) {
            let Some(row) = cell.row(side, *position) else { continue };
            let effect = self.effect(side, cell.scene, row);
            takers.push(Taker { row: Some(row), position: Some(*position), effect });
        }
        if !cell.is_closed(side) {
            let effect = self.missing(side, cell.scene, cell.host);
            takers.push(Taker { row: None, position: None, effect });
        }
        takers
    }

    fn pair<'r>(
        &mut self,
        cell: &Cell<'_, 'r>,
        (a, b): (Taker<'_, 'r>, Taker<'_, 'r>),
        memo: &mut Memo<'r>,
    ) -> Result<(), Reason> {
        let matches: Vec<&'r Match> = [a.row, b.row].into_iter().flatten().map(|row| row.matched).collect();
        let mut joined = false;
        for witness in cell.candidates(&matches, true, memo)? {
            let winners = [cell.winner(0, &witness, memo)?, cell.winner(1, &witness, memo)?];
            if winners == [a.position, b.position] {
                self.note(cell, (a, b), &matches, witness);
                return Ok(());
            }
            let rows = winners.iter().enumerate().filter_map(|(side, position)| cell.row(side, (*position)?));
            joined |= rows.into_iter().any(|row| only_joined(row.matched, &witness));
        }
        if joined { Err(Reason::RepeatedHeader) } else { Ok(()) }
    }

    fn note<'r>(
        &mut self,
        cell: &Cell<'_, 'r>,
        (a, b): (Taker<'_, 'r>, Taker<'_, 'r>),
        matches: &[&Match],
        witness: Witness,
    ) {
        let conditions = conditions(matches);
        let party = |taker: Taker<'_, 'r>| Party {
            effect: self.effects.get(taker.effect).cloned().unwrap_or(Effect::Closed),
            matched: taker.row.map(|row| row.hit.into()),
        };
        let (before, after) = (party(a), party(b));
        let kind = ChangeKind::between(&before.effect, &after.effect);
        if self.waives(cell.scene, cell.host, cell.path, kind) {
            return;
        }
        self.add(
            cell.scene,
            cell.host,
            Change {
                kind,
                gateway: cell.scene.gateway.clone(),
                port: cell.scene.port,
                hosts: [cell.host.hosts.clone()].into(),
                paths: [cell.paths_in_words()].into(),
                conditions,
                before,
                after,
                witness,
            },
        );
    }

    pub(super) fn add(&mut self, scene: &Scene<'_>, host: &Host<'_>, change: Change) {
        let hit = |party: &Party| party.matched.map(|one| (one.route.0, one.rule, one.matched));
        let place = match (change.before.matched, change.after.matched) {
            (None, None) if matches!(change.before.effect, Effect::Secured(_)) => {
                format!("{} {}", change.before.effect, change.after.effect)
            }
            // Nobody's requests before, nobody's after: each class of hosts is a change of its own.
            (None, None) => host.hosts.to_string(),
            _ => scene.gateway.to_string(),
        };
        let key = (change.kind, scene.port, scene.plane, place, hit(&change.before), hit(&change.after));
        match self.changes.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(change)),
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.hosts.extend(change.hosts);
                known.paths.extend(change.paths);
                if change.witness.weight() < known.witness.weight() {
                    known.witness = change.witness;
                }
            }
        }
    }

    fn give_up(&mut self, host: &Host<'_>, reason: Reason, origin: Option<&Origin>) {
        let first = || {
            let mut sides = host.rows.iter().zip(&host.positions);
            let row = sides.find_map(|(rows, positions)| rows.get(*positions.first()?));
            row.map(|row| row.matched.origin.clone()).unwrap_or_default()
        };
        let unknown = Unknown { reason, origin: origin.cloned().unwrap_or_else(first) };
        if !self.unknown.contains(&unknown) {
            self.unknown.push(unknown);
        }
    }
}

/// For each taker, the first of the other side that asks for the same.
fn twins(takers: &[Taker<'_, '_>], others: &[Taker<'_, '_>]) -> Vec<Option<usize>> {
    fn asked<'r>(taker: &Taker<'_, 'r>) -> Option<impl Eq + Hash + 'r> {
        taker.row.map(|row| asks(row.matched))
    }
    let mut first = HashMap::new();
    for (index, other) in others.iter().enumerate() {
        first.entry(asked(other)).or_insert(index);
    }
    takers.iter().map(|taker| first.get(&asked(taker)).copied()).collect()
}

impl<'r> Visit<'r> for Comparison<'_> {
    fn host(&mut self, scene: &Scene<'r>, host: &Host<'r>) -> Option<Vec<usize>> {
        if !self.comparing.within.has_host(host) {
            return None;
        }
        self.together(scene, host);
        self.certificates(scene, host);
        Some(vec![usize::MAX; 2])
    }

    fn connection(&mut self, scene: &Scene<'r>, host: &Host<'r>) {
        if !self.comparing.within.has_host(host) {
            return;
        }
        self.certificates(scene, host);
        let before = self.connected(0, scene, host);
        let after = self.connected(1, scene, host);
        if self.effects.get(before.1) == self.effects.get(after.1) {
            return;
        }
        let party = |(hit, effect): (Option<Hit>, usize)| Party {
            effect: self.effects.get(effect).cloned().unwrap_or(Effect::Closed),
            matched: hit.map(Into::into),
        };
        let (before, after) = (party(before), party(after));
        let kind = ChangeKind::between(&before.effect, &after.effect);
        if self.waives(scene, host, "", kind) {
            return;
        }
        let witness = scene.connection(host);
        let hosts = [host.hosts.clone()].into();
        let (gateway, port) = (scene.gateway.clone(), scene.port);
        let (paths, conditions) = ([String::new()].into(), Vec::new());
        self.add(
            scene,
            host,
            Change { kind, gateway, port, hosts, paths, conditions, before, after, witness },
        );
    }

    fn cell(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>) {
        if !self.comparing.within.has_path(cell.path) {
            return;
        }
        let (before, after) = (self.takers(0, cell), self.takers(1, cell));
        let same = |(a, b): (&Taker<'_, 'r>, &Taker<'_, 'r>)| {
            let asks = |taker: &Taker<'_, 'r>| taker.row.map(|row| asks(row.matched));
            a.effect == b.effect && asks(a) == asks(b)
        };
        memo.steps += before.len() as u64;
        if before.len() == after.len() && before.iter().zip(&after).all(same) {
            return;
        }
        // What `a` takes satisfies its twin, so that nothing weaker takes it on the other side; and the other way round.
        let (there, back) = (twins(&before, &after), twins(&after, &before));
        for (i, (a, twin)) in before.iter().zip(&there).enumerate() {
            let least = twin.map_or(after.len(), |twin| twin + 1);
            for (b, twin) in after.iter().zip(&back).take(least) {
                if a.effect == b.effect || twin.is_some_and(|twin| twin < i) {
                    continue;
                }
                memo.steps += 1;
                if let Err(reason) = self.pair(cell, (*a, *b), memo) {
                    let row = a.row.or(b.row);
                    self.give_up(cell.host, reason, row.map(|row| &row.matched.origin));
                }
            }
            if memo.is_spent() {
                return;
            }
        }
    }

    fn unknown(&mut self, host: &Host<'r>, reason: Reason) {
        self.give_up(host, reason, None);
    }
}

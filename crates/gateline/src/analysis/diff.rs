use std::collections::{BTreeMap, HashMap};

use super::cell::{Cell, asks, conditions, only_joined};
use super::change::{Change, ChangeKind, Party};
use super::effect::Effect;
use super::scene::{Host, Marks, Memo, Scene, Visit};
use super::unknown::{Reason, Unknown};
use super::witness::Witness;
use crate::decision::MissReason;
use crate::model::{Match, Origin, Protocol};
use crate::router::{Plane, Row, Seat};
use crate::{Connect, Hit, Router};

/// Which requests a change treats otherwise. None and nothing unknown: the two are proved to do the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// By kind, gravest first, then by witness.
    pub changes: Vec<Change>,
    /// What could not be compared.
    pub unknown: Vec<Unknown>,
}

impl Diff {
    /// Whether it is proved that nothing changes.
    #[must_use]
    pub fn is_equivalent(&self) -> bool {
        self.changes.is_empty() && self.unknown.is_empty()
    }
}

/// All requests that have another effect on `after` than on `before`, for each Gateway and port of either.
///
/// Exact over all requests of [the model](super): a request with another effect is in a change, or in what is unknown.
/// Effects are compared by names and values ([`Effect`]), not by where they are written. Where only the order of rules
/// or their texts differ, nothing is reported.
#[must_use]
pub fn diff(before: &Router, after: &Router) -> Diff {
    let marks = Marks::default();
    let mut memo = Memo::default();
    let mut comparison = Comparison::default();
    for scene in Scene::all(&[before, after], &marks) {
        comparison.seats = Default::default();
        scene.visit(&mut memo, &mut comparison);
    }
    let mut changes: Vec<Change> = comparison.changes.into_values().collect();
    changes.sort_by(|a, b| (a.kind, a.witness.weight(), a.port).cmp(&(b.kind, b.witness.weight(), b.port)));
    Diff { changes, unknown: comparison.unknown }
}

/// What is one change: kind, port, plane, and the rules before and after.
type Key = (ChangeKind, u16, Plane, String, Option<Hit2>, Option<Hit2>);
type Hit2 = (u32, u16, u16);

#[derive(Default)]
struct Comparison {
    changes: BTreeMap<Key, Change>,
    unknown: Vec<Unknown>,
    effects: Vec<Effect>,
    /// By side and hit: index into `effects`.
    ids: HashMap<(usize, Hit), usize>,
    /// Effects by their words: where equal ones are looked for.
    by_words: HashMap<String, Vec<usize>>,
    /// For each side, the other side's seat of the same hosts, and one of these hosts.
    seats: [BTreeMap<Seat, (Seat, String)>; 2],
}

/// What takes a request on one side.
#[derive(Clone, Copy)]
struct Taker<'a, 'r> {
    row: Option<&'a Row<'r>>,
    position: Option<u32>,
    effect: usize,
}

impl Comparison {
    fn intern(&mut self, effect: Effect) -> usize {
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

    fn effect(&mut self, side: usize, scene: &Scene<'_>, row: &Row<'_>) -> usize {
        if let Some(id) = self.ids.get(&(side, row.hit)) {
            return *id;
        }
        let Some(Some(at)) = scene.sides.get(side) else { return self.intern(Effect::Closed) };
        let model = at.router.model();
        let id = self.intern(Effect::of(model, row.listener, row.route.kind, row.rule, row.matched));
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

    fn add(&mut self, scene: &Scene<'_>, host: &Host<'_>, change: Change) {
        let hit = |party: &Party| party.matched.map(|one| (one.route.0, one.rule, one.matched));
        let place = match (change.before.matched, change.after.matched) {
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

impl<'r> Visit<'r> for Comparison {
    fn host(&mut self, scene: &Scene<'r>, host: &Host<'r>) -> Option<Vec<usize>> {
        self.together(scene, host);
        Some(vec![usize::MAX; 2])
    }

    fn connection(&mut self, scene: &Scene<'r>, host: &Host<'r>) {
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
        let (before, after) = (self.takers(0, cell), self.takers(1, cell));
        let same = |(a, b): (&Taker<'_, 'r>, &Taker<'_, 'r>)| {
            let asks = |taker: &Taker<'_, 'r>| taker.row.map(|row| asks(row.matched));
            a.effect == b.effect && asks(a) == asks(b)
        };
        memo.steps += before.len() as u64;
        if before.len() == after.len() && before.iter().zip(&after).all(same) {
            return;
        }
        for a in &before {
            for b in &after {
                memo.steps += 1;
                if a.effect == b.effect {
                    continue;
                }
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

impl Comparison {
    /// Compares which hosts share a listener in TLS: a connection for one serves the other, or answers 421.
    fn together(&mut self, scene: &Scene<'_>, host: &Host<'_>) {
        let [Some(before), Some(after)] = *host.seats else { return };
        if scene.plane != Plane::Secure {
            return;
        }
        let pairs = [(before, after), (after, before)];
        for (side, (seat, other)) in pairs.into_iter().enumerate() {
            let Some(seats) = self.seats.get_mut(side) else { continue };
            let (known, name) = seats.entry(seat).or_insert_with(|| (other, host.name.clone()));
            if *known == other {
                continue;
            }
            let sni = Some(name.clone());
            let protocol = Protocol::Https;
            let witness = Witness { protocol, path: "/".into(), sni, ..scene.connection(host) };
            let party = |misdirected: bool| Party {
                effect: if misdirected { Effect::miss(MissReason::Misdirected) } else { Effect::Requests },
                matched: None,
            };
            // They share a seat on this side and not on the other.
            let change = Change {
                kind: ChangeKind::Tls,
                gateway: scene.gateway.clone(),
                port: scene.port,
                hosts: [host.hosts.clone()].into(),
                paths: ["/**".to_owned()].into(),
                conditions: Vec::new(),
                before: party(side == 1),
                after: party(side == 0),
                witness,
            };
            self.add(scene, host, change);
        }
    }

    /// What becomes of a connection on one side.
    fn connected(&mut self, side: usize, scene: &Scene<'_>, host: &Host<'_>) -> (Option<Hit>, usize) {
        let Some(Some(at)) = scene.sides.get(side) else { return (None, self.intern(Effect::Closed)) };
        let opening = scene.opening(at, host);
        match at.router.connect(at.entry, &opening) {
            Connect::Rule(hit) => {
                let rows = host.rows.get(side);
                let row = rows.and_then(|rows| rows.rows.iter().find(|row| row.hit == hit)).copied();
                let effect = match row {
                    Some(row) => self.effect(side, scene, &row),
                    None => self.intern(Effect::Closed),
                };
                (Some(hit), effect)
            }
            // The requests in it are routed one by one: which rules take them is not what differs here.
            Connect::Http | Connect::Https(_) => (None, self.intern(Effect::Requests)),
            Connect::Refuse(_) => (None, self.intern(Effect::Connect { mode: None, backends: Vec::new() })),
        }
    }
}

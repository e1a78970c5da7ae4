use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::cell::Cell;
use super::scene::{Host, Marks, Memo, Scene, Visit};
use super::unknown::Reason;
use super::witness::Witness;
use crate::model::{Match, Model, Route, RouteId, RouteKind};
use crate::router::Row;
use crate::{Connect, Hit, Router};

/// A match of a rule, wherever it is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchRef {
    /// The route.
    pub route: RouteId,
    /// Index into its rules.
    pub rule: u16,
    /// Index into the rule's matches.
    pub matched: u16,
}

impl MatchRef {
    /// The route and the match in a model.
    #[must_use]
    pub fn get(self, model: &Model) -> Option<(&Route, &Match)> {
        let route = model.routes.get(self.route.0 as usize)?;
        let rule = route.rules.get(usize::from(self.rule))?;
        Some((route, rule.matches.get(usize::from(self.matched))?))
    }
}

/// Whether some request reaches a match.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// This one does.
    Reached(Box<Witness>),
    /// None does, proved: these take all that it matches.
    Covered(BTreeSet<MatchRef>),
    /// None does, proved: there is no request that it matches.
    NeverMatches,
    /// It could not be found out.
    Unknown(Reason),
}

impl From<Hit> for MatchRef {
    fn from(hit: Hit) -> Self {
        Self { route: hit.route, rule: hit.rule, matched: hit.matched }
    }
}

/// Whether each match that is attached to a listener is reached by some request, for each Gateway as it serves alone.
///
/// Exact over all requests of [the model](super): a match without a witness is proved to get nothing. Each witness was
/// decided by the router. Time grows with the classes of hosts and paths, and with the matches that compete for one.
#[must_use]
pub fn reach(router: &Router) -> BTreeMap<MatchRef, Reach> {
    let marks = Marks::default();
    let mut memo = Memo::default();
    let mut first = Pass::new(router);
    for scene in Scene::all(&[router], &marks) {
        scene.visit(&mut memo, &mut first);
    }
    let dead = |of: &&MatchRef| !first.witnesses.contains_key(of) && !first.unknown.contains_key(of);
    let dead: BTreeSet<MatchRef> = first.attached.iter().filter(dead).copied().collect();
    let mut second =
        Covering { dead: &dead, covers: BTreeMap::new(), alone: BTreeMap::new(), unknown: BTreeMap::new() };
    if !dead.is_empty() {
        for scene in Scene::all(&[router], &marks) {
            scene.visit(&mut memo, &mut second);
        }
    }
    let Covering { mut covers, alone, unknown: unproved, .. } = second;
    // One that takes all of it by itself says more than the many that share it.
    for (of, each) in alone {
        if let Some(one) = each.into_iter().find(|one| first.witnesses.contains_key(one)) {
            covers.insert(of, BTreeSet::from([one]));
        }
    }
    let Pass { attached, mut witnesses, mut unknown, .. } = first;
    unknown.extend(unproved);
    let verdict = |of: MatchRef| {
        let verdict = match (witnesses.remove(&of), unknown.remove(&of), covers.remove(&of)) {
            (Some(witness), ..) => Reach::Reached(Box::new(witness)),
            (None, Some(reason), _) => Reach::Unknown(reason),
            (None, None, Some(covers)) => Reach::Covered(covers),
            (None, None, None) => Reach::NeverMatches,
        };
        (of, verdict)
    };
    attached.into_iter().map(verdict).collect()
}

/// Looks for a witness of each match.
struct Pass {
    attached: BTreeSet<MatchRef>,
    witnesses: BTreeMap<MatchRef, Witness>,
    unknown: BTreeMap<MatchRef, Reason>,
}

impl Pass {
    fn new(router: &Router) -> Self {
        let model = router.model();
        let mut attached = BTreeSet::new();
        for listener in &model.listeners {
            for RouteId(route) in listener.attached.iter().map(|attached| attached.route) {
                let Some(rules) = model.routes.get(route as usize) else { continue };
                let serves = listener.protocol.carries(rules.kind);
                for (rule, matches) in (0..).zip(&rules.rules).filter(|_| serves) {
                    let matches = (0..).zip(&matches.matches);
                    attached.extend(matches.map(|(matched, _)| MatchRef {
                        route: RouteId(route),
                        rule,
                        matched,
                    }));
                }
            }
        }
        Self { attached, witnesses: BTreeMap::new(), unknown: BTreeMap::new() }
    }

    fn wants(&self, row: &Row<'_>) -> bool {
        !self.witnesses.contains_key(&row.hit.into())
    }
}

impl<'r> Visit<'r> for Pass {
    /// Nothing stronger than the last match without a witness is left out.
    fn host(&mut self, _: &Scene<'r>, host: &Host<'r>) -> Option<Vec<usize>> {
        let (rows, positions) = (host.rows.first()?, host.positions.first()?);
        let wanted = |position: &u32| rows.get(*position).is_some_and(|row| self.wants(row));
        let last = positions.iter().rposition(wanted)?;
        Some(vec![last + 1])
    }

    fn connection(&mut self, scene: &Scene<'r>, host: &Host<'r>) {
        if let Some((hit, witness)) = connected(scene, host) {
            self.witnesses.entry(hit.into()).or_insert(witness);
        }
    }

    fn cell(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>) {
        for position in cell.live(0) {
            let Some(row) = cell.row(0, *position) else { continue };
            if !self.wants(row) {
                continue;
            }
            match reached(cell, *position, row, memo) {
                Ok(Some(witness)) => drop(self.witnesses.insert(row.hit.into(), witness)),
                Ok(None) => {}
                Err(reason) => drop(self.unknown.entry(row.hit.into()).or_insert(reason)),
            }
        }
    }

    fn unknown(&mut self, host: &Host<'r>, reason: Reason) {
        note(host, &reason, &mut self.unknown);
    }
}

fn note(host: &Host<'_>, reason: &Reason, unknown: &mut BTreeMap<MatchRef, Reason>) {
    for (rows, positions) in host.rows.iter().zip(&host.positions) {
        for row in positions.iter().filter_map(|position| rows.get(*position)) {
            unknown.entry(row.hit.into()).or_insert_with(|| reason.clone());
        }
    }
}

/// A request of the cell that this position takes.
fn reached<'r>(
    cell: &Cell<'_, 'r>,
    position: u32,
    row: &Row<'r>,
    memo: &mut Memo<'r>,
) -> Result<Option<Witness>, Reason> {
    for witness in cell.candidates(&[row.matched], false, memo)? {
        if cell.winner(0, &witness, memo)? == Some(position) {
            return Ok(Some(witness));
        }
    }
    Ok(None)
}

/// The rule that takes the connections of a class, with the proof.
fn connected(scene: &Scene<'_>, host: &Host<'_>) -> Option<(Hit, Witness)> {
    let side = scene.sides.first()?.as_ref()?;
    match side.router.connect(side.entry, &scene.opening(side, host)) {
        Connect::Rule(hit) => Some((hit, scene.connection(host))),
        Connect::Http | Connect::Https(_) | Connect::Refuse(_) => None,
    }
}

/// Finds who takes what dead matches ask for.
struct Covering<'d> {
    dead: &'d BTreeSet<MatchRef>,
    covers: BTreeMap<MatchRef, BTreeSet<MatchRef>>,
    /// Those each of which takes, or would take, all.
    alone: BTreeMap<MatchRef, BTreeSet<MatchRef>>,
    unknown: BTreeMap<MatchRef, Reason>,
}

impl<'r> Visit<'r> for Covering<'_> {
    fn host(&mut self, _: &Scene<'r>, host: &Host<'r>) -> Option<Vec<usize>> {
        let (rows, positions) = (host.rows.first()?, host.positions.first()?);
        let dead =
            |position: &u32| rows.get(*position).is_some_and(|row| self.dead.contains(&row.hit.into()));
        Some(vec![positions.iter().rposition(dead)? + 1])
    }

    fn connection(&mut self, scene: &Scene<'r>, host: &Host<'r>) {
        let Some((winner, _)) = connected(scene, host) else { return };
        let (Some(rows), Some(positions)) = (host.rows.first(), host.positions.first()) else { return };
        for row in positions.iter().filter_map(|position| rows.get(*position)) {
            let same = matches!(row.route.kind, RouteKind::Tls | RouteKind::Tcp | RouteKind::Udp);
            if same && self.dead.contains(&row.hit.into()) {
                self.covers.entry(row.hit.into()).or_default().insert(winner.into());
            }
        }
    }

    fn cell(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>) {
        for position in cell.merged(0) {
            memo.steps += 1;
            let Some(row) = cell.row(0, position) else { continue };
            if !self.dead.contains(&row.hit.into()) {
                continue;
            }
            if let Err(reason) = self.covering(cell, position, row, memo) {
                self.unknown.entry(row.hit.into()).or_insert(reason);
            }
        }
    }

    fn unknown(&mut self, host: &Host<'r>, reason: Reason) {
        note(host, &reason, &mut self.unknown);
    }
}

impl Covering<'_> {
    /// Notes who takes the requests of the cell that a match asks for.
    fn covering<'r>(
        &mut self,
        cell: &Cell<'_, 'r>,
        position: u32,
        row: &Row<'r>,
        memo: &mut Memo<'r>,
    ) -> Result<(), Reason> {
        let of = MatchRef::from(row.hit);
        for witness in cell.candidates(&[row.matched], false, memo)? {
            let Some(winner) = cell.winner(0, &witness, memo)? else { continue };
            let stronger = cell.holding(0, position, &witness, memo);
            let stronger =
                stronger.into_iter().filter_map(|one| cell.row(0, one)).map(|row| MatchRef::from(row.hit));
            let stronger: BTreeSet<MatchRef> = stronger.filter(|one| *one != of).collect();
            self.covers.entry(of).or_default().extend(cell.row(0, winner).map(|row| MatchRef::from(row.hit)));
            match self.alone.entry(of) {
                Entry::Vacant(entry) => drop(entry.insert(stronger)),
                Entry::Occupied(mut entry) => entry.get_mut().retain(|one| stronger.contains(one)),
            }
        }
        Ok(())
    }
}

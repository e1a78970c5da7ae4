use std::collections::{BTreeMap, BTreeSet};

use super::cell::Cell;
use super::claim::Scope;
use super::reach::MatchRef;
use super::scene::{Host, Memo, Scene, Visit};
use super::unknown::Reason;
use super::witness::Witness;
use crate::Router;
use crate::model::Match;

/// Those of the matches asked about that take some request of a scope, each with one it takes. Those for which that could
/// not be found out are left out.
///
/// Exact over all requests of [the model](super), as [`super::reach`] is; connections are not looked at.
#[must_use]
pub fn takers(router: &Router, scope: &Scope, of: &BTreeSet<MatchRef>) -> BTreeMap<MatchRef, Witness> {
    let (marks, asks) = (scope.marks(), scope.asks());
    let mut memo = Memo::default();
    let mut search = Search { scope, asks: &asks, of, found: BTreeMap::new() };
    for scene in Scene::all(&[router], &marks).into_iter().filter(|scene| scope.covers(scene)) {
        scene.visit(&mut memo, &mut search);
    }
    search.found
}

struct Search<'s> {
    scope: &'s Scope,
    asks: &'s Match,
    of: &'s BTreeSet<MatchRef>,
    found: BTreeMap<MatchRef, Witness>,
}

impl<'s> Search<'s> {
    fn taken<'r>(
        &self,
        cell: &Cell<'_, 'r>,
        position: u32,
        memo: &mut Memo<'r>,
    ) -> Result<Option<(MatchRef, Witness)>, Reason>
    where
        's: 'r,
    {
        let Some(row) = cell.row(0, position) else { return Ok(None) };
        let of = MatchRef::from(row.hit);
        if !self.of.contains(&of) || self.found.contains_key(&of) {
            return Ok(None);
        }
        for witness in cell.candidates(&[self.asks, row.matched], false, memo)? {
            if cell.winner(0, &witness, memo)? == Some(position) {
                return Ok(Some((of, witness)));
            }
        }
        Ok(None)
    }
}

impl<'r, 's: 'r> Visit<'r> for Search<'s> {
    fn host(&mut self, _: &Scene<'r>, host: &Host<'r>) -> Option<Vec<usize>> {
        let (rows, positions) = (host.rows.first()?, host.positions.first()?);
        let wanted = |position: &u32| {
            let of = rows.get(*position).map(|row| MatchRef::from(row.hit));
            of.is_some_and(|of| self.of.contains(&of) && !self.found.contains_key(&of))
        };
        let last = positions.iter().rposition(wanted).filter(|_| self.scope.has_host(host))?;
        Some(vec![last + 1])
    }

    fn connection(&mut self, _: &Scene<'r>, _: &Host<'r>) {}

    fn cell(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>) {
        if !self.scope.has_path(cell.path) {
            return;
        }
        for position in cell.live(0) {
            if let Ok(Some((of, witness))) = self.taken(cell, *position, memo) {
                self.found.insert(of, witness);
            }
        }
    }

    fn unknown(&mut self, _: &Host<'r>, _: Reason) {}
}

use super::{Criterion, Explanation};
use crate::decision::{EntryId, Hit};
use crate::router::{Found, Traced};
use crate::{Head, Opening, Router};

/// A match that would win if its route were the oldest. See [`Router::contenders`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contender {
    /// The match.
    pub hit: Hit,
    /// Why it does not win: [`Criterion::Age`] or [`Criterion::Name`]; `None` for the winner.
    pub lost: Option<Criterion>,
}

impl Router {
    /// The winner, and from every other route the match that would win in its place if that route had been created
    /// first. Of routes without a creation time (files), any may be the oldest in a cluster. Empty if no rule takes the
    /// request. O(matches of the listener).
    #[must_use]
    pub fn contenders(&self, entry: EntryId, head: &Head<'_>) -> Vec<Contender> {
        let trace = self.trace(entry, head);
        self.contending(trace.candidates.iter().filter(|one| one.found == Found::Matches))
    }

    /// [`Router::contenders`] for a connection.
    #[must_use]
    pub fn connection_contenders(&self, entry: EntryId, opening: &Opening<'_>) -> Vec<Contender> {
        self.contending(self.trace_connection(entry, opening).iter())
    }

    fn contending<'t>(&self, mut matching: impl Iterator<Item = &'t Traced<'t>>) -> Vec<Contender> {
        let Some(winner) = matching.next() else { return Vec::new() };
        let mut contenders = vec![Contender { hit: winner.view.hit, lost: None }];
        for one in matching {
            let criterion = self.criterion((winner.view, winner.hostname), (one.view, one.hostname));
            let known = contenders.iter().any(|contender| contender.hit.route == one.view.hit.route);
            if matches!(criterion, Criterion::Age | Criterion::Name) && !known {
                contenders.push(Contender { hit: one.view.hit, lost: Some(criterion) });
            }
        }
        contenders
    }

    /// The answer if this match had won: [`Router::answer`] for one of [`Router::contenders`]. `None` only for a hit of
    /// another router.
    #[must_use]
    pub fn answer_by(&self, hit: Hit, head: &Head<'_>, x: u64) -> Option<Explanation> {
        self.view(hit).map(|view| self.hit(view, head, x))
    }

    /// [`Router::answer_by`] for a connection.
    #[must_use]
    pub fn connection_by(&self, hit: Hit, x: u64) -> Option<Explanation> {
        self.view(hit).map(|view| self.carried(view, x))
    }
}

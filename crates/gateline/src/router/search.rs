use std::ops::ControlFlow;

use super::candidates::Candidates;
use super::request::Request;
use super::slot::{Position, Slots};

/// The search for the strongest match: what it looks for, where, and what it has.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) request: &'a Request<'a>,
    slots: Slots<'a>,
    best: Position,
}

impl<'a> Search<'a> {
    pub(super) fn new(request: &'a Request<'a>, slots: Slots<'a>) -> Self {
        Self { request, slots, best: Position::MAX }
    }

    /// Tries one match. Whether this settles the list it is in: it won, or what follows cannot win.
    #[inline]
    pub(super) fn take(&mut self, position: Position) -> bool {
        if position >= self.best {
            return true;
        }
        let holds = self.slots.failure(position, self.request).is_none();
        if holds {
            self.best = position;
        }
        holds
    }

    /// Whether a match at this position would win.
    pub(super) fn wants(&self, position: Position) -> bool {
        position < self.best
    }

    pub(super) fn slots(&self) -> Slots<'a> {
        self.slots
    }

    /// The strongest match, if one was found.
    pub(super) fn best(&self) -> Option<Position> {
        (self.best != Position::MAX).then_some(self.best)
    }
}

/// Watches a search. `()` sees nothing and costs nothing; what `explain` passes sees every path that fits.
pub(super) trait Observe {
    /// Whether to visit also what cannot win any more.
    const ALL: bool = false;

    /// These matches fit the host and the path of the request.
    fn fits(&mut self, _candidates: &Candidates) {}
}

impl Observe for () {}

/// Walks the candidates whose path fits.
pub(super) struct Walk<'s, 'a, O> {
    pub(super) search: &'s mut Search<'a>,
    pub(super) observer: &'s mut O,
}

impl<O: Observe> Walk<'_, '_, O> {
    pub(super) fn wants(&self, position: Position) -> bool {
        O::ALL || self.search.wants(position)
    }

    pub(super) fn visit(&mut self, candidates: &Candidates) {
        self.observer.fits(candidates);
        if self.search.wants(candidates.first()) {
            candidates.search(self.search);
        }
    }
}

/// Goes on with the next less specific host: positions, not hosts, decide.
pub(super) const NEXT: ControlFlow<()> = ControlFlow::Continue(());

//! Requests that tell causes apart: one change often has several.

use gateline::analysis::{Change, Effect, MatchRef, Witness};
use gateline::{Decision, Router};

/// Both sides of a comparison.
#[derive(Clone, Copy)]
pub(crate) struct Both<'r> {
    pub(crate) before: &'r Router,
    pub(crate) after: &'r Router,
}

impl Both<'_> {
    /// Whether a request is of a change: the same match takes it before, and it has the same effect after.
    pub(crate) fn shows(&self, change: &Change, witness: &Witness) -> bool {
        let (before, _) = decided(self.before, witness);
        let (_, after) = decided(self.after, witness);
        before == change.before.matched && after == change.after.effect
    }

    /// `Location` of the answers to a request.
    pub(crate) fn locations(&self, witness: &Witness) -> [Option<String>; 2] {
        [self.before, self.after].map(|router| {
            let entry = router.entry(witness.port)?;
            router.answer(entry, &witness.head(), 0).location
        })
    }

    /// The path and query that backends get.
    pub(crate) fn upstream(&self, witness: &Witness) -> [Option<String>; 2] {
        [self.before, self.after].map(|router| {
            let entry = router.entry(witness.port)?;
            Some(router.answer(entry, &witness.head(), 0).upstream?.path)
        })
    }
}

fn decided(router: &Router, witness: &Witness) -> (Option<MatchRef>, Effect) {
    let Some(entry) = router.entry(witness.port) else { return (None, Effect::Closed) };
    let decision = router.decide_admitted(entry, &witness.head());
    let hit = match decision {
        Decision::Hit(hit) => Some(hit.into()),
        Decision::Miss(_) | Decision::Ask(_) => None,
    };
    (hit, Effect::decided(router, decision))
}

/// A request with another path.
pub(crate) fn with_path(witness: &Witness, path: impl Into<String>) -> Witness {
    Witness { path: path.into(), ..witness.clone() }
}

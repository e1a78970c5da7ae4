use std::collections::HashMap;

use gateline::analysis::{ChangeKind, Effect, Party};
use gateline::model::{ListenerId, RouteId};

use super::taken::{Played, Playing, Taken};
use crate::request::{Request, RequestKind};

/// Two manifests that the same requests go through.
pub(super) struct Pair<'r> {
    pub(super) before: Playing<'r>,
    pub(super) after: Playing<'r>,
    kinds: HashMap<(Taken, Taken), Option<ChangeKind>>,
}

/// A request that is treated otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed {
    pub(super) kind: ChangeKind,
    pub(super) before: Taken,
    pub(super) after: Taken,
    /// It has the same effect, and another certificate is shown.
    pub(super) only_shown: bool,
}

/// What makes changes one: the rules before and after, or what stands for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Rule(RouteId, u16),
    Listener(Option<ListenerId>),
    Nobody(Taken),
}

impl<'r> Pair<'r> {
    pub(super) fn new(before: Played<'r>, after: Played<'r>) -> Self {
        Self { before: Playing::new(before), after: Playing::new(after), kinds: HashMap::new() }
    }

    /// Decides on both sides; the weights' dice are not thrown.
    pub(super) fn play(&mut self, request: &Request) -> (Taken, Option<Changed>) {
        let (before, after) = (self.before.take(request), self.after.take(request));
        let (one, other) = (&self.before, &self.after);
        let kind = self.kinds.entry((before, after));
        let kind = kind.or_insert_with(|| ChangeKind::of(one.effect(before), other.effect(after)));
        let changed = |kind, only_shown| Changed { kind, before, after, only_shown };
        let change = match *kind {
            Some(kind) => Some(changed(kind, false)),
            None if is_tls(request) => {
                let shown = self.before.shown(before).zip(self.after.shown(after));
                let differs = shown.is_some_and(|(one, other)| one != other);
                differs.then(|| changed(ChangeKind::Tls, true))
            }
            None => None,
        };
        (before, change)
    }

    /// What becomes of it on both sides.
    pub(super) fn parties(&self, changed: &Changed) -> [Party; 2] {
        [(&self.before, changed.before), (&self.after, changed.after)].map(|(side, taken)| {
            match side.shown(taken).filter(|_| changed.only_shown) {
                Some(label) => Party { effect: Effect::Secured(label.clone()), matched: None },
                None => side.party(taken),
            }
        })
    }
}

impl Changed {
    pub(super) fn places(&self) -> [Place; 2] {
        [self.before, self.after].map(|taken| match taken.hit() {
            _ if self.only_shown => Place::Listener(taken.listener()),
            Some(hit) => Place::Rule(hit.route, hit.rule),
            None => Place::Nobody(taken),
        })
    }
}

fn is_tls(request: &Request) -> bool {
    matches!(&request.kind, RequestKind::Http(http) if http.is_tls())
}

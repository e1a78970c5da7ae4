use std::collections::HashMap;

use gateline::analysis::{Beside, Effect, Label, MatchRef, Party};
use gateline::model::{Listener, ListenerId, RouteId};
use gateline::{Connect, Decision, Hit, Router};

use crate::request::{Request, RequestKind};

/// Manifests that a log is replayed through.
#[derive(Clone, Debug)]
pub struct Played<'r> {
    /// Decides.
    pub router: &'r Router,
    /// What the router does not hold and a comparison looks at all the same.
    pub beside: Beside,
}

/// What takes a request: all that decides what becomes of it, but for the request itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Taken {
    /// Nothing listens on the port.
    Closed,
    /// Of a connection: a listener of HTTP.
    Http,
    /// Of a connection: nobody.
    Refused,
    /// A rule, or a listener without one that matches.
    Decided(Decision),
}

/// Played manifests, with what became of what was played so far.
pub(super) struct Playing<'r> {
    pub(super) router: &'r Router,
    beside: Beside,
    parties: HashMap<Taken, Party>,
    hits: HashMap<(RouteId, u16), u64>,
}

impl Taken {
    fn of(router: &Router, request: &Request) -> Self {
        let Some(entry) = request.entry(router) else { return Self::Closed };
        match &request.kind {
            RequestKind::Http(http) => Self::Decided(router.decide_admitted(entry, &http.head())),
            RequestKind::Connection(connection) => match router.connect(entry, &connection.opening()) {
                Connect::Rule(hit) => Self::Decided(Decision::Hit(hit)),
                Connect::Refuse(_) => Self::Refused,
                Connect::Http | Connect::Https(_) => Self::Http,
            },
        }
    }

    pub(super) fn hit(self) -> Option<Hit> {
        if let Self::Decided(Decision::Hit(hit)) = self { Some(hit) } else { None }
    }

    pub(super) fn matched(self) -> Option<MatchRef> {
        self.hit().map(MatchRef::from)
    }

    pub(super) fn listener(self) -> Option<ListenerId> {
        match self {
            Self::Decided(Decision::Hit(hit)) => Some(hit.listener),
            Self::Decided(Decision::Miss(miss)) => miss.listener,
            Self::Decided(Decision::Ask(listener)) => Some(listener),
            Self::Closed | Self::Http | Self::Refused => None,
        }
    }

    fn party(self, router: &Router, beside: &Beside) -> Party {
        let effect = match self {
            Self::Closed => Effect::Closed,
            Self::Http => Effect::Requests,
            Self::Refused => Effect::Connect { mode: None, backends: Vec::new() },
            Self::Decided(decision) => Effect::decided(router, decision),
        };
        match self.hit() {
            Some(hit) => Party { effect: effect.beside(beside, hit), matched: self.matched() },
            None => Party { effect, matched: None },
        }
    }
}

impl<'r> Playing<'r> {
    pub(super) fn new(played: Played<'r>) -> Self {
        let Played { router, beside } = played;
        Self { router, beside, parties: HashMap::new(), hits: HashMap::new() }
    }

    /// Decides, and counts the rule.
    pub(super) fn take(&mut self, request: &Request) -> Taken {
        let taken = Taken::of(self.router, request);
        if let Some(hit) = taken.hit() {
            *self.hits.entry((hit.route, hit.rule)).or_default() += 1;
        }
        let (router, beside) = (self.router, &self.beside);
        self.parties.entry(taken).or_insert_with(|| taken.party(router, beside));
        taken
    }

    /// Of what was taken.
    pub(super) fn party(&self, taken: Taken) -> Party {
        self.parties.get(&taken).cloned().unwrap_or(Party { effect: Effect::Closed, matched: None })
    }

    /// [`Playing::party`] without a copy.
    pub(super) fn effect(&self, taken: Taken) -> &Effect {
        self.parties.get(&taken).map_or(&Effect::Closed, |party| &party.effect)
    }

    /// What clients of a listener are shown in TLS.
    pub(super) fn shown(&self, taken: Taken) -> Option<&Label> {
        self.beside.listeners.get(taken.listener()?.0 as usize)
    }

    pub(super) fn listeners(&self) -> &'r [Listener] {
        &self.router.model().listeners
    }

    /// How many requests a rule took.
    pub(super) fn hits(&self, route: RouteId, rule: u16) -> u64 {
        self.hits.get(&(route, rule)).copied().unwrap_or_default()
    }
}

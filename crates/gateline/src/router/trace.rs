use super::Router;
use super::authority::Host;
use super::candidates::Candidates;
use super::conditions::{Failure, joined};
use super::group::Group;
use super::query::Query;
use super::request::Request;
use super::search::Observe;
use super::slot::{Position, Slot};
use crate::decision::{Decision, EntryId, RuleView};
use crate::explain::Criterion;
use crate::model::{AttachedHostname, HostPattern};
use crate::rank::{self, Rank};
use crate::{Head, Opening};

/// A search with everything it passed.
#[derive(Debug)]
pub(crate) struct Trace<'r> {
    pub(crate) decision: Decision,
    /// Strongest first: the first that matches is the winner.
    pub(crate) candidates: Vec<Traced<'r>>,
}

/// A match that admits the host.
#[derive(Debug)]
pub(crate) struct Traced<'r> {
    pub(crate) view: RuleView<'r>,
    /// As the route writes it.
    pub(crate) hostname: Option<&'r HostPattern>,
    pub(crate) found: Found,
}

/// How a match and a request fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Matches,
    OtherPath,
    Fails(Failure),
}

/// Remembers all whose path fits, also where they cannot win.
#[derive(Default)]
struct Recorder(Vec<Position>);

impl Observe for Recorder {
    const ALL: bool = true;

    fn fits(&mut self, candidates: &Candidates) {
        candidates.each(&mut |position| self.0.push(position));
    }
}

impl Router {
    /// [`Router::decide_admitted`] with everything it passed, and what it would have passed next.
    pub(crate) fn trace(&self, entry: EntryId, head: &Head<'_>) -> Trace<'_> {
        let mut recorder = Recorder::default();
        let (group, host) = match self.listeners(entry, head) {
            Ok(chosen) => chosen,
            Err(miss) => return Trace { decision: Decision::Miss(miss), candidates: Vec::new() },
        };
        let decision = self.search(group, host.as_str(), head, &mut recorder);
        recorder.0.sort_unstable();
        let request = Request::new(head);
        let slots = group.slots(&self.conditions, &self.patterns);
        let candidates =
            self.admit(group, host.as_str(), |position| match recorder.0.binary_search(&position) {
                Ok(_) => slots.failure(position, &request).map_or(Found::Matches, Found::Fails),
                Err(_) => Found::OtherPath,
            });
        Trace { decision, candidates }
    }

    /// Every rule that [`Router::connect`] could have chosen: all of them match.
    pub(crate) fn trace_connection(&self, entry: EntryId, opening: &Opening<'_>) -> Vec<Traced<'_>> {
        let carrier = self.place(entry, opening).ok().and_then(|place| self.carrier(place, opening));
        let admit = |(group, name): (_, Host<'_>)| self.admit(group, name.as_str(), |_| Found::Matches);
        carrier.map(admit).unwrap_or_default()
    }

    fn admit(&self, group: &Group, host: &str, found: impl Fn(Position) -> Found) -> Vec<Traced<'_>> {
        let mut admitted = Vec::new();
        for (position, slot) in (0..).zip(&group.slots) {
            let Some((view, hostname)) = self.view(slot.hit).zip(self.hostname(slot)) else { continue };
            if hostname.effective.as_ref().is_none_or(|pattern| pattern.matches(host)) {
                admitted.push(Traced { view, hostname: hostname.written.as_ref(), found: found(position) });
            }
        }
        admitted
    }

    pub(super) fn hostname(&self, slot: &Slot) -> Option<&AttachedHostname> {
        let listener = self.model.listeners.get(slot.hit.listener.0 as usize)?;
        let (route, hostname) = slot.hostname;
        listener.attached.get(route as usize)?.hostnames.get(hostname as usize)
    }

    /// On what one match precedes another, each with its hostname as the route writes it.
    pub(crate) fn criterion(&self, a: Hosted<'_>, b: Hosted<'_>) -> Criterion {
        rank::compare(&self.rank(a), &self.rank(b)).1
    }

    fn rank<'m>(&self, (view, hostname): Hosted<'m>) -> Rank<'m> {
        let RuleView { hit, listener, route, matched, .. } = view;
        let order = (usize::from(hit.rule), usize::from(hit.matched));
        Rank::new(&listener.name, hostname, route, order, matched, &self.options)
    }
}

/// A match, and the hostname of its route that let the request in.
type Hosted<'m> = (RuleView<'m>, Option<&'m HostPattern>);

/// What the request has where a match asks for something else.
pub(crate) fn actual(failure: Failure, view: RuleView<'_>, head: &Head<'_>) -> Option<String> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match failure {
        Failure::Method => Some(head.method.to_string()),
        Failure::Header(index) => {
            let values = head.headers.get_all(&view.matched.headers.get(index)?.name);
            values.iter().next()?;
            Some(text(joined(&values).collect()))
        }
        Failure::Query(index) => {
            let name = &view.matched.query.get(index)?.name;
            Query::new(head.query).first(name).map(|value| text(value.decode().collect()))
        }
    }
}

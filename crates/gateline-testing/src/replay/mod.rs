//! Recorded requests through manifests: does the model say what was recorded, and what would other manifests do to the same
//! traffic?
//!
//! Nothing is kept of a request but what it counts for: memory grows with the rules, not with the log. The weights' dice are not
//! thrown: a record agrees if its backend is one that the rule may pick.

mod agreement;
mod pair;
mod recorder;
mod report;
mod rule_name;
mod taken;
mod weigh;

use std::collections::{BTreeMap, HashMap};

use gateline::Router;
use gateline::analysis::ChangeKind;
use gateline::explain::Criterion;
use gateline::model::{Place, Route, RouteId};

pub use report::{Agreed, Disagreement, ReplayReport, RuleTraffic, TrafficChange, Unread};
pub use taken::Played;
pub use weigh::{Traffic, Weighed, Weighing};

use agreement::{Agreement, Basis, Truth};
use pair::{Changed, Pair};
use recorder::Recorder;
use report::percent;
use rule_name::LoggedRule;
use taken::{Playing, Taken};

use crate::answer::route as route_of;
use crate::diff::Side;
use crate::explain::no_port;
use crate::record::{RecordError, Recorded};
use crate::request::Request;
use crate::run::possible::contenders;

/// Unreadable lines that are shown.
const SHOWN: usize = 5;
/// Different disagreements that are kept: what a log says is not bounded.
const KEPT: usize = 1_000;

/// A log on its way through one or two configurations.
///
/// ```
/// # use std::sync::Arc;
/// # use gateline::analysis::Beside;
/// # use gateline::{Model, Options, Router};
/// use gateline_testing::record::{LogOptions, requests};
/// use gateline_testing::replay::{Played, Replay};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let router = Router::compile(Arc::new(Model::default()), &Options::default())?;
/// let log = br#"{"method":"GET","path":"/","authority":"a.example","response_code":200}"#;
/// let mut replay = Replay::new(Played { router: &router, beside: Beside::default() }, None);
/// for request in requests("access.log", &log[..], &LogOptions::default())? {
///     replay.play(request);
/// }
/// assert_eq!(replay.finish().disagreements[0].predicted, "nothing listens");
/// # Ok(())
/// # }
/// ```
pub struct Replay<'r> {
    through: Through<'r>,
    recorder: Recorder<'r>,
    requests: u64,
    unreadable: Unread,
    agreement: Agreed,
    disagreements: HashMap<(String, String), Disagreement>,
    unlisted: u64,
    changes: HashMap<(ChangeKind, [pair::Place; 2]), TrafficChange>,
}

enum Through<'r> {
    One(Playing<'r>),
    Two(Box<Pair<'r>>),
}

impl<'r> Replay<'r> {
    /// Through those that the log was recorded with, and perhaps others.
    #[must_use]
    pub fn new(recorded_with: Played<'r>, other: Option<Played<'r>>) -> Self {
        let recorder = Recorder::new(recorded_with.router, other.as_ref().map(|other| other.router));
        let through = match other {
            None => Through::One(Playing::new(recorded_with)),
            Some(other) => Through::Two(Box::new(Pair::new(recorded_with, other))),
        };
        Self {
            through,
            recorder,
            requests: 0,
            unreadable: Unread::default(),
            agreement: Agreed::default(),
            disagreements: HashMap::new(),
            unlisted: 0,
            changes: HashMap::new(),
        }
    }

    /// Plays one request, or counts a line that is none. O(a decision).
    pub fn play(&mut self, recorded: Result<Recorded, RecordError>) {
        let Recorded { place, request, outcome } = match recorded {
            Ok(recorded) => recorded,
            Err(error) => return self.unreadable.count(&error),
        };
        self.requests += 1;
        let rule = outcome.route.as_deref().and_then(LoggedRule::parse);
        let truth = Truth::new(&outcome, rule.as_ref());
        let completed = truth.rule.and_then(|rule| self.recorder.completed(&request, rule));
        let request = completed.as_ref().unwrap_or(&request);
        let (taken, changed) = match &mut self.through {
            Through::One(playing) => (playing.take(request), None),
            Through::Two(pair) => pair.play(request),
        };
        self.agree(&truth, taken, request, &place, completed.is_some());
        if let Some(changed) = changed {
            self.change(&changed, request, &place);
        }
    }

    fn agree(&mut self, truth: &Truth<'_>, taken: Taken, request: &Request, place: &Place, completed: bool) {
        let playing = self.through.first();
        let verdict = truth.judge(playing, taken, request);
        let agreement = &mut self.agreement;
        if verdict == Agreement::Untold {
            agreement.untold += 1;
            return;
        }
        agreement.compared += 1;
        agreement.completed += u64::from(completed);
        *match truth.basis {
            Basis::Rule => &mut agreement.by_rule,
            Basis::Backend => &mut agreement.by_backend,
            Basis::Answer => &mut agreement.by_answer,
        } += 1;
        if verdict == Agreement::Agrees {
            agreement.agree += 1;
            return;
        }
        let predicted = predicted(playing, taken);
        let key = (truth.words(), predicted);
        if let Some(known) = self.disagreements.get_mut(&key) {
            known.requests += 1;
        } else if self.disagreements.len() >= KEPT {
            self.unlisted += 1;
        } else {
            let disagreement = Disagreement {
                recorded: key.0.clone(),
                predicted: key.1.clone(),
                requests: 1,
                share: 0.0,
                place: place.clone(),
                curl: self.recorder.curl(request),
                note: self.note(truth, taken, request),
            };
            self.disagreements.insert(key, disagreement);
        }
    }

    /// What may be behind a disagreement.
    fn note(&self, truth: &Truth<'_>, taken: Taken, request: &Request) -> Option<String> {
        let router = self.through.first().router;
        if taken == Taken::Closed {
            return Some(no_port(router, request));
        }
        if let Some(location) = truth.location() {
            let predicted = route_of(router, request, 0).location;
            return predicted.map(|predicted| format!("recorded: to {location}; predicted: to {predicted}"));
        }
        let rule = truth.rule?;
        if !self.recorder.has(rule) {
            return Some("the manifests have no such route".to_owned());
        }
        let tie = contenders(router, request).into_iter().any(|one| {
            let route = router.view(one.hit).map(|view| format!("{}/{}", view.route.kind, view.route.name));
            one.lost == Some(Criterion::Name) && route.as_deref() == Some(&*rule.route)
        });
        tie.then(|| {
            "both match as well, and the older route goes first: the manifests say no creationTimestamp"
                .to_owned()
        })
    }

    fn change(&mut self, changed: &Changed, request: &Request, place: &Place) {
        let Through::Two(pair) = &self.through else { return };
        let change = self.changes.entry((changed.kind, changed.places())).or_insert_with(|| {
            let [before, after] = pair.parties(changed);
            TrafficChange {
                kind: changed.kind,
                requests: 0,
                share: 0.0,
                before: Side::of(changed.kind, &before, pair.before.router),
                after: Side::of(changed.kind, &after, pair.after.router),
                place: place.clone(),
                curl: self.recorder.curl(request),
            }
        });
        change.requests += 1;
    }

    /// All that was counted. O(rules + changes).
    #[must_use]
    pub fn finish(self) -> ReplayReport {
        let (requests, compared) = (self.requests, self.agreement.compared);
        let mut disagreements: Vec<_> = self.disagreements.into_values().collect();
        for one in &mut disagreements {
            one.share = percent(one.requests, compared);
        }
        disagreements.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| first(&a.place, &b.place)));
        let two = matches!(self.through, Through::Two(_));
        let mut changes: Vec<_> = self.changes.into_values().collect();
        for change in &mut changes {
            change.share = percent(change.requests, requests);
        }
        changes.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| first(&a.place, &b.place)));
        ReplayReport {
            requests,
            unreadable: self.unreadable,
            agreement: self.agreement,
            disagreements,
            unlisted: self.unlisted,
            changes: two.then_some(changes),
            rules: rules(self.through.last(), requests),
        }
    }
}

impl<'r> Through<'r> {
    fn first(&self) -> &Playing<'r> {
        match self {
            Self::One(playing) => playing,
            Self::Two(pair) => &pair.before,
        }
    }

    fn last(&self) -> &Playing<'r> {
        match self {
            Self::One(playing) => playing,
            Self::Two(pair) => &pair.after,
        }
    }
}

impl Unread {
    fn count(&mut self, error: &RecordError) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(error.to_string());
        }
    }
}

/// In order of the log, as far as it is one file.
fn first(a: &Place, b: &Place) -> std::cmp::Ordering {
    (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column))
}

/// `HTTPRoute/ns/name#0: ns/svc:80`.
fn predicted(playing: &Playing<'_>, taken: Taken) -> String {
    let effect = playing.effect(taken);
    match taken.hit().and_then(|hit| playing.router.view(hit)) {
        Some(view) => format!("{}/{}#{}: {effect}", view.route.kind, view.route.name, view.hit.rule),
        None => effect.to_string(),
    }
}

/// What each rule got, those that got nothing included.
fn rules(playing: &Playing<'_>, requests: u64) -> Vec<RuleTraffic> {
    let attached = playing.listeners().iter().flat_map(|listener| &listener.attached);
    let routes: BTreeMap<RouteId, &Route> = attached
        .filter_map(|attached| Some((attached.route, route(playing.router, attached.route)?)))
        .collect();
    let mut rules = Vec::new();
    for (id, route) in routes {
        for (index, rule) in (0..).zip(&route.rules) {
            let hits = playing.hits(id, index);
            rules.push(RuleTraffic {
                name: format!("{}/{}#{index}", route.kind, route.name),
                place: rule.origin.place.clone(),
                requests: hits,
                share: percent(hits, requests),
            });
        }
    }
    rules
}

fn route(router: &Router, id: RouteId) -> Option<&Route> {
    router.model().routes.get(id.0 as usize)
}

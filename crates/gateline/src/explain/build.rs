use http::header::{HOST, HeaderValue, LOCATION};
use http::{HeaderMap, Request, request};

use super::{
    Asked, BackendShare, Candidate, Explanation, Outcome, Reason, Source, Stage, Upstream, Verdict, describe,
};
use crate::decision::{Decision, EntryId, Miss, RuleView};
use crate::filter::ExternalAuth;
use crate::model::{Origin, Protocol, Route, Target};
use crate::plan::{Answer, AnswerReason, Forward, Plan};
use crate::router::{Failure, Found, Traced, actual};
use crate::{Head, Router};

impl Router {
    /// The same answer with every candidate in order of precedence, and why it won, lost or failed.
    /// `x` picks the backend as in [`Router::plan`]. O(matches of the listener).
    #[must_use]
    pub fn explain(&self, entry: EntryId, head: &Head<'_>, x: u64) -> Explanation {
        let trace = self.trace(entry, head);
        let mut explanation = self.answered(entry, trace.decision, head, x);
        explanation.candidates = self.candidates(&trace.candidates, head);
        explanation
    }

    /// [`Router::explain`] without its candidates: as fast as [`Router::decide`] and [`Router::plan`], but for the texts.
    #[must_use]
    pub fn answer(&self, entry: EntryId, head: &Head<'_>, x: u64) -> Explanation {
        self.answered(entry, self.decide_admitted(entry, head), head, x)
    }

    /// Of a request that the filters of the listener let pass.
    fn answered(&self, entry: EntryId, decision: Decision, head: &Head<'_>, x: u64) -> Explanation {
        let filters = || self.listener_filters(entry, head);
        if let Some(reason) = filters().find_map(ExternalAuth::broken) {
            let mut explanation =
                Explanation { listener: self.listener_of(decision), ..Explanation::nobody("") };
            explanation.answer(&Answer::error(AnswerReason::InvalidFilter(reason)));
            return explanation;
        }
        let explanation = match decision {
            Decision::Hit(hit) => self.view(hit).map(|view| self.hit(view, head, x)),
            Decision::Miss(miss) => Some(self.miss(miss)),
            Decision::Ask(_) => None,
        };
        let mut explanation = explanation.unwrap_or_else(|| Explanation::nobody(""));
        let before = filters().map(|filter| self.asked(filter, Stage::Listener));
        explanation.asks.splice(..0, before);
        explanation
    }

    fn miss(&self, miss: Miss) -> Explanation {
        let listener = miss.listener.and_then(|id| self.model().listeners.get(id.0 as usize));
        Explanation {
            outcome: if listener.is_some() { Outcome::Respond } else { Outcome::None },
            code: miss.reason.into(),
            status: Some(miss.reason.status().as_u16()),
            listener: listener.map(|listener| listener.name.to_string()),
            reason: match listener {
                Some(listener) if listener.protocol == Protocol::Tls => describe::NO_REQUESTS.into(),
                _ => miss.reason.to_string(),
            },
            ..Explanation::nobody("")
        }
    }

    pub(super) fn hit(&self, view: RuleView<'_>, head: &Head<'_>, x: u64) -> Explanation {
        let mut explanation = self.taken(view);
        let mut plan = self.plan(view, head, x);
        if let Plan::Ask(ask) = plan {
            explanation.asks = ask.filters.iter().map(|filter| self.asked(filter, Stage::Rule)).collect();
            plan = ask.admitted(head);
        }
        let picked = match plan {
            Plan::Answer(answer) => {
                explanation.answer(&answer);
                matches!(answer.reason, AnswerReason::InvalidBackend(_))
            }
            Plan::Forward(forward) => {
                explanation.forward(&forward, head);
                true
            }
            Plan::Ask(_) => false,
        };
        explanation.picked = view.rule.backends.pick_index(x).filter(|_| picked);
        explanation
    }

    /// What is to be said of a rule that takes something, but for what becomes of it.
    pub(super) fn taken(&self, view: RuleView<'_>) -> Explanation {
        let backends = view.rule.backends.iter();
        Explanation {
            listener: Some(view.listener.name.to_string()),
            route: Some(name(view.route)),
            rule: Some(view.hit.rule.into()),
            rule_name: view.rule.name.as_deref().map(Into::into),
            matched: Some(view.hit.matched.into()),
            backends: backends.map(|backend| self.share(&backend.target, backend.weight)).collect(),
            source: source(&view.matched.origin),
            ..Explanation::nobody("")
        }
    }

    fn listener_of(&self, decision: Decision) -> Option<String> {
        let id = match decision {
            Decision::Hit(hit) => hit.listener,
            Decision::Ask(id) => id,
            Decision::Miss(miss) => miss.listener?,
        };
        self.model().listeners.get(id.0 as usize).map(|listener| listener.name.to_string())
    }

    fn asked(&self, filter: &ExternalAuth, stage: Stage) -> Asked {
        Asked { reference: self.reference(&filter.target), protocol: filter.protocol.as_str(), stage }
    }

    /// `ns/name:port`.
    fn reference(&self, target: &Target) -> String {
        match target {
            Target::Backend(id) => {
                let backend = self.model().backends.get(id.0 as usize);
                backend.map(|backend| backend.name.to_string()).unwrap_or_default()
            }
            Target::Invalid { reference, .. } => reference.to_string(),
        }
    }

    fn share(&self, target: &Target, weight: u32) -> BackendShare {
        let reason = match target {
            Target::Backend(_) => None,
            Target::Invalid { reason, .. } => Some(reason.to_string()),
        };
        BackendShare { reference: self.reference(target), weight, valid: reason.is_none(), reason }
    }

    fn candidates(&self, candidates: &[Traced<'_>], head: &Head<'_>) -> Vec<Candidate> {
        self.judge(candidates, |one| match one.found {
            Found::OtherPath => Some(Verdict::Failed {
                predicate: "path".into(),
                expected: describe::path(&one.view.matched.path),
                actual: Some(head.path.into()),
            }),
            Found::Fails(failure) => Some(failed(failure, one.view, head)),
            Found::Matches => None,
        })
    }

    /// The first that does not fail has won, and the others that do not fail have lost to it.
    pub(super) fn judge(
        &self,
        candidates: &[Traced<'_>],
        fails: impl Fn(&Traced<'_>) -> Option<Verdict>,
    ) -> Vec<Candidate> {
        let mut matching = candidates.iter().filter(|one| one.found == Found::Matches);
        let (winner, second) = (matching.next(), matching.next());
        let criterion =
            |a: &Traced<'_>, b: &Traced<'_>| self.criterion((a.view, a.hostname), (b.view, b.hostname));
        let verdict = |one: &Traced<'_>| {
            fails(one).unwrap_or_else(|| match winner.filter(|winner| !std::ptr::eq(*winner, one)) {
                Some(winner) => Verdict::Lost { on: criterion(winner, one) },
                None => Verdict::Won { on: winner.zip(second).map(|(one, second)| criterion(one, second)) },
            })
        };
        candidates.iter().map(|one| candidate(one, verdict(one))).collect()
    }
}

impl Explanation {
    /// A request that no listener can take: [`Outcome::None`] and why. For front doors that know it before the router.
    #[must_use]
    pub fn nobody(reason: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::None,
            code: Reason::NoMatchingListener,
            status: None,
            listener: None,
            route: None,
            rule: None,
            rule_name: None,
            matched: None,
            asks: Vec::new(),
            backends: Vec::new(),
            picked: None,
            upstream: None,
            location: None,
            reason: reason.into(),
            source: None,
            candidates: Vec::new(),
        }
    }

    fn answer(&mut self, answer: &Answer<'_>) {
        let redirect = answer.reason == AnswerReason::Redirect;
        self.outcome = if redirect { Outcome::Redirect } else { Outcome::Respond };
        self.code = Reason::of_answer(&answer.reason, self.backends.len());
        self.status = Some(answer.status.as_u16());
        self.location = answer.headers.get(LOCATION).map(text);
        self.reason = describe::answer(&answer.reason);
    }

    fn forward(&mut self, forward: &Forward<'_>, head: &Head<'_>) {
        self.outcome = Outcome::Forward;
        self.code = Reason::Forwarded;
        self.upstream = upstream(forward, head);
        self.reason = "the strongest match forwards it to the backend its weights picked".into();
    }
}

fn candidate(one: &Traced<'_>, verdict: Verdict) -> Candidate {
    Candidate {
        route: name(one.view.route),
        rule: one.view.hit.rule.into(),
        matched: one.view.hit.matched.into(),
        hostname: one.hostname.map_or_else(|| "*".into(), ToString::to_string),
        predicates: describe::predicates(one.view.route.kind, one.view.matched),
        verdict,
        source: source(&one.view.matched.origin),
    }
}

fn failed(failure: Failure, view: RuleView<'_>, head: &Head<'_>) -> Verdict {
    let matched = view.matched;
    let (predicate, expected) = match failure {
        Failure::Method => ("method".into(), matched.method.as_ref().map(ToString::to_string)),
        Failure::Header(index) => {
            let header = matched.headers.get(index);
            let name = header.map(|header| header.name.as_str()).unwrap_or_default();
            (format!("header {name}"), header.map(|header| describe::value_text(&header.value)))
        }
        Failure::Query(index) => {
            let query = matched.query.get(index);
            let name = query.map(|query| &*query.name).unwrap_or_default();
            (format!("query {name}"), query.map(|query| describe::value_text(&query.value)))
        }
    };
    Verdict::Failed { predicate, expected: expected.unwrap_or_default(), actual: actual(failure, view, head) }
}

/// The request as it leaves; `None` if its path is none of a URI.
fn upstream(forward: &Forward<'_>, head: &Head<'_>) -> Option<Upstream> {
    let mut parts = parts(head)?;
    forward.request(&mut parts);
    let host = if forward.host_from_endpoint { None } else { parts.headers.get(HOST) };
    let fields = parts.headers.iter().filter(|(name, _)| *name != HOST);
    let mut headers: Vec<_> = fields.map(|(name, value)| (name.to_string(), text(value))).collect();
    headers.sort_by(|(a, _), (b, _)| a.cmp(b));
    Some(Upstream {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        host: host.map_or_else(|| "the endpoint's name".into(), text),
        headers,
    })
}

fn parts(head: &Head<'_>) -> Option<request::Parts> {
    let uri = head.query.map_or_else(|| head.path.into(), |query| format!("{}?{query}", head.path));
    let (mut parts, ()) = Request::builder().method(head.method).uri(uri).body(()).ok()?.into_parts();
    let mut headers: HeaderMap = head.headers.clone();
    headers.insert(HOST, HeaderValue::from_str(head.authority).ok()?);
    parts.headers = headers;
    Some(parts)
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn name(route: &Route) -> String {
    format!("{}/{}", route.kind, route.name)
}

fn source(origin: &Origin) -> Option<Source> {
    origin.place.as_ref().map(Source::from)
}

//! Invariants: claims about every request, proved or refuted by the analysis.

use std::sync::Arc;

use gateline::analysis::{self, Counterexample, Effect, MatchRef, Part, Scope, Verdict, for_all};
use gateline::filter::{Filters, Redirect};
use gateline::model::Timestamp;
use gateline::{CompileError, Model, Router};

use super::report::{Failure, Line, TestVerdict};
use super::{because, witness};
use crate::request::Request;
use crate::suite::{Claim, ClaimRedirect, Invariant, RuleName};

/// What came of an invariant whose names exist and whose scope names the Gateway it is about.
pub(super) fn prove(router: &Router, invariant: &Invariant, scope: &Scope) -> TestVerdict {
    if invariant.created.is_empty() {
        return proved(router, invariant, scope);
    }
    match pinned(router, &invariant.created) {
        Ok(router) => proved(&router, invariant, scope),
        Err(error) => TestVerdict::Unknown { reason: error.to_string() },
    }
}

/// The same router with routes created in this order, before all others.
fn pinned(router: &Router, created: &[RuleName]) -> Result<Router, CompileError> {
    let mut model = Model::clone(router.model());
    for route in &mut model.routes {
        let position = created.iter().position(|name| name.means_route(route));
        if let Some(position) = position.and_then(|position| i64::try_from(position).ok()) {
            route.created = Some(Timestamp(i64::MIN + position));
        }
    }
    Router::compile(Arc::new(model), router.options())
}

fn proved(router: &Router, invariant: &Invariant, scope: &Scope) -> TestVerdict {
    let claim = |case: analysis::Case<'_>| {
        let judged = Judged { router, effect: case.effect, matched: case.matched };
        if invariant.always { judged.must(&invariant.claim) } else { !judged.may(&invariant.claim) }
    };
    match for_all(router, scope, claim) {
        Verdict::Proved { classes } => TestVerdict::Proved { classes },
        Verdict::Counterexample(found) => TestVerdict::Failed(refuted(router, invariant, &found)),
        Verdict::Unknown(unknown) => {
            let place = unknown.origin.place.map(|place| format!(" at {place}")).unwrap_or_default();
            TestVerdict::Unknown { reason: format!("{}{place}", unknown.reason) }
        }
    }
}

fn refuted(router: &Router, invariant: &Invariant, found: &Counterexample) -> Failure {
    let rule = found.matched.and_then(|of| {
        let (route, matched) = of.get(router.model())?;
        let place = matched.origin.place.as_ref().map(ToString::to_string);
        Some(Line { place, text: format!("{}/{}#{} takes it", route.kind, route.name, of.rule) })
    });
    let mut because = vec![rule.unwrap_or_else(|| Line { place: None, text: "no rule takes it".to_owned() })];
    let request = Request::of(&found.witness);
    let request = request.map(|request| Request { gateway: Some(found.witness.gateway.clone()), ..request });
    let taken = request.as_ref().and_then(|request| witness::taken_by(router, request)).map(MatchRef::from);
    let by_age = found.matched.is_some() && taken != found.matched;
    if let Some(request) = request.filter(|_| by_age) {
        because = because::ties(router, &request, &[], |_| false);
    }
    let word = if invariant.always { "always" } else { "never" };
    Failure {
        at: invariant.place.clone(),
        expected: format!("{word} {}", invariant.claim),
        got: format!("{} for {}", effect(&found.effect), found.witness),
        because,
        code: by_age.then_some("GL203"),
        explain: found.witness.curl(),
    }
}

/// What becomes of the requests of one class.
struct Judged<'a> {
    router: &'a Router,
    effect: &'a Effect,
    matched: Option<MatchRef>,
}

/// What becomes of one of them: which share of the weights it falls to decides between several.
#[derive(Clone, Copy)]
enum Outcome<'e> {
    Backend(&'e str),
    Redirect(&'e Redirect),
    Status(u16),
    /// Of a connection.
    Closed,
}

impl Judged<'_> {
    /// Whether the claim holds for some of them.
    fn may(&self, claim: &Claim) -> bool {
        self.outcomes().into_iter().any(|outcome| holds(claim, outcome)) && self.rule(claim, false)
    }

    /// Whether it holds for all of them.
    fn must(&self, claim: &Claim) -> bool {
        self.outcomes().into_iter().all(|outcome| holds(claim, outcome)) && self.rule(claim, true)
    }

    /// At least one.
    fn outcomes(&self) -> Vec<Outcome<'_>> {
        let (parts, otherwise) = match self.effect {
            Effect::Closed | Effect::Requests | Effect::Secured(_) => return vec![Outcome::Closed],
            Effect::Error { status, .. } => return vec![Outcome::Status(*status)],
            Effect::Answer(answer) => return vec![answered(&answer.filters).unwrap_or(Outcome::Status(500))],
            Effect::Forward(forward) => (&forward.backends, Outcome::Status(500)),
            Effect::Connect { backends, .. } => (backends, Outcome::Closed),
        };
        if parts.is_empty() {
            vec![otherwise]
        } else {
            parts.iter().map(|part| share(part, otherwise)).collect()
        }
    }

    /// Where no rule takes a request, no route of another namespace does.
    fn rule(&self, claim: &Claim, always: bool) -> bool {
        let routes = &self.router.model().routes;
        let taken = self.matched.and_then(|of| Some((routes.get(of.route.0 as usize)?, of.rule)));
        let rule = claim
            .rule
            .as_ref()
            .is_none_or(|name| taken.is_some_and(|(route, rule)| name.means_rule(route, usize::from(rule))));
        let namespace = claim.namespace.as_ref().is_none_or(|namespace| match taken {
            Some((route, _)) => *route.name.namespace == **namespace,
            None => always,
        });
        rule && namespace
    }
}

fn share<'e>(part: &'e Part, otherwise: Outcome<'e>) -> Outcome<'e> {
    match (answered(&part.filters), &part.kind) {
        (_, None) => otherwise,
        (Some(answer), _) => answer,
        (None, Some(_)) => Outcome::Backend(&part.backend),
    }
}

/// What filters answer by themselves.
fn answered(filters: &Filters) -> Option<Outcome<'_>> {
    if filters.invalid.is_some() {
        return Some(Outcome::Status(500));
    }
    let respond = || filters.respond.as_ref().map(|respond| Outcome::Status(respond.status.as_u16()));
    filters.redirect.as_ref().map(Outcome::Redirect).or_else(respond)
}

/// Whether all that a claim says of an outcome holds.
fn holds(claim: &Claim, outcome: Outcome<'_>) -> bool {
    let backend = claim.backend.as_ref().is_none_or(|wanted| match (wanted, outcome) {
        (None, Outcome::Backend(_)) => true,
        (Some(name), Outcome::Backend(backend)) => name.means_backend(backend),
        _ => false,
    });
    let status = claim.status.is_none_or(|wanted| match outcome {
        Outcome::Status(status) => status == wanted,
        Outcome::Redirect(redirect) => redirect.status.as_u16() == wanted,
        Outcome::Backend(_) | Outcome::Closed => false,
    });
    let redirect = claim.redirect.as_ref().is_none_or(|wanted| match outcome {
        Outcome::Redirect(redirect) => redirects(wanted, redirect),
        _ => false,
    });
    backend && status && redirect
}

fn redirects(wanted: &ClaimRedirect, redirect: &Redirect) -> bool {
    let is = |wanted: &Option<String>, actual: Option<&str>| {
        wanted.as_deref().is_none_or(|text| actual == Some(text))
    };
    is(&wanted.scheme, redirect.scheme.as_deref())
        && is(&wanted.host, redirect.hostname.as_deref())
        && wanted.status.is_none_or(|status| redirect.status.as_u16() == status)
}

/// What becomes of a request, in a few words.
fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Closed => "nothing listens".to_owned(),
        Effect::Requests => "requests are routed one by one".to_owned(),
        Effect::Secured(label) => label.to_string(),
        Effect::Error { status, reason, .. } => format!("{status} ({})", reason.0),
        Effect::Answer(answer) => match (&answer.filters.redirect, &answer.filters.respond) {
            (Some(redirect), _) => {
                let scheme = redirect.scheme.as_deref().unwrap_or("the same scheme");
                format!("redirect {} to {scheme}", redirect.status.as_u16())
            }
            (None, Some(respond)) => format!("a fixed answer {}", respond.status.as_u16()),
            (None, None) => "an answer".to_owned(),
        },
        Effect::Forward(_) | Effect::Connect { .. } => {
            let parts = match effect {
                Effect::Forward(forward) => &forward.backends,
                Effect::Connect { backends, .. } => backends,
                _ => return String::new(),
            };
            let names: Vec<&str> = parts.iter().map(|part| &*part.backend).collect();
            if names.is_empty() { "no backend (500)".to_owned() } else { names.join(", ") }
        }
    }
}

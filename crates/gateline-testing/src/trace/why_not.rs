use gateline::Explanation;
use gateline::analysis::{MatchRef, Witness};
use gateline::explain::{Candidate, Reason, Source, Verdict};
use gateline::model::{ListenerId, Model, Rule};
use serde::Serialize;

use super::change;
use super::route::{ParentTrace, RouteTrace};
use super::rule::{RuleRef, full_name};
use super::{Tracer, source};
use crate::request::{Request, RequestKind};
use crate::run::reachable::{Never, Reachable};
use crate::words;

/// Why a rule does not take a request, and what would bring one to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhyNot {
    /// `HTTPRoute/ns/name#0`.
    pub rule: String,
    /// Its name, if it has one.
    pub rule_name: Option<String>,
    /// The first thing in the way.
    pub obstacle: Obstacle,
    /// The same in words.
    pub because: String,
    /// The parentRefs of the route and what became of them, if that is what is in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<ParentTrace>,
    /// What would bring a request to it.
    pub remedy: Remedy,
    /// Where it is written.
    pub source: Option<Source>,
}

/// What keeps a rule or a route from a request, in the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Obstacle {
    /// No listener accepts the route.
    Attachment,
    /// Listeners do, but not the one that takes the request.
    Listener,
    /// The listener that takes the request does, but the hostnames of the route do not match.
    Hostname,
    /// The path of every match.
    Path,
    /// The method.
    Method,
    /// A header.
    Header,
    /// A query parameter.
    Query,
    /// It matches, and so does one that precedes it.
    Precedence,
    /// Nothing: it takes the request.
    Nothing,
}

/// What would bring a request to a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Remedy {
    /// It takes this one.
    None,
    /// It takes this one instead: the engine was asked.
    Change {
        /// What is different about it, part by part.
        changes: Vec<String>,
        /// As `explain` takes it.
        request: String,
        /// The Gateway, `ns/name`, to whose address it is sent, where that matters.
        gateway: Option<String>,
        /// A command that sends it.
        curl: String,
    },
    /// No request reaches it: proved over all of them.
    Unreachable {
        /// Why.
        because: String,
        /// The rules that take all of what it asks for.
        by: Vec<Cover>,
    },
    /// It could not be found out.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// A rule that takes what another asks for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cover {
    /// `HTTPRoute/ns/name#0`.
    pub rule: String,
    /// Where the match is written.
    pub source: Option<Source>,
}

impl Tracer<'_> {
    /// `None` only for a rule of another router.
    pub(super) fn why_not(
        &self,
        request: &Request,
        explanation: &Explanation,
        of: RuleRef,
    ) -> Option<WhyNot> {
        let route = self.router.model().routes.get(of.route.0 as usize)?;
        let rule = route.rules.get(of.rule)?;
        let name = full_name(route);
        let candidates = explanation.candidates.iter();
        let of_rule: Vec<&Candidate> =
            candidates.filter(|one| one.route == name && one.rule == of.rule).collect();
        // A filter of the listener that cannot be applied answers before any rule is looked at.
        let broken = explanation.code == Reason::InvalidFilter && explanation.route.is_none();
        let (obstacle, because, parents) = match nearest(&of_rule) {
            _ if broken => (Obstacle::Listener, explanation.reason.clone(), Vec::new()),
            Some((obstacle, verdict)) => {
                (obstacle, self.verdict(verdict, explanation, of, request), Vec::new())
            }
            None => {
                let RouteTrace { obstacle, because, parents, .. } =
                    self.route(request, explanation, of.route, route);
                (obstacle, because, parents)
            }
        };
        let remedy = match obstacle {
            Obstacle::Nothing => Remedy::None,
            _ if broken => Remedy::Unknown { reason: "the filters of the listener come first".to_owned() },
            Obstacle::Attachment => Remedy::Unreachable { because: because.clone(), by: Vec::new() },
            _ => self.remedy(request, explanation, of, rule),
        };
        Some(WhyNot {
            rule: format!("{name}#{}", of.rule),
            rule_name: rule.name.as_deref().map(Into::into),
            obstacle,
            because,
            parents,
            remedy,
            source: source(rule.origin.place.as_ref()),
        })
    }

    fn verdict(
        &self,
        verdict: &Verdict,
        explanation: &Explanation,
        of: RuleRef,
        request: &Request,
    ) -> String {
        let text = words::verdict(verdict);
        let (Verdict::Lost { .. }, Some(winner), Some(rule)) =
            (verdict, &explanation.route, explanation.rule)
        else {
            return text;
        };
        let place = explanation.source.as_ref().map(|place| format!(" at {}", words::place(place)));
        let first = crate::run::possible::contenders(self.router, request)
            .iter()
            .any(|one| one.hit.route == of.route && usize::from(one.hit.rule) == of.rule);
        let older = if first { "; it would win if its route were the oldest" } else { "" };
        format!("{text}: {winner}#{rule}{} wins{older}", place.unwrap_or_default())
    }

    fn remedy(&self, request: &Request, explanation: &Explanation, of: RuleRef, rule: &Rule) -> Remedy {
        let mut original = request.witness();
        if let RequestKind::Http(http) = &request.kind
            && explanation.code == Reason::BadAuthority
        {
            // What is no host is shown as it was sent.
            http.head().authority.clone_into(&mut original.host);
        }
        if let RequestKind::Http(_) = &request.kind
            && let Some(found) = change::smallest(self.router, request, &original, of)
        {
            let gateway = request.gateway.clone();
            let changed = Request::of(&found).map(|changed| Request { gateway, ..changed });
            return changed.map_or(Remedy::None, |changed| change(request, &original, &changed, &found));
        }
        let model = self.router.model();
        if rule.matches.is_empty() {
            return Remedy::Unreachable { because: "it has no match".to_owned(), by: Vec::new() };
        }
        match self.reaching.rule(&listeners(model, of), of.route, of.rule) {
            Reachable::By(found) => change(request, &original, &found, &found.witness()),
            Reachable::Never(Never { why, covers }) => {
                let cover = |of: &MatchRef| {
                    let (route, matched) = of.get(model)?;
                    let rule = format!("{}#{}", full_name(route), of.rule);
                    Some(Cover { rule, source: source(matched.origin.place.as_ref()) })
                };
                Remedy::Unreachable { because: why, by: covers.iter().filter_map(cover).collect() }
            }
            Reachable::Unknown(reason) => Remedy::Unknown { reason },
        }
    }
}

fn change(request: &Request, original: &Witness, changed: &Request, witness: &Witness) -> Remedy {
    let gateway = |request: &Request| {
        let name = request.gateway.as_ref();
        name.map_or_else(|| "any Gateway".to_owned(), |name| format!("Gateway {name}"))
    };
    let mut parts = change::differences(original, witness);
    if changed.gateway != request.gateway {
        parts.insert(0, format!("{} instead of {}", gateway(changed), gateway(request)));
    }
    Remedy::Change {
        changes: parts,
        request: changed.words(),
        gateway: changed.gateway.as_ref().map(ToString::to_string),
        curl: witness.curl(),
    }
}

/// The listeners that a route is attached to.
fn listeners(model: &Model, of: RuleRef) -> Vec<ListenerId> {
    let listeners = (0..).map(ListenerId).zip(&model.listeners);
    let attached =
        listeners.filter(|(_, one)| one.attached.iter().any(|attached| attached.route == of.route));
    attached.map(|(id, _)| id).collect()
}

/// The match of a rule that comes nearest to taking the request.
fn nearest<'c>(candidates: &[&'c Candidate]) -> Option<(Obstacle, &'c Verdict)> {
    let obstacle = |verdict: &Verdict| match verdict {
        Verdict::Won { .. } => Obstacle::Nothing,
        Verdict::Lost { .. } => Obstacle::Precedence,
        Verdict::Failed { predicate, .. } => match predicate.split(' ').next() {
            Some("path") => Obstacle::Path,
            Some("method") => Obstacle::Method,
            Some("header") => Obstacle::Header,
            _ => Obstacle::Query,
        },
    };
    let judged = candidates.iter().map(|one| (obstacle(&one.verdict), &one.verdict));
    judged.max_by_key(|(obstacle, _)| *obstacle)
}

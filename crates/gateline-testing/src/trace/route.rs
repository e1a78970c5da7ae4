use std::collections::BTreeSet;

use gateline::Explanation;
use gateline::explain::Source;
use gateline::model::{HostPattern, ObjectName, Route, RouteId};
use gateline_api::Object;
use gateline_api::objects::GATEWAY;
use gateline_api::resolve::{Attachment, Attempt, Step};
use gateline_api::status::{ConditionStatus, ParentRef};
use serde::Serialize;
use serde_json::Value;

use super::rule::full_name;
use super::why_not::Obstacle;
use super::{Tracer, source};
use crate::load::World;
use crate::request::Request;

/// A route that is no candidate for a request, and its way to the listeners.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteTrace {
    /// `HTTPRoute/ns/name`.
    pub route: String,
    /// As written; empty for any.
    pub hostnames: Vec<String>,
    /// The first thing that keeps it from the request.
    pub obstacle: Obstacle,
    /// The same in words.
    pub because: String,
    /// Each of its parentRefs.
    pub parents: Vec<ParentTrace>,
    /// Where it is written.
    pub source: Option<Source>,
}

/// One parentRef.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParentTrace {
    /// `Gateway infra/web, sectionName https`.
    pub parent: String,
    /// The condition `Accepted`; `None` where the parent is not in the input, or is nothing that Gateline serves.
    pub accepted: Option<bool>,
    /// The reason of that condition.
    pub reason: Option<String>,
    /// Its message.
    pub message: String,
    /// What each listener of the parent says, in the order written.
    pub listeners: Vec<AttemptTrace>,
    /// Where it is written.
    pub source: Option<Source>,
}

/// One listener of a parent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptTrace {
    /// `ns/gateway/listener`.
    pub listener: String,
    /// Whether it took the route.
    pub attached: bool,
    /// The step that failed, if one did.
    pub step: Option<Step>,
    /// Why it failed, or what hostnames work there.
    pub because: String,
    /// Where the listener is written.
    pub source: Option<Source>,
}

impl Tracer<'_> {
    /// Routes that are no candidates, by name.
    pub(super) fn routes(
        &self,
        request: &Request,
        explanation: &Explanation,
        wanted: impl Fn(&RouteTrace) -> bool,
    ) -> Vec<RouteTrace> {
        let candidates: BTreeSet<&str> =
            explanation.candidates.iter().map(|one| one.route.as_str()).collect();
        let routes = (0..).map(RouteId).zip(&self.router.model().routes);
        let absent = routes.filter(|(_, route)| !candidates.contains(&*full_name(route)));
        let traces = absent.map(|(id, route)| self.route(request, explanation, id, route));
        let mut traces: Vec<RouteTrace> = traces.filter(wanted).collect();
        traces.sort_by(|a, b| a.route.cmp(&b.route));
        traces
    }

    /// A route that is no candidate.
    pub(super) fn route(
        &self,
        request: &Request,
        explanation: &Explanation,
        id: RouteId,
        route: &Route,
    ) -> RouteTrace {
        let written = self.world.objects.get(GATEWAY, route.kind.as_str(), &route.name);
        let written = written.and_then(|object| object.value.pointer("/spec/hostnames")?.as_array());
        let hostnames = written.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let attachments = self.attachments().get(&id).into_iter().flatten();
        let mut trace = RouteTrace {
            route: full_name(route),
            hostnames: hostnames.collect(),
            obstacle: Obstacle::Attachment,
            because: String::new(),
            parents: attachments.map(|one| parent(one, &route.name)).collect(),
            source: source(route.origin.place.as_ref()),
        };
        (trace.obstacle, trace.because) = trace.judge(request, explanation);
        trace
    }
}

impl RouteTrace {
    /// Whether it is meant for a host: it names it, or takes any host and is attached nowhere, which nobody wants.
    pub(super) fn is_meant_for(&self, host: &str) -> bool {
        let pattern = |text: &String| HostPattern::parse(text).is_ok_and(|pattern| pattern.matches(host));
        self.hostnames.iter().any(pattern)
            || self.hostnames.is_empty() && matches!(self.obstacle, Obstacle::Attachment)
    }

    fn judge(&self, request: &Request, explanation: &Explanation) -> (Obstacle, String) {
        let attempts = self.parents.iter().flat_map(|parent| &parent.listeners);
        let attached: Vec<&str> =
            attempts.filter(|one| one.attached).map(|one| one.listener.as_str()).collect();
        let listener = explanation.listener.as_deref();
        if listener.is_some_and(|listener| attached.contains(&listener)) {
            let host = request.host().unwrap_or_default();
            let because = format!("its hostnames ({}) do not match {host}", self.hostnames.join(", "));
            return (Obstacle::Hostname, because);
        }
        if !attached.is_empty() {
            let listener = listener.unwrap_or("a listener that takes the request");
            let because = format!("it is attached to {}, not to {listener}", attached.join(", "));
            return (Obstacle::Listener, because);
        }
        let because = match self.parents.first() {
            None => "it has no parentRefs".to_owned(),
            Some(ParentTrace { parent, reason: Some(reason), .. }) => {
                format!("{parent} does not accept it: {reason}")
            }
            Some(ParentTrace { parent, message, .. }) => format!("{parent}: {message}"),
        };
        (Obstacle::Attachment, because)
    }
}

fn parent(attachment: &Attachment, route: &ObjectName) -> ParentTrace {
    let accepted = attachment.accepted.as_ref();
    let holds = accepted.map(|condition| condition.status == ConditionStatus::True);
    ParentTrace {
        parent: reference(&attachment.parent, &route.namespace),
        accepted: holds,
        reason: accepted.map(|condition| condition.reason.to_owned()),
        message: accepted.map_or_else(
            || "it is not in the input, or nothing that Gateline serves".to_owned(),
            |condition| condition.message.clone(),
        ),
        listeners: attachment.attempts.iter().map(|one| attempt(one, holds == Some(true))).collect(),
        source: source(attachment.origin.place.as_ref()),
    }
}

/// A route that is not accepted is attached nowhere, whatever a listener would say.
fn attempt(attempt: &Attempt, accepted: bool) -> AttemptTrace {
    let (step, because) = match &attempt.outcome {
        Err((step, why)) => (Some(*step), why.clone()),
        Ok(hostnames) => {
            let effective = hostnames.iter().map(|one| one.effective.as_ref());
            let names = effective.map(|one| one.map_or_else(|| "any host".to_owned(), ToString::to_string));
            (None, names.collect::<Vec<_>>().join(", "))
        }
    };
    AttemptTrace {
        listener: attempt.listener.to_string(),
        attached: step.is_none() && accepted,
        step,
        because,
        source: source(attempt.origin.place.as_ref()),
    }
}

/// `Gateway infra/web, sectionName https, port 443`.
fn reference(parent: &ParentRef, namespace: &str) -> String {
    let name = ObjectName::new(parent.namespace.as_deref().unwrap_or(namespace), parent.name.as_str());
    let section = parent.section_name.iter().map(|section| format!(", sectionName {section}"));
    let port = parent.port.iter().map(|port| format!(", port {port}"));
    format!("{} {name}{}", parent.kind, section.chain(port).collect::<String>())
}

/// The object of a route, by its full name.
pub(super) fn object<'w>(world: &'w World, route: &str) -> Option<&'w Object> {
    let (kind, name) = route.split_once('/')?;
    let (namespace, name) = name.split_once('/')?;
    world.objects.get(GATEWAY, kind, &ObjectName::new(namespace, name))
}

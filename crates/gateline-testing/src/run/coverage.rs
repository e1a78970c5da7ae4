//! What of the manifests the tests went through.

use std::collections::{BTreeMap, BTreeSet};

use gateline::Router;
use gateline::model::{ListenerId, Model, Place, Route, RouteId, Target};
use gateline_api::Objects;
use gateline_api::objects::GATEWAY;
use serde::Serialize;
use serde_json::Value;

use super::possible::Possible;
use super::reachable::{Reachable, Reaching};
use crate::load::World;
use crate::request::Request;

/// How often each part was gone through. Parts that no request can reach do not count.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Coverage {
    /// Rules of attached routes.
    pub rules: Vec<Covered>,
    /// Their matches.
    pub matches: Vec<Covered>,
    /// Hostnames of attached routes.
    pub hostnames: Vec<Covered>,
    /// Listeners.
    pub listeners: Vec<Covered>,
    /// Backends of attached routes.
    pub backends: Vec<Covered>,
    /// Filters of their rules and backendRefs.
    pub filters: Vec<Covered>,
    /// Where their redirects lead: gone through if a test follows them.
    pub redirects: Vec<Covered>,
}

/// One part.
#[derive(Clone, Debug, Serialize)]
pub struct Covered {
    /// `HTTPRoute/ns/name#0`, `ns/gateway/listener`, …
    pub name: String,
    /// Where it is written.
    pub place: Option<Place>,
    /// By how many requests.
    pub hits: u64,
    /// Why no request can reach it: it is left out of the count then.
    pub unreachable: Option<String>,
    /// A request that would go through it.
    #[serde(rename = "try")]
    pub suggestion: Option<String>,
}

type RuleAt = (RouteId, usize);

/// The count while tests run.
pub(super) struct Counter<'w> {
    objects: &'w Objects,
    model: &'w Model,
    matches: BTreeMap<(RuleAt, usize), u64>,
    listeners: BTreeMap<ListenerId, u64>,
    hostnames: BTreeMap<(RouteId, String), u64>,
    backends: BTreeMap<String, u64>,
    followed: BTreeMap<RuleAt, u64>,
}

impl<'w> Counter<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self {
            objects: &world.objects,
            model: &world.resolution.model,
            matches: BTreeMap::new(),
            listeners: BTreeMap::new(),
            hostnames: BTreeMap::new(),
            backends: BTreeMap::new(),
            followed: BTreeMap::new(),
        }
    }

    /// Counts a redirect that was followed.
    pub(super) fn follow(&mut self, possible: &[Possible]) {
        if let Some(hit) = possible.first().and_then(|one| one.hit) {
            *self.followed.entry((hit.route, hit.rule.into())).or_default() += 1;
        }
    }

    /// Counts a request once, with all the backends that it may be sent to.
    pub(super) fn count(&mut self, request: &Request, possible: &[Possible]) {
        let as_written = || possible.iter().filter(|one| one.as_written);
        for backend in as_written().filter_map(|one| one.answer.backend.as_ref()) {
            *self.backends.entry(backend.clone()).or_default() += 1;
        }
        let Some(first) = as_written().next() else { return };
        let Some(hit) = first.hit else {
            let listener = first.answer.listener.as_ref();
            let index = self.model.listeners.iter().position(|one| Some(&one.name.to_string()) == listener);
            if let Some(id) = index.and_then(|index| u32::try_from(index).ok()) {
                *self.listeners.entry(ListenerId(id)).or_default() += 1;
            }
            return;
        };
        *self.listeners.entry(hit.listener).or_default() += 1;
        *self.matches.entry(((hit.route, hit.rule.into()), hit.matched.into())).or_default() += 1;
        if let Some(hostname) = self.hostname(request, hit) {
            *self.hostnames.entry((hit.route, hostname)).or_default() += 1;
        }
    }

    /// The hostname of the route that let the request in: the most specific one.
    fn hostname(&self, request: &Request, hit: gateline::Hit) -> Option<String> {
        let host = request.host()?;
        let listener = self.model.listeners.get(hit.listener.0 as usize)?;
        let attached = listener.attached.iter().find(|attached| attached.route == hit.route)?;
        let admits = attached
            .hostnames
            .iter()
            .filter(|one| one.effective.as_ref().is_none_or(|host_pattern| host_pattern.matches(&host)));
        let written = admits.filter_map(|one| one.written.as_ref());
        let most = written.max_by_key(|pattern| {
            (matches!(pattern, gateline::model::HostPattern::Exact(_)), pattern.suffix().len())
        })?;
        Some(most.to_string())
    }

    /// The result. Suggestions are worked out for what no test went through: O(rules) decisions.
    pub(super) fn finish(self, router: &Router) -> Coverage {
        let mut coverage = Coverage::default();
        let mut attached_to: BTreeMap<RouteId, Vec<ListenerId>> = BTreeMap::new();
        for (id, listener) in (0..).map(ListenerId).zip(&self.model.listeners) {
            let hits = self.listeners.get(&id).copied().unwrap_or_default();
            coverage.listeners.push(Covered::new(
                listener.name.to_string(),
                listener.origin.place.clone(),
                hits,
            ));
            for attached in &listener.attached {
                attached_to.entry(attached.route).or_default().push(id);
            }
        }
        let mut backends = BTreeMap::new();
        let reaching = Reaching::new(router);
        for (id, listeners) in &attached_to {
            self.route(&reaching, *id, listeners, &mut coverage, &mut backends);
        }
        for (name, place) in backends {
            let hits = self.backends.get(&name).copied().unwrap_or_default();
            coverage.backends.push(Covered::new(name, place, hits));
        }
        coverage
    }

    fn route(
        &self,
        reaching: &Reaching<'_>,
        id: RouteId,
        listeners: &[ListenerId],
        coverage: &mut Coverage,
        backends: &mut BTreeMap<String, Option<Place>>,
    ) {
        let Some(route) = self.model.routes.get(id.0 as usize) else { return };
        for (index, rule) in route.rules.iter().enumerate() {
            let name = format!("{}/{}#{index}", route.kind, route.name);
            let hits = |at: usize| self.matches.get(&((id, index), at)).copied().unwrap_or_default();
            let total = (0..rule.matches.len()).map(hits).sum();
            let mut covered = Covered::new(name.clone(), rule.origin.place.clone(), total);
            if total == 0 {
                match reaching.rule(listeners, id, index) {
                    Reachable::By(request) => covered.suggestion = Some(request.words()),
                    Reachable::Never(never) => covered.unreachable = Some(never.why),
                    Reachable::Unknown(_) => {}
                }
            }
            let unreachable = covered.unreachable.clone();
            self.filters((id, index), route, &covered, coverage);
            coverage.rules.push(covered);
            for (at, matched) in rule.matches.iter().enumerate() {
                let mut covered =
                    Covered::new(format!("{name}.{at}"), matched.origin.place.clone(), hits(at));
                covered.unreachable.clone_from(&unreachable);
                coverage.matches.push(covered);
            }
            for backend in rule.backends.iter().filter(|backend| backend.weight > 0 && unreachable.is_none())
            {
                let name = match &backend.target {
                    Target::Backend(id) => {
                        self.model.backends.get(id.0 as usize).map(|one| one.name.to_string())
                    }
                    Target::Invalid { reference, .. } => Some(reference.to_string()),
                };
                if let Some(name) = name {
                    backends.entry(name).or_insert_with(|| backend.origin.place.clone());
                }
            }
        }
        self.hostnames(id, listeners, coverage);
    }

    /// Whatever goes through a rule goes through its filters, and through those of its backendRefs that get a share.
    fn filters(&self, at: RuleAt, route: &Route, rule: &Covered, coverage: &mut Coverage) {
        let object = self.objects.get(GATEWAY, route.kind.as_str(), &route.name);
        let written =
            object.and_then(|object| Some((object, object.value.pointer(&format!("/spec/rules/{}", at.1))?)));
        let Some((object, written)) = written else { return };
        let mut add = |name: String, path: String, kind: &str, unreachable: Option<String>| {
            let name = format!("{name} {kind}");
            let place = object.origin(&path).place;
            let unreachable = rule.unreachable.clone().or(unreachable);
            let filter = Covered { unreachable, ..Covered::new(name, place, rule.hits) };
            if kind == "RequestRedirect" {
                let hits = self.followed.get(&at).copied().unwrap_or_default();
                coverage.redirects.push(Covered { hits, ..filter.clone() });
            }
            coverage.filters.push(filter);
        };
        let path = format!("spec.rules[{}]", at.1);
        for (index, kind) in filter_types(written) {
            add(rule.name.clone(), format!("{path}.filters[{index}]"), kind, None);
        }
        let backends = written.get("backendRefs").and_then(Value::as_array);
        for (backend, reference) in backends.into_iter().flatten().enumerate() {
            let path = format!("{path}.backendRefs[{backend}]");
            let idle = reference.get("weight").and_then(Value::as_u64) == Some(0);
            let unreachable = || idle.then(|| "the backendRef has weight 0".to_owned());
            for (index, kind) in filter_types(reference) {
                let name = format!("{} backendRefs[{backend}]", rule.name);
                add(name, format!("{path}.filters[{index}]"), kind, unreachable());
            }
        }
    }

    fn hostnames(&self, id: RouteId, listeners: &[ListenerId], coverage: &mut Coverage) {
        let Some(route) = self.model.routes.get(id.0 as usize) else { return };
        let listeners = listeners.iter().filter_map(|id| self.model.listeners.get(id.0 as usize));
        let attached =
            listeners.flat_map(|listener| &listener.attached).filter(|attached| attached.route == id);
        let written: BTreeSet<String> = attached
            .flat_map(|attached| &attached.hostnames)
            .filter_map(|one| Some(one.written.as_ref()?.to_string()))
            .collect();
        for hostname in written {
            let hits = self.hostnames.get(&(id, hostname.clone())).copied().unwrap_or_default();
            let name = format!("{}/{} {hostname}", route.kind, route.name);
            coverage.hostnames.push(Covered::new(name, route.origin.place.clone(), hits));
        }
    }
}

/// The `type` of each of `filters`, with its index.
fn filter_types(written: &Value) -> impl Iterator<Item = (usize, &str)> {
    let filters = written.get("filters").and_then(Value::as_array).into_iter().flatten();
    filters.enumerate().filter_map(|(index, filter)| Some((index, filter.get("type")?.as_str()?)))
}

impl Covered {
    fn new(name: String, place: Option<Place>, hits: u64) -> Self {
        Self { name, place, hits, unreachable: None, suggestion: None }
    }
}

impl Coverage {
    /// How many of some parts were gone through, of those that can be.
    #[must_use]
    pub fn ratio(parts: &[Covered]) -> (usize, usize) {
        let reachable = || parts.iter().filter(|part| part.unreachable.is_none());
        (reachable().filter(|part| part.hits > 0).count(), reachable().count())
    }

    /// In percent; 100 where there is nothing to go through.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "for reading and for a limit in percent")]
    pub fn percent_of((covered, all): (usize, usize)) -> f64 {
        if all == 0 { 100.0 } else { covered as f64 * 100.0 / all as f64 }
    }
}

use std::collections::BTreeMap;

use gateline::Router;
use gateline::model::{ListenerId, Model, Route, RouteId};
use serde::Serialize;

use crate::request::{Request, RequestKind};
use crate::run::reachable::{Reachable, Reaching};

/// A request that a rule takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleWitness {
    /// `HTTPRoute/ns/name#0`, or `#name` of a rule that has one.
    pub rule: String,
    /// What [`Request::read`] takes: `GET https://host/path`, or a connection.
    pub request: String,
    /// Names and values of header fields.
    pub headers: Vec<(String, String)>,
    /// The Gateway (`namespace/name`) it is sent to, if not any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
}

/// For each attached rule a request that it takes, in the order of the routes; rules that none is found for are left out.
/// Some hundred requests are tried for a rule, or all are reasoned about ([`gateline::analysis`]).
#[must_use]
pub fn witnesses(router: &Router) -> Vec<RuleWitness> {
    let reached = attached_rules(router).into_iter().filter_map(|rule| match rule.reachable {
        Reachable::By(request) => Some(witness(rule.name, &request)),
        Reachable::Never(_) | Reachable::Unknown(_) => None,
    });
    reached.collect()
}

fn witness(rule: String, request: &Request) -> RuleWitness {
    let (text, headers) = match &request.kind {
        RequestKind::Http(http) => (http.text(), http.fields()),
        RequestKind::Connection(_) => (request.title(), Vec::new()),
    };
    RuleWitness { rule, request: text, headers, gateway: request.gateway.as_ref().map(ToString::to_string) }
}

/// A rule of a route that is attached to some listener.
pub(crate) struct AttachedRule<'r> {
    /// `HTTPRoute/ns/name#0`.
    pub(crate) name: String,
    pub(crate) route: &'r Route,
    pub(crate) reachable: Reachable,
}

/// All rules of attached routes.
pub(crate) fn attached_rules(router: &Router) -> Vec<AttachedRule<'_>> {
    let reaching = Reaching::new(router);
    let mut rules = Vec::new();
    for (id, listeners) in attached(router.model()) {
        let Some(route) = router.model().routes.get(id.0 as usize) else { continue };
        for (index, rule) in route.rules.iter().enumerate() {
            let name = rule.name.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
            let name = format!("{}/{}#{name}", route.kind, route.name);
            rules.push(AttachedRule { name, route, reachable: reaching.rule(&listeners, id, index) });
        }
    }
    rules
}

/// Attached routes with their listeners.
fn attached(model: &Model) -> BTreeMap<RouteId, Vec<ListenerId>> {
    let mut attached: BTreeMap<RouteId, Vec<ListenerId>> = BTreeMap::new();
    for (id, listener) in (0..).map(ListenerId).zip(&model.listeners) {
        for one in &listener.attached {
            attached.entry(one.route).or_default().push(id);
        }
    }
    attached
}

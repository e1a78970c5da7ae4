use std::collections::BTreeMap;

use gateline::Router;
use gateline::analysis::Effect;
use gateline::explain::{Source, predicates};
use gateline::model::{HostPattern, Listener, Model, Origin, Route, Rule, Target};
use gateline_api::Finding;

use super::place::Places;
use super::{
    Attached, BackendNode, Graph, HostNode, ListenerNode, MatchNode, RouteNode, RuleNode, ShareNode, dead,
};

impl Graph {
    /// The graph of a router, with findings about the manifests it is of. O(size of the router · log).
    #[must_use]
    pub fn new(router: &Router, findings: Vec<Finding>) -> Self {
        let (model, places) = (router.model(), Places::new(&findings));
        let mut backends = Backends::default();
        let numbered = model.routes.iter().enumerate();
        let nodes = numbered.map(|(index, one)| route(model, index, one, &places, &mut backends)).collect();
        let listeners: Vec<ListenerNode> = model.listeners.iter().map(|one| listener(one, &places)).collect();
        let mut graph = Self {
            version: 1,
            hosts: hosts(model),
            listeners,
            routes: nodes,
            backends: backends.nodes(model, &places),
            findings,
        };
        dead::mark(&mut graph, model);
        graph
    }
}

fn source(origin: &Origin) -> Option<Source> {
    origin.place.as_ref().map(Source::from)
}

fn text(hostname: Option<&HostPattern>) -> String {
    hostname.map_or_else(|| "*".to_owned(), ToString::to_string)
}

fn listener(listener: &Listener, places: &Places<'_>) -> ListenerNode {
    let attached = listener.attached.iter().map(|attached| Attached {
        route: attached.route.0 as usize,
        hostnames: attached.hostnames.iter().map(|one| text(one.effective.as_ref())).collect(),
    });
    ListenerNode {
        name: listener.name.to_string(),
        gateway: listener.name.gateway.to_string(),
        port: listener.port,
        protocol: listener.protocol.scheme().to_ascii_uppercase(),
        hostname: text(listener.hostname.as_ref()),
        routes: attached.collect(),
        findings: places.at(&listener.origin),
        source: source(&listener.origin),
    }
}

fn route(
    model: &Model,
    index: usize,
    route: &Route,
    places: &Places<'_>,
    backends: &mut Backends,
) -> RouteNode {
    // The first listener it is on: what becomes of requests differs between listeners only in who is asked first.
    let on = |listener: &&Listener| listener.attached.iter().any(|one| one.route.0 as usize == index);
    let on = model.listeners.iter().find(on);
    let rule = |rule: &Rule| {
        let matches = rule.matches.iter();
        let matches = matches.map(|one| MatchNode {
            predicates: predicates(route.kind, one),
            dead: None,
            source: source(&one.origin),
        });
        let effect = on.zip(rule.matches.first());
        let effect = effect.map(|(on, first)| Effect::of(model, on, route.kind, rule, first).to_string());
        RuleNode {
            name: rule.name.as_deref().map(Into::into),
            effect: effect.unwrap_or_default(),
            matches: matches.collect(),
            backends: rule
                .backends
                .iter()
                .map(|one| backends.share(model, &one.target, one.weight))
                .collect(),
            dead: None,
            findings: places.at(&rule.origin),
            source: source(&rule.origin),
        }
    };
    let rules: Vec<RuleNode> = route.rules.iter().map(rule).collect();
    let mut findings = places.of(&route.origin);
    findings.retain(|finding| rules.iter().all(|rule| !rule.findings.contains(finding)));
    RouteNode {
        name: format!("{}/{}", route.kind, route.name),
        rules,
        findings,
        source: source(&route.origin),
    }
}

/// What listeners tell apart: the hostnames of their routes, and their own where they have none.
fn hosts(model: &Model) -> Vec<HostNode> {
    let mut hosts: BTreeMap<Vec<String>, HostNode> = BTreeMap::new();
    for (index, listener) in model.listeners.iter().enumerate() {
        let effective = listener.attached.iter().flat_map(|attached| &attached.hostnames);
        let mut names: Vec<String> = effective.map(|one| text(one.effective.as_ref())).collect();
        if names.is_empty() {
            names.push(text(listener.hostname.as_ref()));
        }
        for name in names {
            let key = name.rsplit('.').map(str::to_owned).collect();
            let node = hosts.entry(key).or_insert(HostNode { name, listeners: Vec::new() });
            if node.listeners.last() != Some(&index) {
                node.listeners.push(index);
            }
        }
    }
    hosts.into_values().collect()
}

/// Backends by name, and what is known of each.
#[derive(Default)]
struct Backends {
    ids: BTreeMap<String, usize>,
    known: Vec<(String, Option<usize>)>,
}

impl Backends {
    fn share(&mut self, model: &Model, target: &Target, weight: u32) -> ShareNode {
        let (name, id, invalid) = match target {
            Target::Backend(id) => {
                let backend = model.backends.get(id.0 as usize);
                let name = backend.map(|backend| backend.name.to_string()).unwrap_or_default();
                (name, Some(id.0 as usize), None)
            }
            Target::Invalid { reference, reason } => (reference.to_string(), None, Some(reason.to_string())),
        };
        let next = self.known.len();
        let backend = *self.ids.entry(name.clone()).or_insert(next);
        if backend == next {
            self.known.push((name, None));
        }
        if let Some(known) = self.known.get_mut(backend) {
            known.1 = known.1.or(id);
        }
        ShareNode { backend, weight, invalid }
    }

    fn nodes(self, model: &Model, places: &Places<'_>) -> Vec<BackendNode> {
        let node = |(name, id): (String, Option<usize>)| {
            let backend = id.and_then(|id| model.backends.get(id));
            let origin = backend.and_then(|backend| backend.origin.as_ref());
            BackendNode {
                name,
                kind: backend.map(|backend| backend.name.kind.to_string()),
                findings: origin.map(|origin| places.of(origin)).unwrap_or_default(),
                source: origin.and_then(source),
            }
        };
        self.known.into_iter().map(node).collect()
    }
}

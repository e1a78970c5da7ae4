//! Ingresses served beside routes: one table for both.

use std::collections::BTreeMap;

use gateline::model::{
    AttachedHostname, AttachedRoute, BackendId, BackendName, HostPattern, Listener, ObjectName, Protocol,
    Route, RouteId, Rule, Target,
};
use gateline_api::resolve::{Options, Resolution};
use gateline_api::{Finding, Object, Objects, resolve};
use serde_json::{Value, json};

use crate::convert::{Manifest, listeners};
use crate::nginx::{Port, policy};
use crate::source::Source;

/// Names of what stands in for a Gateway and its references.
const NAME: &str = "ingress";
const API: &str = "gateway.networking.k8s.io/v1";

/// What the objects mean together with Ingresses: the rules of the Ingresses are attached to the listeners of the Gateways on
/// the same ports, and to listeners of their own for all other hosts.
///
/// On one host the more specific hostname goes first; of the same hostname the rules of routes go before those of Ingresses. So a
/// route takes over the requests that it matches, and the Ingress keeps the rest.
///
/// What a guard of an Ingress keeps out is not let in: authentication, lists of addresses, client certificates and snippets, and
/// rewrites that only nginx can do, are not kept here, so their requests are answered 500, and a finding says so.
#[must_use]
pub fn beside(objects: &Objects, options: &Options, source: &Source) -> Resolution {
    let mut all = objects.clone();
    let own = ObjectName::new("", NAME);
    let gateway = ObjectName::new("gateline-ingress", NAME);
    for manifest in stand_ins(source, &gateway) {
        if let Ok(object) = Object::from_json(manifest) {
            all.insert(object);
        }
    }
    let mut resolution = resolve(&all, options);
    let backends: BTreeMap<BackendName, BackendId> = (0..)
        .map(BackendId)
        .zip(&resolution.model.backends)
        .map(|(id, backend)| (backend.name.clone(), id))
        .collect();
    let routes = std::mem::take(&mut resolution.model.routes);
    let is_ours = |route: &Route| route.name.namespace == gateway.namespace || &*route.name.name == STAND_IN;
    // Routes keep their order; those that only held references go.
    let mut ids = BTreeMap::new();
    for (old, route) in (0..).map(RouteId).zip(routes) {
        if !is_ours(&route) {
            ids.insert(old, next(&resolution.model.routes));
            resolution.model.routes.push(route);
        }
    }
    for listener in &mut resolution.model.listeners {
        listener.attached.retain(|attached| ids.contains_key(&attached.route));
        for attached in &mut listener.attached {
            if let Some(new) = ids.get(&attached.route) {
                attached.route = *new;
            }
        }
    }
    for site in &source.sites {
        let protocol = if site.port == Port::Http { Protocol::Http } else { Protocol::Https };
        for id in &site.routes {
            let Some(route) = source.model.routes.get(id.0 as usize) else { continue };
            let new = next(&resolution.model.routes);
            let mut route = renumbered(route, source, &backends);
            resolution.findings.extend(route.rules.iter_mut().filter_map(closed));
            resolution.model.routes.push(route);
            let hostnames = hostnames(source, *id);
            let port = source.port(site.port);
            let here = |listener: &&mut Listener| listener.port == port && listener.protocol == protocol;
            for listener in resolution.model.listeners.iter_mut().filter(here) {
                let shared: Vec<AttachedHostname> = hostnames
                    .iter()
                    .filter_map(|hostname| intersect(hostname, listener.hostname.as_ref()))
                    .collect();
                if !shared.is_empty() {
                    listener.attached.push(AttachedRoute { route: new, hostnames: shared });
                }
            }
        }
    }
    for listener in resolution.model.listeners.iter_mut().filter(|listener| listener.name.gateway == gateway)
    {
        listener.name.gateway = own.clone();
    }
    resolution.statuses.retain(|status| status.name != gateway && &*status.name.name != STAND_IN);
    resolution.findings.retain(|finding| {
        finding.origin.object.namespace != gateway.namespace && &*finding.origin.object.name != STAND_IN
    });
    resolution.findings.extend(source.findings.iter().cloned());
    resolution
}

const STAND_IN: &str = "gateline-ingress-backends";

fn next(routes: &[Route]) -> RouteId {
    RouteId(u32::try_from(routes.len()).unwrap_or(u32::MAX))
}

/// A Gateway with the listeners, and a route in each namespace that names its backends: what makes certificates and
/// endpoints resolve as those of routes do.
fn stand_ins(source: &Source, gateway: &ObjectName) -> Vec<Value> {
    let (listeners, grants) = listeners(source, gateway, |_| true);
    let spec = json!({"gatewayClassName": "gateline", "listeners": listeners});
    let mut values = vec![Manifest::new(API, "Gateway", gateway.clone(), &spec).value];
    values.extend(grants.into_iter().map(|grant| grant.value));
    let mut by_namespace: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for backend in &source.model.backends {
        let name = &backend.name;
        let reference = json!({"name": name.object.name, "port": name.port});
        by_namespace.entry(&name.object.namespace).or_default().push(reference);
    }
    for (namespace, references) in by_namespace {
        let parent = json!({"name": gateway.name, "namespace": gateway.namespace, "sectionName": "http"});
        let spec = json!({"parentRefs": [parent], "rules": [{"backendRefs": references}]});
        values.push(Manifest::new(API, "HTTPRoute", ObjectName::new(namespace, STAND_IN), &spec).value);
    }
    values
}

/// A route with the backends of another model.
fn renumbered(route: &Route, source: &Source, backends: &BTreeMap<BackendName, BackendId>) -> Route {
    let mut route = route.clone();
    for rule in &mut route.rules {
        let shares = rule.backends.iter().cloned().map(|mut share| {
            let name = share
                .target
                .backend()
                .and_then(|id| source.model.backends.get(id.0 as usize))
                .map(|one| &one.name);
            if let Some(name) = name {
                share.target = match backends.get(name) {
                    Some(id) => Target::Backend(*id),
                    None => Target::Invalid {
                        reference: name.to_string().into(),
                        reason: "BackendNotFound".into(),
                    },
                };
            }
            share
        });
        rule.backends = shares.collect();
    }
    route
}

/// Closes a rule that is not what it was without something that only its controller has.
fn closed(rule: &mut Rule) -> Option<Finding> {
    let mut policies = rule.policies.iter();
    let (code, what) =
        policies.find_map(|(name, value)| Some((policy::code(name)?, format!("{name} ({value})"))))?;
    rule.filters.invalid = Some(format!("{what} of an Ingress is not kept").into());
    let message = format!("{what} of Ingress {} is not kept here: 500 for its requests", rule.origin.object);
    let help = "leave the host to its controller, or take it over with a route that has a guard of its own";
    Some(Finding::new(code, rule.origin.clone(), message).help(help))
}

fn hostnames(source: &Source, route: RouteId) -> Vec<AttachedHostname> {
    let mut attached = source.model.listeners.iter().flat_map(|listener| &listener.attached);
    attached
        .find(|attached| attached.route == route)
        .map(|attached| attached.hostnames.clone())
        .unwrap_or_default()
}

fn intersect(hostname: &AttachedHostname, listener: Option<&HostPattern>) -> Option<AttachedHostname> {
    let effective = match (&hostname.effective, listener) {
        (Some(a), Some(b)) => Some(a.intersect(b)?),
        (a, b) => a.clone().or_else(|| b.cloned()),
    };
    Some(AttachedHostname { written: hostname.written.clone(), effective })
}

//! Attachment, hostnames, grants, references and policies: pure, no I/O, no clock, whatever the order of the input.
//!
//! ```text
//! world (read, index) -> listeners (gather, conflicts, tls) -> routes (rules, references) -> attach -> model, statuses -> policies -> findings
//! ```

mod acceptance;
mod ancestors;
mod attach;
mod attachment;
mod authorities;
mod backend_tls;
mod backends;
mod cert_manager;
mod certificates;
mod client_certificates;
mod client_selectors;
mod der;
mod durations;
mod endpoints;
mod external_auth;
mod fault;
mod filters;
mod grants;
mod header_filters;
mod key_pair;
mod listener_filters;
mod listeners;
mod literals;
mod matches;
mod namespaces;
mod need;
mod options;
mod overrides;
mod policies;
mod public_key;
mod resolution;
mod routes;
mod rules;
mod shared_hosts;
mod statuses;
mod tls;
mod unread;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateline::Model;
use gateline::model::{BackendId, Listener, ObjectName, Protocol, RouteId};

pub use attachment::{Attachment, Attempt, Step};
pub use durations::parse as duration;
pub use options::{Assume, Options};
pub use resolution::{
    AttachedPolicy, Certificate, ClientValidation, Endpoint, ListenerTls, Resolution, SubjectAltName,
    Upstream, UpstreamTls,
};

use self::attach::Attaching;
use self::backend_tls::BackendTls;
use self::backends::Registry;
use self::listeners::Slot;
use self::routes::{Draft, Routes};
use self::world::World;
use crate::finding::{Finding, codes};
use crate::object::Objects;

/// Works out what a set of objects means. Never fails, never panics: what is wrong becomes conditions and findings.
/// O(n log n) in the number of objects, rules and attachments.
#[must_use]
pub fn resolve(objects: &Objects, options: &Options) -> Resolution {
    let mut findings = Vec::new();
    let world = World::new(objects, options, &mut findings);
    let mut backend_tls = BackendTls::new(&world);
    findings.append(&mut backend_tls.findings);

    let (mut slots, sets) = listeners::gather(&world, &mut findings);
    let mut registry = Registry::new(&world, &backend_tls);
    tls::read(&world, &mut registry.grants, &mut slots, &mut findings);
    listener_filters::read(&mut registry, &mut slots, &mut findings);
    let clients = client_certificates::read(&world, &mut registry.grants, &mut findings);

    let routes = Routes::read(&world, &mut findings);
    let drafts = routes.drafts(&world, &mut registry);

    let mut attaching = Attaching::new(&world, &mut slots);
    let mut route_statuses: Vec<_> =
        drafts.iter().enumerate().map(|(i, draft)| attaching.route(route_id(i), draft)).collect();
    findings.append(&mut attaching.findings);

    let mut statuses = statuses::classes(&world);
    statuses.extend(statuses::gateways(&world, &slots, &sets, &clients, &mut findings));
    statuses.append(&mut route_statuses);
    statuses.extend(backend_tls.statuses(&reached(&slots, &drafts, &registry)));

    empty_listeners(&slots, &mut findings);
    unlimited_listeners(&slots, &mut findings);
    findings.extend(cert_manager::findings(&world, &slots));
    let Registry { backends, upstreams, mut grants, .. } = registry;
    let mut routes = Vec::with_capacity(drafts.len());
    for draft in drafts {
        findings.extend(draft.faults.findings);
        routes.push(draft.route);
    }
    let (listeners, tls) = serving(slots);
    let model = Model { listeners, routes, backends };
    findings.extend(shared_hosts::findings(&model));

    let applied = policies::apply(&world, &mut grants, &model, &statuses);
    findings.extend(applied.findings);
    findings.extend(grants.dead());
    findings.extend(grants.broad());
    statuses.extend(applied.statuses);
    statuses.sort_by(|a, b| (&a.group, &a.kind, &a.name).cmp(&(&b.group, &b.kind, &b.name)));
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings.dedup();
    let shown = |(gateway, client): (ObjectName, Result<Option<Certificate>, _>)| {
        Some((gateway, Arc::new(client.ok()??)))
    };
    let clients = clients.into_iter().filter_map(shown).collect();
    Resolution { model, upstreams, tls, clients, policies: applied.in_force, statuses, findings }
}

/// How each route came to its listeners, or why it did not: what [`resolve`] does with parentRefs, told step by step. In the
/// order of [`Model::routes`]. O(parentRefs × listeners of their parents).
#[must_use]
pub fn attachments(objects: &Objects, options: &Options) -> Vec<Attachment> {
    let mut findings = Vec::new();
    let world = World::new(objects, options, &mut findings);
    let backend_tls = BackendTls::new(&world);
    let (mut slots, _) = listeners::gather(&world, &mut findings);
    let mut registry = Registry::new(&world, &backend_tls);
    let routes = Routes::read(&world, &mut findings);
    let drafts = routes.drafts(&world, &mut registry);
    let mut attaching = Attaching::new(&world, &mut slots);
    let told = drafts.iter().enumerate().flat_map(|(i, draft)| attaching.told(route_id(i), draft));
    told.collect()
}

fn route_id(index: usize) -> RouteId {
    RouteId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// Services by the Gateways that reach them.
fn reached(
    slots: &[Slot<'_>],
    drafts: &[Draft<'_>],
    registry: &Registry<'_, '_>,
) -> BTreeMap<ObjectName, BTreeSet<ObjectName>> {
    let mut reached: BTreeMap<ObjectName, BTreeSet<ObjectName>> = BTreeMap::new();
    for slot in slots {
        let routes = slot.attached.iter().filter_map(|attached| drafts.get(attached.route.0 as usize));
        let asked = slot.filters.iter().filter_map(|filter| filter.target.backend());
        for BackendId(id) in routes.flat_map(|draft| draft.route.backends()).chain(asked) {
            if let Some(backend) = registry.backends.get(id as usize) {
                reached.entry(backend.name.object.clone()).or_default().insert(slot.name.gateway.clone());
            }
        }
    }
    reached
}

fn empty_listeners(slots: &[Slot<'_>], findings: &mut Vec<Finding>) {
    for slot in slots.iter().filter(|slot| slot.serves() && slot.attached.is_empty()) {
        let what = match slot.protocol {
            Some(Protocol::Tls | Protocol::Tcp) => "closes every connection",
            Some(Protocol::Udp) => "drops every datagram",
            _ => "answers 404 to every request",
        };
        let message = format!("no route attaches to listener {}: it {what}", slot.name);
        findings.push(Finding::new(&codes::GL108, slot.origin(""), message));
    }
}

/// Whoever may create a route in any namespace can take any host of such a listener.
fn unlimited_listeners(slots: &[Slot<'_>], findings: &mut Vec<Finding>) {
    let open = |slot: &&Slot<'_>| {
        let namespaces = slot.written.allowed_routes.namespaces.as_ref();
        let hosts = !matches!(slot.protocol, Some(Protocol::Tcp | Protocol::Udp));
        slot.serves()
            && hosts
            && slot.hostname.is_none()
            && namespaces.and_then(|one| one.from.as_deref()) == Some("All")
    };
    for slot in slots.iter().filter(open) {
        let message = format!("listener {} lets routes of every namespace take every hostname", slot.name);
        let finding = Finding::new(&codes::GL109, slot.origin("allowedRoutes.namespaces"), message);
        findings.push(finding.help("give the listener a hostname, or select namespaces by label"));
    }
}

/// The listeners that may serve, with their certificates, by name.
fn serving(mut slots: Vec<Slot<'_>>) -> (Vec<Listener>, Vec<Option<ListenerTls>>) {
    slots.sort_by(|a, b| a.name.cmp(&b.name));
    let served = slots.into_iter().filter(Slot::serves).filter_map(|mut slot| {
        let origin = slot.origin("");
        slot.attached.sort_by_key(|attached| attached.route);
        let listener = Listener {
            port: slot.written.port,
            protocol: slot.protocol?,
            mode: slot.mode(),
            hostname: slot.hostname,
            filters: slot.filters,
            attached: slot.attached,
            origin,
            name: slot.name,
        };
        Some((listener, slot.tls))
    });
    served.unzip()
}

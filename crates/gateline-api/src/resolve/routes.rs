use gateline::model::{HostPattern, Route, RouteKind, Rule};
use serde::de::DeserializeOwned;

use super::backends::Registry;
use super::fault::{Fault, Faults};
use super::rules::Reading;
use super::unread;
use super::world::{Items, World, read};
use crate::finding::Finding;
use crate::object::Object;
use crate::objects::{GATEWAY, GrpcRoute, HttpRoute, L4Route, ParentRef};

/// A route that has been read, before it is attached.
pub(super) struct Draft<'w> {
    pub(super) object: &'w Object,
    /// With their indices in `spec.parentRefs`.
    pub(super) parents: Vec<(usize, ParentRef)>,
    /// `None` for a hostname that cannot be read.
    pub(super) hostnames: Vec<HostPattern>,
    pub(super) route: Route,
    pub(super) faults: Faults,
}

/// The routes of every kind, as they are in the input.
pub(super) struct Routes<'a> {
    http: Items<'a, HttpRoute>,
    grpc: Items<'a, GrpcRoute>,
    l4: Vec<(RouteKind, Items<'a, L4Route>)>,
    unread: Vec<(RouteKind, &'a Object, Fault)>,
}

impl<'a> Routes<'a> {
    pub(super) fn read(world: &World<'a>, findings: &mut Vec<Finding>) -> Self {
        let kinds = [RouteKind::Tls, RouteKind::Tcp, RouteKind::Udp];
        let mut unread = Vec::new();
        Self {
            http: of_kind(world, RouteKind::Http, &mut unread, findings),
            grpc: of_kind(world, RouteKind::Grpc, &mut unread, findings),
            l4: kinds.into_iter().map(|kind| (kind, of_kind(world, kind, &mut unread, findings))).collect(),
            unread,
        }
    }

    /// Reads the rules of all routes and follows their references.
    pub(super) fn drafts<'w>(
        &'w self,
        world: &'w World<'a>,
        registry: &mut Registry<'w, 'a>,
    ) -> Vec<Draft<'w>> {
        let mut drafts = Vec::new();
        for item in self.http.values() {
            let mut reading = Reading { world, registry, object: item.object, faults: Faults::default() };
            let spec = &item.read.spec;
            let rules = spec.rules.iter().enumerate().map(|(i, rule)| reading.http(i, rule)).collect();
            drafts.push(Draft::new(reading, RouteKind::Http, rules, &spec.parent_refs, &spec.hostnames));
        }
        for item in self.grpc.values() {
            let mut reading = Reading { world, registry, object: item.object, faults: Faults::default() };
            let spec = &item.read.spec;
            let rules = spec.rules.iter().enumerate().map(|(i, rule)| reading.grpc(i, rule)).collect();
            drafts.push(Draft::new(reading, RouteKind::Grpc, rules, &spec.parent_refs, &spec.hostnames));
        }
        for (kind, item) in self.l4.iter().flat_map(|(kind, items)| items.values().map(|item| (*kind, item)))
        {
            let mut reading = Reading { world, registry, object: item.object, faults: Faults::default() };
            let spec = &item.read.spec;
            let rules = spec.rules.iter().enumerate().map(|(i, rule)| reading.l4(i, rule)).collect();
            drafts.push(Draft::new(reading, kind, rules, &spec.parent_refs, &spec.hostnames));
        }
        drafts.extend(self.unread.iter().map(|(kind, object, fault)| Draft::unread(*kind, object, fault)));
        drafts
    }
}

fn of_kind<'a, T: DeserializeOwned>(
    world: &World<'a>,
    kind: RouteKind,
    unread: &mut Vec<(RouteKind, &'a Object, Fault)>,
    findings: &mut Vec<Finding>,
) -> Items<'a, T> {
    let items = read(world.objects, GATEWAY, kind.as_str(), findings);
    let more = unread::of::<T>(world.objects, GATEWAY, kind.as_str(), &items);
    unread.extend(more.into_iter().map(|(object, fault)| (kind, object, fault)));
    items
}

impl<'w> Draft<'w> {
    fn new(
        reading: Reading<'_, 'w, '_>,
        kind: RouteKind,
        rules: Vec<Rule>,
        parents: &[ParentRef],
        hostnames: &[String],
    ) -> Self {
        let Reading { object, mut faults, .. } = reading;
        let mut patterns = Vec::with_capacity(hostnames.len());
        for (i, text) in hostnames.iter().enumerate() {
            match HostPattern::parse(text) {
                Ok(pattern) => patterns.push(pattern),
                Err(_) => drop(faults.unsupported::<()>(object, &format!("spec.hostnames[{i}]"), text)),
            }
        }
        let parents = parents.iter().cloned().enumerate().collect();
        Self { object, parents, hostnames: patterns, route: route(kind, object, rules), faults }
    }

    /// A route that cannot be read: not accepted by the parents that can.
    fn unread(kind: RouteKind, object: &'w Object, fault: &Fault) -> Self {
        let mut parents = unread::entries(object, "parentRefs");
        parents.retain(|(_, parent): &(usize, ParentRef)| !parent.name.is_empty());
        let faults = Faults { accepted: Some(fault.clone()), ..Faults::default() };
        Self { object, parents, hostnames: Vec::new(), route: route(kind, object, Vec::new()), faults }
    }
}

fn route(kind: RouteKind, object: &Object, rules: Vec<Rule>) -> Route {
    Route { kind, name: object.name.clone(), created: object.created, rules, origin: object.origin("") }
}

use gateline::model::{HostPattern, Route, RouteKind};
use serde::de::DeserializeOwned;

use super::backends::Registry;
use super::fault::Faults;
use super::rules::Reading;
use super::world::{Items, World, read};
use crate::finding::Finding;
use crate::object::Object;
use crate::objects::{GATEWAY, GrpcRoute, HttpRoute, L4Route, ParentRef};

/// A route that has been read, before it is attached.
pub(super) struct Draft<'w> {
    pub(super) object: &'w Object,
    pub(super) parents: Vec<ParentRef>,
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
}

impl<'a> Routes<'a> {
    pub(super) fn read(world: &World<'a>, findings: &mut Vec<Finding>) -> Self {
        let kinds = [RouteKind::Tls, RouteKind::Tcp, RouteKind::Udp];
        Self {
            http: of_kind(world, RouteKind::Http, findings),
            grpc: of_kind(world, RouteKind::Grpc, findings),
            l4: kinds.into_iter().map(|kind| (kind, of_kind(world, kind, findings))).collect(),
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
        drafts
    }
}

fn of_kind<'a, T: DeserializeOwned>(
    world: &World<'a>,
    kind: RouteKind,
    findings: &mut Vec<Finding>,
) -> Items<'a, T> {
    read(world.objects, GATEWAY, kind.as_str(), findings)
}

impl<'w> Draft<'w> {
    fn new(
        reading: Reading<'_, 'w, '_>,
        kind: RouteKind,
        rules: Vec<gateline::model::Rule>,
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
        let route = Route {
            kind,
            name: object.name.clone(),
            created: object.created,
            rules,
            origin: object.origin(""),
        };
        Self { object, parents: parents.to_vec(), hostnames: patterns, route, faults }
    }
}

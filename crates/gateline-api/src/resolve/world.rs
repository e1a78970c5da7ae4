use std::collections::BTreeMap;

use gateline::model::ObjectName;
use serde::de::DeserializeOwned;

use super::options::{Assume, Options};
use crate::finding::{Finding, codes};
use crate::object::{Object, Objects};
use crate::objects::{
    Backend, BackendTlsPolicy, CORE, DISCOVERY, ENVOY, EndpointSlice, GATEWAY, Gateway, GatewayClass,
    HttpRouteFilter, ListenerSet, ParentRef, ReferenceGrant, Service,
};

/// An object with its contents read.
pub(super) struct Item<'a, T> {
    pub(super) object: &'a Object,
    pub(super) read: T,
}

/// By namespace and name.
pub(super) type Items<'a, T> = BTreeMap<&'a ObjectName, Item<'a, T>>;

/// The objects of an input, read and indexed: what every later step looks things up in.
pub(super) struct World<'a> {
    pub(super) objects: &'a Objects,
    pub(super) options: &'a Options,
    pub(super) classes: Items<'a, GatewayClass>,
    pub(super) gateways: Items<'a, Gateway>,
    pub(super) sets: Items<'a, ListenerSet>,
    pub(super) services: Items<'a, Service>,
    pub(super) backends: Items<'a, Backend>,
    pub(super) route_filters: Items<'a, HttpRouteFilter>,
    pub(super) backend_tls: Items<'a, BackendTlsPolicy>,
    pub(super) grants: Items<'a, ReferenceGrant>,
    /// By Service.
    pub(super) slices: BTreeMap<ObjectName, Vec<EndpointSlice>>,
}

impl<'a> World<'a> {
    pub(super) fn new(objects: &'a Objects, options: &'a Options, findings: &mut Vec<Finding>) -> Self {
        Self {
            objects,
            options,
            classes: read(objects, GATEWAY, "GatewayClass", findings),
            gateways: read(objects, GATEWAY, "Gateway", findings),
            sets: read(objects, GATEWAY, "ListenerSet", findings),
            services: read(objects, CORE, "Service", findings),
            backends: read(objects, ENVOY, "Backend", findings),
            route_filters: read(objects, ENVOY, "HTTPRouteFilter", findings),
            backend_tls: read(objects, GATEWAY, "BackendTLSPolicy", findings),
            grants: read(objects, GATEWAY, "ReferenceGrant", findings),
            slices: slices(objects, findings),
        }
    }

    /// The Gateway of ours that a ListenerSet names as its parent.
    pub(super) fn parent_of(&self, set: &ObjectName, parent: &ParentRef) -> Option<&Item<'a, Gateway>> {
        let is_gateway = parent.group.as_deref().unwrap_or(GATEWAY) == GATEWAY
            && parent.kind.as_deref().unwrap_or("Gateway") == "Gateway";
        let namespace = parent.namespace.as_deref().unwrap_or(&set.namespace);
        let gateway = self.gateways.get(&ObjectName::new(namespace, parent.name.as_str()))?;
        (is_gateway && self.is_ours(&gateway.read)).then_some(gateway)
    }

    /// Whether a Gateway's class is ours. Offline every class is; one that is not in the input counts as ours unless
    /// Gateways and classes are assumed to be missing.
    pub(super) fn is_ours(&self, gateway: &Gateway) -> bool {
        let class = ObjectName::new("", gateway.spec.gateway_class_name.as_str());
        match (&self.options.controller, self.classes.get(&class)) {
            (None, Some(_)) => true,
            (None, None) => self.options.gateways != Assume::Missing,
            (Some(ours), Some(class)) => class.read.spec.controller_name == *ours,
            (Some(_), None) => false,
        }
    }
}

/// Reads all objects of a kind. One that does not fit the type is left out and reported; the others are not affected.
pub(super) fn read<'a, T: DeserializeOwned>(
    objects: &'a Objects,
    group: &str,
    kind: &str,
    findings: &mut Vec<Finding>,
) -> Items<'a, T> {
    let mut items = Items::new();
    for object in objects.of_kind(group, kind).filter(|object| !object.refused) {
        match object.decode() {
            Ok(read) => drop(items.insert(&object.name, Item { object, read })),
            Err(error) => findings.push(unreadable(object, &error)),
        }
    }
    items
}

pub(super) fn unreadable(object: &Object, error: &serde_json::Error) -> Finding {
    let message = format!("{} {} cannot be read: {error}", object.kind, object.name);
    Finding::new(&codes::GL001, object.origin("spec"), message)
        .help("correct the value; until then the object is ignored")
}

fn slices(objects: &Objects, findings: &mut Vec<Finding>) -> BTreeMap<ObjectName, Vec<EndpointSlice>> {
    let mut slices: BTreeMap<ObjectName, Vec<EndpointSlice>> = BTreeMap::new();
    for (name, item) in read::<EndpointSlice>(objects, DISCOVERY, "EndpointSlice", findings) {
        if let Some(service) = item.object.labels.get("kubernetes.io/service-name") {
            let service = ObjectName::new(name.namespace.clone(), service.as_str());
            slices.entry(service).or_default().push(item.read);
        }
    }
    slices
}

use std::borrow::Cow;
use std::collections::BTreeMap;

use gateline::model::ObjectName;
use gateline_api::objects::{ENVOY, GATEWAY, ListenerSet};
use gateline_api::status::Status;
use gateline_api::{Object, Objects};

use super::Job;
use crate::features;
use crate::provision::{Reach, settle};

/// Kinds whose status has an entry for each parent or ancestor: where we have nothing to say, our entries go.
const WITH_ENTRIES: &[(&str, &str)] = &[
    (GATEWAY, "HTTPRoute"),
    (GATEWAY, "GRPCRoute"),
    (GATEWAY, "TLSRoute"),
    (GATEWAY, "TCPRoute"),
    (GATEWAY, "UDPRoute"),
    (GATEWAY, "BackendTLSPolicy"),
    (ENVOY, "BackendTrafficPolicy"),
    (ENVOY, "ClientTrafficPolicy"),
    (ENVOY, "SecurityPolicy"),
];

/// What every object of ours should say, given how Gateways can be reached.
pub(crate) fn jobs<'a>(
    objects: &'a Objects,
    statuses: &'a [Status],
    reach: &BTreeMap<ObjectName, Reach>,
) -> Vec<Job<'a>> {
    let mut said: BTreeMap<(&str, &str, &ObjectName), &Status> = BTreeMap::new();
    for status in statuses {
        said.insert((&status.group, &status.kind, &status.name), status);
    }
    let stale = WITH_ENTRIES.iter().flat_map(|(group, kind)| objects.of_kind(group, kind));
    let stale = stale.filter(|object| !said.contains_key(&(&*object.group, &*object.kind, &object.name)));
    let stale = stale.map(|object| job(object, Cow::Owned(Status::of(object)), reach));
    let ours = said.values().filter_map(|status| {
        let object = objects.get(&status.group, &status.kind, &status.name)?;
        Some(job(object, Cow::Borrowed(*status), reach))
    });
    ours.chain(stale).collect()
}

fn job<'a>(object: &'a Object, mut status: Cow<'a, Status>, reach: &BTreeMap<ObjectName, Reach>) -> Job<'a> {
    let mut addresses = None;
    match &*object.kind {
        "Gateway" => {
            if let Some(reach) = reach.get(&object.name) {
                settle(status.to_mut(), reach.fault.as_ref());
                addresses = Some(reach.addresses.clone());
            }
        }
        "ListenerSet" => {
            let fault = gateway_of(object).and_then(|gateway| reach.get(&gateway)?.fault.as_ref());
            settle(status.to_mut(), fault);
        }
        _ => {}
    }
    Job { object: Cow::Borrowed(object), status, addresses, features: features::SUPPORTED }
}

fn gateway_of(set: &Object) -> Option<ObjectName> {
    let parent = set.decode::<ListenerSet>().ok()?.spec.parent_ref;
    let namespace = parent.namespace.unwrap_or_else(|| set.name.namespace.to_string());
    Some(ObjectName::new(namespace, parent.name))
}

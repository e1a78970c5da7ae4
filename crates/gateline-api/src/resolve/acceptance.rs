//! What keeps a GatewayClass or a Gateway as a whole from being accepted.

use gateline::model::ObjectName;

use super::fault::Fault;
use super::options::Assume;
use super::world::{Item, World};
use crate::finding::Severity;
use crate::objects::{Address, ENVOY, Gateway, GatewayClass, GatewaySpec, ObjectRef, is_foreign};

pub(super) fn of_class(world: &World<'_>, class: &GatewayClass) -> Option<Fault> {
    parameters(world, class.spec.parameters_ref.as_ref()?, "")
}

pub(super) fn of_gateway(world: &World<'_>, gateway: &Item<'_, Gateway>) -> Option<Fault> {
    let spec = &gateway.read.spec;
    let reference = spec.infrastructure.as_ref().and_then(|i| i.parameters_ref.as_ref());
    reference
        .and_then(|reference| parameters(world, reference, &gateway.object.name.namespace))
        .or_else(|| spec.addresses.iter().find_map(address))
}

/// Parameters of another implementation may well be followed by that one.
pub(super) fn severity(spec: &GatewaySpec) -> Severity {
    let reference = spec.infrastructure.as_ref().and_then(|i| i.parameters_ref.as_ref());
    if reference.is_some_and(|reference| is_foreign(&reference.group)) {
        Severity::Warning
    } else {
        Severity::Error
    }
}

/// An EnvoyProxy is what a parametersRef may name; one that is not in the input is taken to exist unless told otherwise.
fn parameters(world: &World<'_>, reference: &ObjectRef, namespace: &str) -> Option<Fault> {
    let ObjectRef { group, kind, name, namespace: written } = reference;
    if (group.as_str(), kind.as_str()) != (ENVOY, "EnvoyProxy") {
        return Some(Fault::new(
            "InvalidParameters",
            format!("parametersRef to {kind} {group:?} is not supported"),
        ));
    }
    let name = ObjectName::new(written.as_deref().unwrap_or(namespace), name.as_str());
    let there = world.objects.get(ENVOY, "EnvoyProxy", &name).is_some_and(|object| !object.refused);
    let missing = !there && world.options.gateways == Assume::Missing;
    missing.then(|| Fault::new("InvalidParameters", format!("EnvoyProxy {name} does not exist")))
}

fn address(address: &Address) -> Option<Fault> {
    let unsupported = |what: String| Some(Fault::new("UnsupportedAddress", what));
    match (address.kind(), address.routability.as_deref().unwrap_or("")) {
        ("IPAddress" | "Hostname", "") | ("IPAddress", "Cluster") => None,
        (kind @ ("IPAddress" | "Hostname"), scope) => {
            unsupported(format!("addresses of type {kind} and routability {scope:?} are not supported"))
        }
        (kind, _) => unsupported(format!("addresses of type {kind:?} are not supported")),
    }
}

use gateline_api::objects::Address;
use serde_json::{Value, json};

use super::data_plane::DataPlane;
use super::labels;
use super::ports::{Port, container_port};

/// The Service: the ports of the listeners, to those that pods may bind.
pub(super) fn service(plane: &DataPlane<'_>) -> Value {
    let parameters = &plane.parameters;
    let pairs = |field: &str| parameters.pairs(&format!("envoyService/{field}"));
    let mut service = plane.object("v1", "Service", &pairs("labels"), &pairs("annotations"));
    let mut spec = json!({
        "type": "LoadBalancer",
        "selector": labels::selector(&plane.gateway.name.name),
        "ports": plane.ports.iter().copied().map(port).collect::<Vec<_>>(),
    });
    for field in [
        "type",
        "loadBalancerIP",
        "loadBalancerClass",
        "loadBalancerSourceRanges",
        "externalTrafficPolicy",
        "allocateLoadBalancerNodePorts",
    ] {
        if let Some(value) = parameters.get(&format!("envoyService/{field}")) {
            spec[field] = value.clone();
        }
    }
    let mut wanted = plane.addresses.iter().filter(|address| address.kind() == "IPAddress");
    if let Some(address) = wanted.find_map(Address::asked) {
        spec["loadBalancerIP"] = address.into();
    }
    service["spec"] = spec;
    service
}

fn port(port: Port) -> Value {
    let (name, protocol) = if port.udp { ("udp", "UDP") } else { ("tcp", "TCP") };
    json!({
        "name": format!("{name}-{}", port.port),
        "protocol": protocol,
        "port": port.port,
        "targetPort": container_port(port.port),
    })
}

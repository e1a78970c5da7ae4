use gateline_api::objects::Address;
use serde_json::{Value, json};

use super::data_plane::DataPlane;
use super::labels;
use super::ports::{Port, container_port};

/// What `envoyService` may say about how a Service is reached from outside.
const FROM_OUTSIDE: [&str; 6] = [
    "type",
    "loadBalancerIP",
    "loadBalancerClass",
    "loadBalancerSourceRanges",
    "externalTrafficPolicy",
    "allocateLoadBalancerNodePorts",
];

/// The Service: the ports of the listeners, to those that pods may bind.
pub(super) fn service(plane: &DataPlane<'_>) -> Value {
    let parameters = &plane.parameters;
    let pairs = |field: &str| parameters.pairs(&format!("envoyService/{field}"));
    let mut service = plane.object("v1", "Service", &pairs("labels"), &pairs("annotations"));
    // Where every address is to be of use in the cluster alone, nothing outside may reach it, whatever the parameters say.
    let inside = !plane.addresses.is_empty() && plane.addresses.iter().all(Address::in_cluster);
    let mut spec = json!({
        "type": if inside { "ClusterIP" } else { "LoadBalancer" },
        "selector": labels::selector(&plane.gateway.name.name),
        "ports": plane.ports.iter().copied().map(port).collect::<Vec<_>>(),
    });
    for field in FROM_OUTSIDE.iter().filter(|_| !inside) {
        if let Some(value) = parameters.get(&format!("envoyService/{field}")) {
            spec[field] = value.clone();
        }
    }
    for (field, in_cluster) in [("loadBalancerIP", false), ("clusterIP", true)] {
        let mut wanted = plane.addresses.iter().filter(|address| address.in_cluster() == in_cluster);
        let wanted = wanted.find_map(|address| address.asked().filter(|_| address.kind() == "IPAddress"));
        if let Some(address) = wanted {
            spec[field] = address.into();
        }
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

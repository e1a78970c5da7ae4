//! The part of a cluster that one Gateway is concerned with.

use std::collections::BTreeSet;

use gateline::model::ObjectName;
use gateline_api::objects::{CORE, DISCOVERY, ENVOY, GATEWAY};
use gateline_api::{Object, Objects};
use serde_json::Value;

use crate::bundle::is_packed;

/// Takes away other Gateways, their ListenerSets, routes that name neither this Gateway nor its ListenerSets, and
/// Services, EndpointSlices, ConfigMaps and Secrets whose names do not occur in what is left. Linear in the size of the
/// objects.
pub fn restrict(objects: &mut Objects, gateway: &ObjectName) {
    let sets: BTreeSet<ObjectName> = sets_of(gateway, objects).map(|set| set.name.clone()).collect();
    objects.retain(|object| match (&*object.group, &*object.kind) {
        (GATEWAY, "Gateway") => object.name == *gateway,
        (GATEWAY, "ListenerSet") => sets.contains(&object.name),
        (GATEWAY, kind) if kind.ends_with("Route") => {
            let parents = object.value["spec"]["parentRefs"].as_array().map_or(&[][..], Vec::as_slice);
            parents.iter().any(|parent| {
                names(object, parent, "Gateway", gateway)
                    || sets.iter().any(|set| names(object, parent, "ListenerSet", set))
            })
        }
        _ => true,
    });
    let names = names_in(objects);
    objects.retain(|object| match (&*object.group, &*object.kind) {
        (CORE, "Service" | "ConfigMap") => names.contains(&*object.name.name),
        (CORE, "Secret") => is_packed(object) || names.contains(&*object.name.name),
        (DISCOVERY, "EndpointSlice") => object
            .labels
            .get("kubernetes.io/service-name")
            .is_some_and(|service| names.contains(service.as_str())),
        _ => true,
    });
}

/// Every name that Gateways, ListenerSets, routes and policies write, of whatever it may be.
fn names_in(objects: &Objects) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let holders = objects.iter().filter(|object| matches!(&*object.group, GATEWAY | ENVOY));
    let mut left: Vec<&Value> = holders.map(|object| &object.value["spec"]).collect();
    while let Some(value) = left.pop() {
        match value {
            Value::Object(fields) => {
                for (key, field) in fields {
                    match field {
                        Value::String(name) if key == "name" => {
                            if !names.contains(name) {
                                names.insert(name.clone());
                            }
                        }
                        field => left.push(field),
                    }
                }
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    names
}

/// The ListenerSets that name a Gateway, allowed or not.
pub(crate) fn sets_of<'a>(gateway: &'a ObjectName, objects: &'a Objects) -> impl Iterator<Item = &'a Object> {
    let sets = objects.of_kind(GATEWAY, "ListenerSet");
    sets.filter(|set| names(set, &set.value["spec"]["parentRef"], "Gateway", gateway))
}

fn names(holder: &Object, parent: &Value, kind: &str, name: &ObjectName) -> bool {
    parent["group"].as_str().unwrap_or(GATEWAY) == GATEWAY
        && parent["kind"].as_str().unwrap_or("Gateway") == kind
        && parent["name"].as_str() == Some(&*name.name)
        && parent["namespace"].as_str().unwrap_or(&holder.name.namespace) == &*name.namespace
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(kind: &str, namespace: &str, name: &str, spec: &Value) -> Object {
        Object::from_cluster(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": kind,
            "metadata": { "name": name, "namespace": namespace }, "spec": spec,
        }))
        .unwrap()
    }

    #[test]
    fn keeps_what_belongs_to_the_gateway() {
        let mut objects = Objects::default();
        for (kind, namespace, name, spec) in [
            ("GatewayClass", "", "gateline", json!({})),
            ("Gateway", "infra", "a", json!({})),
            ("Gateway", "infra", "b", json!({})),
            ("Gateway", "shop", "a", json!({})),
            ("ListenerSet", "shop", "of-a", json!({ "parentRef": { "name": "a", "namespace": "infra" } })),
            ("ListenerSet", "shop", "of-b", json!({ "parentRef": { "name": "b", "namespace": "infra" } })),
            (
                "HTTPRoute",
                "infra",
                "direct",
                json!({
                    "parentRefs": [{ "name": "b" }, { "name": "a" }],
                    "rules": [{ "backendRefs": [{ "name": "cart", "port": 80 }] }],
                }),
            ),
            ("HTTPRoute", "shop", "other", json!({ "parentRefs": [{ "name": "a" }] })),
            (
                "TLSRoute",
                "shop",
                "by-set",
                json!({ "parentRefs": [{ "kind": "ListenerSet", "name": "of-a" }] }),
            ),
            (
                "GRPCRoute",
                "shop",
                "by-other-set",
                json!({ "parentRefs": [{ "kind": "ListenerSet", "name": "of-b" }] }),
            ),
            ("ReferenceGrant", "shop", "grant", json!({})),
        ] {
            objects.insert(object(kind, namespace, name, &spec));
        }
        for (api, kind, name) in [
            ("v1", "Service", "cart"),
            ("v1", "Service", "other"),
            ("v1", "ConfigMap", "other"),
            ("discovery.k8s.io/v1", "EndpointSlice", "cart-x"),
            ("discovery.k8s.io/v1", "EndpointSlice", "other-x"),
        ] {
            let service = name.trim_end_matches("-x");
            let labels = json!({ "kubernetes.io/service-name": service });
            let metadata = json!({ "name": name, "namespace": "shop", "labels": labels });
            let value = json!({ "apiVersion": api, "kind": kind, "metadata": metadata });
            objects.insert(Object::from_cluster(value).unwrap());
        }
        restrict(&mut objects, &ObjectName::new("infra", "a"));
        let kept: Vec<String> =
            objects.iter().map(|object| format!("{} {}", object.kind, object.name)).collect();
        assert_eq!(
            kept,
            [
                "Service shop/cart",
                "EndpointSlice shop/cart-x",
                "Gateway infra/a",
                "GatewayClass gateline",
                "HTTPRoute infra/direct",
                "ListenerSet shop/of-a",
                "ReferenceGrant shop/grant",
                "TLSRoute shop/by-set",
            ]
        );
    }
}

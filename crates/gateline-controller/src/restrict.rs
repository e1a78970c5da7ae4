//! The part of a cluster that one Gateway is concerned with.

use std::collections::BTreeSet;

use gateline::model::ObjectName;
use gateline_api::objects::GATEWAY;
use gateline_api::{Object, Objects};
use serde_json::Value;

/// Takes away other Gateways, their ListenerSets, and routes that name neither this Gateway nor its ListenerSets.
/// Linear in the number of objects.
pub fn restrict(objects: &mut Objects, gateway: &ObjectName) {
    let ours = |set: &Object| names(set, &set.value["spec"]["parentRef"], "Gateway", gateway);
    let sets = objects.of_kind(GATEWAY, "ListenerSet").filter(|set| ours(set));
    let sets: BTreeSet<ObjectName> = sets.map(|set| set.name.clone()).collect();
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
            ("HTTPRoute", "infra", "direct", json!({ "parentRefs": [{ "name": "b" }, { "name": "a" }] })),
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
        restrict(&mut objects, &ObjectName::new("infra", "a"));
        let kept: Vec<String> =
            objects.iter().map(|object| format!("{} {}", object.kind, object.name)).collect();
        assert_eq!(
            kept,
            [
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

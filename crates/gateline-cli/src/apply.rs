//! What `kubectl apply` would make of a manifest and the object that is there.

use std::sync::Arc;

use gateline::model::Timestamp;
use gateline_api::Object;
use serde_json::{Map, Value};

/// Where `kubectl apply` notes what it was given.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A manifest over the object of its name: what it says is taken over, what it said before and says no longer is
/// removed, and what only the cluster says stays. Lists are taken as a whole.
pub(crate) fn over(live: &Object, manifest: Object) -> Object {
    let before = live.value["metadata"]["annotations"][LAST_APPLIED].as_str();
    let before: Value = before.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut value = Value::clone(&live.value);
    merge(&mut value, &before, &manifest.value);
    // The API server drops what is written there, and the version is that of the object that is read.
    keep(&mut value, &live.value, "status");
    keep(&mut value, &live.value, "apiVersion");
    // Kind and name are those of both.
    let Ok(mut object) = Object::from_json(value) else { return manifest };
    object.places = manifest.places;
    object
}

/// A manifest of an object that is not there yet.
pub(crate) fn new(mut manifest: Object, now: Option<Timestamp>) -> Object {
    if let Some(fields) = Arc::make_mut(&mut manifest.value).as_object_mut() {
        fields.shift_remove("status");
    }
    manifest.created = now;
    manifest.generation = 1;
    manifest
}

fn keep(value: &mut Value, live: &Value, field: &str) {
    let Some(fields) = value.as_object_mut() else { return };
    match live.get(field) {
        Some(kept) => fields.insert(field.to_owned(), kept.clone()),
        None => fields.shift_remove(field),
    };
}

/// As deep as the manifest, whose depth is limited when it is read.
fn merge(live: &mut Value, before: &Value, manifest: &Value) {
    let Value::Object(wanted) = manifest else {
        live.clone_from(manifest);
        return;
    };
    if !live.is_object() {
        *live = Value::Object(Map::new());
    }
    let Value::Object(fields) = live else { return };
    for key in before.as_object().into_iter().flat_map(Map::keys) {
        if !wanted.contains_key(key) {
            fields.shift_remove(key);
        }
    }
    for (key, value) in wanted {
        if value.is_null() {
            fields.shift_remove(key);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), &before[key], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        Object::from_json(value).unwrap()
    }

    fn route(spec: &Value, more: &Value) -> Value {
        let mut value = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": { "name": "cart", "namespace": "shop" }, "spec": spec,
        });
        merge(&mut value, &Value::Null, more);
        value
    }

    #[test]
    fn removes_only_what_was_applied_before() {
        let before = route(&json!({ "hostnames": ["a"], "rules": [1, 2] }), &json!({})).to_string();
        let live = object(route(
            &json!({ "hostnames": ["a"], "rules": [1, 2], "defaulted": true }),
            &json!({
                "metadata": {
                    "annotations": { LAST_APPLIED: before, "theirs": "x" },
                    "generation": 4, "creationTimestamp": "2026-01-01T00:00:00Z",
                },
                "status": { "parents": [] },
            }),
        ));
        let after = over(&live, object(route(&json!({ "rules": [3] }), &json!({ "status": 1 }))));
        assert_eq!(after.value["spec"], json!({ "rules": [3], "defaulted": true }));
        assert_eq!(after.value["metadata"]["annotations"]["theirs"], "x");
        assert_eq!(after.value["status"], json!({ "parents": [] }));
        assert_eq!(after.created, live.created);
    }

    #[test]
    fn a_null_takes_a_field_away() {
        let live = object(route(&json!({ "hostnames": ["a"], "rules": [] }), &json!({})));
        let after = over(&live, object(route(&json!({ "hostnames": null }), &json!({}))));
        assert_eq!(after.value["spec"], json!({ "rules": [] }));
    }
}

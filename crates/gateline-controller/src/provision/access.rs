use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::data_plane::DataPlane;

const RBAC: &str = "rbac.authorization.k8s.io";

/// The Secrets that the Gateway uses, in one, and the leave to read that one and no other. If they do not fit, the one
/// before stays.
pub(super) fn access(plane: &DataPlane<'_>) -> Vec<Value> {
    let object = |version: &str, kind| plane.object(version, kind, &BTreeMap::new(), &BTreeMap::new());
    let secret = plane.secrets.as_ref().ok().map(|bundle| {
        let mut secret = object("v1", "Secret");
        secret["type"] = bundle["type"].clone();
        secret["data"] = bundle["data"].clone();
        secret
    });
    let mut role = object(&format!("{RBAC}/v1"), "Role");
    role["rules"] = json!([{
        "apiGroups": [""],
        "resources": ["secrets"],
        "resourceNames": [plane.name],
        "verbs": ["get", "list", "watch"],
    }]);
    let mut binding = object(&format!("{RBAC}/v1"), "RoleBinding");
    binding["roleRef"] = json!({ "apiGroup": RBAC, "kind": "Role", "name": plane.name });
    let account =
        json!({ "kind": "ServiceAccount", "name": plane.name, "namespace": plane.gateway.name.namespace });
    binding["subjects"] = json!([account]);
    secret.into_iter().chain([role, binding]).collect()
}

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::data_plane::DataPlane;
use super::labels;

/// The `PodDisruptionBudget`: one pod at a time may be evicted, if `envoyPDB` does not say otherwise. A lone pod may be.
pub(super) fn budget(plane: &DataPlane<'_>) -> Value {
    let mut budget = plane.object("policy/v1", "PodDisruptionBudget", &BTreeMap::new(), &BTreeMap::new());
    let asked = |field: &str| plane.parameters.get(&format!("envoyPDB/{field}")).cloned();
    let mut spec = json!({ "selector": { "matchLabels": labels::selector(&plane.gateway.name.name) } });
    match (asked("minAvailable"), asked("maxUnavailable")) {
        (Some(least), _) => spec["minAvailable"] = least,
        (None, most) => spec["maxUnavailable"] = most.unwrap_or_else(|| 1.into()),
    }
    budget["spec"] = spec;
    budget
}

use gateline_api::Object;
use gateline_api::status::{ListenerStatus, ParentRef, ParentStatus, Status};
use serde_json::{Map, Value, json};

use super::Author;
use super::conditions::{self, list};
use crate::address::GatewayAddress;

/// Entries of `status.parents`; the CRDs take no more.
const PARENTS: usize = 32;
/// Entries of `status.ancestors`.
const ANCESTORS: usize = 16;
/// Entries of `status.listeners`.
const LISTENERS: usize = 64;
/// Entries of `status.addresses`.
const ADDRESSES: usize = 16;

/// What the status of an object is to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desired<'a> {
    /// Conditions, listeners, parents.
    pub(crate) status: &'a Status,
    /// `status.addresses` of a Gateway.
    pub(crate) addresses: Option<&'a [GatewayAddress]>,
    /// `status.supportedFeatures` of a GatewayClass.
    pub(crate) features: &'a [&'static str],
}

/// A merge patch of the status with the resourceVersion it was made for, so that a conflict is noticed. `None` if the
/// object says all of it already. What others wrote stays: entries with another controllerName, conditions of other
/// types.
pub(crate) fn patch(object: &Object, desired: &Desired<'_>, author: Author<'_>) -> Option<Value> {
    let current = &object.value["status"];
    let mut status = Map::new();
    for (field, value) in fields(object, current, desired, author) {
        if current[field] != value && !(current[field].is_null() && is_empty(&value)) {
            status.insert(field.to_owned(), value);
        }
    }
    let version = object.value["metadata"]["resourceVersion"].clone();
    (!status.is_empty()).then(|| json!({ "metadata": { "resourceVersion": version }, "status": status }))
}

/// An empty list that is not there needs not to be written. `conditions` and `listeners` are never empty by chance.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn fields(
    object: &Object,
    current: &Value,
    desired: &Desired<'_>,
    author: Author<'_>,
) -> Vec<(&'static str, Value)> {
    let status = desired.status;
    match &*object.kind {
        "GatewayClass" => {
            let features = desired.features.iter().map(|name| json!({ "name": name })).collect();
            vec![own(current, status, author), ("supportedFeatures", Value::Array(features))]
        }
        "Gateway" => {
            let addresses = desired.addresses.unwrap_or_default().iter().take(ADDRESSES);
            let addresses = addresses.map(GatewayAddress::value).collect();
            vec![
                own(current, status, author),
                ("listeners", listeners(&current["listeners"], &status.listeners, author)),
                ("addresses", Value::Array(addresses)),
                ("attachedListenerSets", json!(status.attached_listener_sets)),
            ]
        }
        "ListenerSet" => vec![
            own(current, status, author),
            ("listeners", listeners(&current["listeners"], &status.listeners, author)),
        ],
        kind if kind.ends_with("Route") => {
            vec![("parents", entries(object, &current["parents"], "parentRef", PARENTS, status, author))]
        }
        _ => vec![(
            "ancestors",
            entries(object, &current["ancestors"], "ancestorRef", ANCESTORS, status, author),
        )],
    }
}

fn own(current: &Value, status: &Status, author: Author<'_>) -> (&'static str, Value) {
    ("conditions", conditions::merge(&current["conditions"], &status.conditions, author.now))
}

fn listeners(current: &Value, desired: &[ListenerStatus], author: Author<'_>) -> Value {
    let entry = |listener: &ListenerStatus| {
        let before = list(current).iter().find(|before| before["name"] == listener.name.as_str());
        let kinds = listener.supported_kinds.iter();
        let kinds: Vec<Value> = kinds.map(|(group, kind)| json!({ "group": group, "kind": kind })).collect();
        let before = before.map_or(&Value::Null, |before| &before["conditions"]);
        json!({
            "name": listener.name,
            "supportedKinds": kinds,
            "attachedRoutes": listener.attached_routes,
            "conditions": conditions::merge(before, &listener.conditions, author.now),
        })
    };
    Value::Array(desired.iter().take(LISTENERS).map(entry).collect())
}

/// The entries of others in their places, ours where they were, new ones at the end as long as there is room.
fn entries(
    object: &Object,
    current: &Value,
    reference: &str,
    most: usize,
    status: &Status,
    author: Author<'_>,
) -> Value {
    let home = &*object.name.namespace;
    let mut left: Vec<&ParentStatus> = Vec::new();
    for entry in &status.parents {
        if !left.iter().any(|known| known.parent_ref == entry.parent_ref) {
            left.push(entry);
        }
    }
    let entry = |entry: &ParentStatus, before: &Value| {
        json!({
            reference: entry.parent_ref,
            "controllerName": author.controller,
            "conditions": conditions::replace(&before["conditions"], &entry.conditions, author.now),
        })
    };
    let mut merged = Vec::new();
    for before in list(current) {
        if before["controllerName"] != author.controller {
            merged.push(before.clone());
            continue;
        }
        let same = left.iter().position(|entry| is_same(&entry.parent_ref, &before[reference], home));
        if let Some(index) = same {
            merged.push(entry(left.remove(index), before));
        }
    }
    merged.extend(left.into_iter().map(|new| entry(new, &Value::Null)));
    merged.truncate(most);
    Value::Array(merged)
}

/// Whether a reference in a status is this one: defaults may have been filled in.
fn is_same(ours: &ParentRef, written: &Value, home: &str) -> bool {
    let text = |field: &str, default: &str| written[field].as_str().unwrap_or(default).to_owned();
    text("group", gateline_api::objects::GATEWAY) == ours.group
        && text("kind", "Gateway") == ours.kind
        && text("namespace", home) == ours.namespace.as_deref().unwrap_or(home)
        && written["name"] == ours.name.as_str()
        && written["sectionName"].as_str() == ours.section_name.as_deref()
        && written["port"].as_i64() == ours.port.map(i64::from)
}

#[cfg(test)]
mod tests {
    use gateline_api::status::Condition;

    use super::*;

    const NOW: &str = "2026-11-24T12:00:00Z";
    const LONG_AGO: &str = "2020-01-01T00:00:00Z";
    const AUTHOR: Author<'_> = Author { controller: "gateline.dev/controller", now: NOW };

    fn object(kind: &str, status: &Value) -> Object {
        Object::from_cluster(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": kind,
            "metadata": { "name": "one", "namespace": "shop", "resourceVersion": "7", "generation": 3 },
            "status": status,
        }))
        .unwrap()
    }

    fn parent(name: &str) -> ParentRef {
        ParentRef {
            namespace: None,
            name: name.into(),
            ..ParentRef::gateway(&gateline::model::ObjectName::default())
        }
    }

    fn accepted(object: &Object, holds: bool) -> Condition {
        Condition::new("Accepted", holds, "Accepted", "fine", object.generation)
    }

    fn route_status(object: &Object, parents: &[(&str, bool)]) -> Status {
        let mut status = Status::of(object);
        status.parents = parents
            .iter()
            .map(|(name, holds)| ParentStatus {
                parent_ref: parent(name),
                conditions: vec![accepted(object, *holds)],
            })
            .collect();
        status
    }

    fn patch_of(object: &Object, status: &Status) -> Option<Value> {
        patch(object, &Desired { status, addresses: None, features: &[] }, AUTHOR)
    }

    fn entry(controller: &str, name: &str, status: &str) -> Value {
        json!({
            "parentRef": { "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name },
            "controllerName": controller,
            "conditions": [{ "type": "Accepted", "status": status, "reason": "Accepted", "message": "fine",
                             "observedGeneration": 3, "lastTransitionTime": LONG_AGO }],
        })
    }

    #[test]
    fn nothing_is_written_when_nothing_changed() {
        let before = object("HTTPRoute", &json!({ "parents": [entry(AUTHOR.controller, "a", "True")] }));
        assert_eq!(patch_of(&before, &route_status(&before, &[("a", true)])), None);
    }

    #[test]
    fn entries_of_others_stay_as_they_are_and_where_they_are() {
        let foreign = entry("example.com/other", "a", "False");
        let stale = entry(AUTHOR.controller, "gone", "True");
        let before = object(
            "HTTPRoute",
            &json!({ "parents": [stale, foreign, entry(AUTHOR.controller, "b", "True")] }),
        );
        let patch = patch_of(&before, &route_status(&before, &[("new", true), ("b", false)])).unwrap();
        let parents = patch["status"]["parents"].as_array().unwrap();
        assert_eq!(parents[0], foreign);
        assert_eq!(parents[1]["parentRef"]["name"], "b");
        assert_eq!(parents[1]["conditions"][0]["status"], "False");
        assert_eq!(parents[1]["conditions"][0]["lastTransitionTime"], NOW);
        assert_eq!(parents[2]["parentRef"]["name"], "new");
        assert_eq!(parents.len(), 3);
        assert_eq!(patch["metadata"]["resourceVersion"], "7");
    }

    #[test]
    fn the_time_of_a_transition_is_kept_while_the_status_is_the_same() {
        let mut old = entry(AUTHOR.controller, "a", "True");
        old["conditions"][0]["observedGeneration"] = json!(2);
        let before = object("HTTPRoute", &json!({ "parents": [old] }));
        let patch = patch_of(&before, &route_status(&before, &[("a", true)])).unwrap();
        let condition = &patch["status"]["parents"][0]["conditions"][0];
        assert_eq!(condition["observedGeneration"], 3);
        assert_eq!(condition["lastTransitionTime"], LONG_AGO);
    }

    #[test]
    fn a_route_that_left_loses_only_our_entry() {
        let foreign = entry("example.com/other", "a", "True");
        let before =
            object("HTTPRoute", &json!({ "parents": [entry(AUTHOR.controller, "a", "True"), foreign] }));
        let patch = patch_of(&before, &route_status(&before, &[])).unwrap();
        assert_eq!(patch["status"]["parents"], json!([foreign]));
        let none = object("HTTPRoute", &Value::Null);
        assert_eq!(patch_of(&none, &route_status(&none, &[])), None);
    }

    #[test]
    fn there_is_room_for_sixteen_ancestors() {
        let others: Vec<Value> = (0..16).map(|i| json!({ "ancestorRef": { "name": format!("{i}") }, "controllerName": "x/y", "conditions": [] })).collect();
        let before = object("BackendTLSPolicy", &json!({ "ancestors": others }));
        assert_eq!(patch_of(&before, &route_status(&before, &[("a", true)])), None);
    }

    #[test]
    fn conditions_of_others_stay_on_gateways_and_listeners() {
        let foreign = json!({ "type": "example.com/Audited", "status": "True", "reason": "Yes", "lastTransitionTime": LONG_AGO });
        let stale = json!({ "type": "InsecureFrontendValidationMode", "status": "True" });
        let before = object(
            "Gateway",
            &json!({
                "conditions": [foreign, stale],
                "listeners": [{ "name": "http", "conditions": [foreign] }, { "name": "gone", "conditions": [] }],
            }),
        );
        let mut status = Status::of(&before);
        status.conditions = vec![accepted(&before, true)];
        status.attached_listener_sets = Some(0);
        status.listeners = vec![ListenerStatus {
            name: "http".into(),
            supported_kinds: vec![],
            attached_routes: 1,
            conditions: vec![accepted(&before, true)],
        }];
        let addresses = [GatewayAddress::ip("10.0.0.1")];
        let desired = Desired { status: &status, addresses: Some(&addresses), features: &[] };
        let patch = patch(&before, &desired, AUTHOR).unwrap();
        let types =
            |list: &Value| list.as_array().unwrap().iter().map(|c| c["type"].clone()).collect::<Vec<_>>();
        assert_eq!(types(&patch["status"]["conditions"]), ["Accepted", "example.com/Audited"]);
        assert_eq!(patch["status"]["conditions"][1], foreign);
        let listeners = patch["status"]["listeners"].as_array().unwrap();
        assert_eq!(listeners.len(), 1);
        assert_eq!(types(&listeners[0]["conditions"]), ["Accepted", "example.com/Audited"]);
        assert_eq!(patch["status"]["addresses"], json!([{ "type": "IPAddress", "value": "10.0.0.1" }]));
    }
}

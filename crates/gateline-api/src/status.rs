//! The statuses a controller writes, as data.

use gateline::model::ObjectName;
use serde::Serialize;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// `Accepted`, `Programmed`, `ResolvedRefs`, `Conflicted`, …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `True`, `False` or `Unknown`.
    pub status: ConditionStatus,
    /// From the catalogue of the specification.
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// The generation of the object that was looked at.
    pub observed_generation: i64,
}

/// `status` of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Not known offline.
    Unknown,
}

/// A reference to a parent or an ancestor, as written in the spec with its defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentRef {
    /// `gateway.networking.k8s.io`.
    pub group: String,
    /// `Gateway`, `ListenerSet`.
    pub kind: String,
    /// As written; `None` is the object's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The parent.
    pub name: String,
    /// The listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_name: Option<String>,
    /// The port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
}

/// The status of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Group of the object.
    pub group: Box<str>,
    /// Kind of the object.
    pub kind: Box<str>,
    /// The object.
    pub name: ObjectName,
    /// Conditions on the object itself (GatewayClass, Gateway, ListenerSet).
    pub conditions: Vec<Condition>,
    /// `status.listeners` (Gateway, ListenerSet).
    pub listeners: Vec<ListenerStatus>,
    /// `status.parents` of a route, `status.ancestors` of a policy: one entry a parentRef or ancestor.
    pub parents: Vec<ParentStatus>,
    /// `status.attachedListenerSets` of a Gateway.
    pub attached_listener_sets: Option<i32>,
}

/// One entry of `status.listeners`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerStatus {
    /// `listeners[].name`.
    pub name: String,
    /// `(group, kind)`: what it allows and Gateline supports.
    pub supported_kinds: Vec<(String, String)>,
    /// Accepted routes, whether or not the listener itself works.
    pub attached_routes: i32,
    /// Accepted, Programmed, ResolvedRefs, Conflicted, `OverlappingTLSConfig`.
    pub conditions: Vec<Condition>,
}

/// One entry of `status.parents` or `status.ancestors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentStatus {
    /// Which parent or ancestor.
    pub parent_ref: ParentRef,
    /// Accepted, ResolvedRefs, `PartiallyInvalid`, Overridden, …
    pub conditions: Vec<Condition>,
}

impl Condition {
    /// A condition that holds or does not.
    #[must_use]
    pub fn new(
        kind: &'static str,
        holds: bool,
        reason: &'static str,
        message: impl Into<String>,
        generation: i64,
    ) -> Self {
        let status = if holds { ConditionStatus::True } else { ConditionStatus::False };
        Self { kind, status, reason, message: message.into(), observed_generation: generation }
    }
}

impl Status {
    /// The status of an object, with nothing in it.
    #[must_use]
    pub fn of(object: &crate::Object) -> Self {
        Self {
            group: object.group.clone(),
            kind: object.kind.clone(),
            name: object.name.clone(),
            conditions: Vec::new(),
            listeners: Vec::new(),
            parents: Vec::new(),
            attached_listener_sets: None,
        }
    }
}

impl ParentRef {
    /// A Gateway as an ancestor.
    #[must_use]
    pub fn gateway(name: &ObjectName) -> Self {
        Self {
            group: crate::objects::GATEWAY.to_owned(),
            kind: "Gateway".to_owned(),
            namespace: Some(name.namespace.to_string()),
            name: name.name.to_string(),
            section_name: None,
            port: None,
        }
    }
}

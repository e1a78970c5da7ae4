//! An object as written: its identity, its value, and the place of every field.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateline::model::{ObjectName, Origin, Place, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Where the fields of one object stand. Made by the parser; absent for objects that come from a cluster.
pub trait Places: Send + Sync + std::fmt::Debug {
    /// The place of the value at a path as in `spec.rules[3].matches[1]`; the nearest parent that exists if the field
    /// itself is not written (a default). The empty path is the object.
    fn place(&self, path: &str) -> Option<Place>;
    /// The place of the key rather than of the value, for messages about the field itself.
    fn key_place(&self, path: &str) -> Option<Place>;
}

/// One Kubernetes object.
#[derive(Clone, Debug)]
pub struct Object {
    /// `gateway.networking.k8s.io`; empty for the core group.
    pub group: Box<str>,
    /// `v1`.
    pub version: Box<str>,
    /// `HTTPRoute`.
    pub kind: Box<str>,
    /// Namespace (`default` where a namespaced object has none) and name.
    pub name: ObjectName,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
    /// `metadata.generation`; 1 where there is none.
    pub generation: i64,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// The whole object, with the defaults of its CRD filled in.
    pub value: Arc<Value>,
    /// Where its fields stand.
    pub places: Option<Arc<dyn Places>>,
    /// A cluster would refuse it (schema, CEL): kept for messages, ignored by `resolve`.
    pub refused: bool,
}

impl Object {
    /// Reads the object as one of the types in [`crate::objects`]; the error names the path.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&*self.value)
    }

    /// The origin of a field, for the model and for findings.
    #[must_use]
    pub fn origin(&self, path: &str) -> Origin {
        Origin {
            kind: self.kind.clone(),
            object: self.name.clone(),
            path: path.into(),
            place: self.places.as_ref().and_then(|places| places.place(path)),
        }
    }
}

/// All objects of an input, one for each group, kind, namespace and name. Iterates in the order of those.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    map: BTreeMap<(Box<str>, Box<str>, ObjectName), Object>,
}

impl Objects {
    /// Adds an object; returns the one it replaces.
    pub fn insert(&mut self, object: Object) -> Option<Object> {
        self.map.insert((object.group.clone(), object.kind.clone(), object.name.clone()), object)
    }

    /// One object.
    #[must_use]
    pub fn get(&self, group: &str, kind: &str, name: &ObjectName) -> Option<&Object> {
        self.map.get(&(group.into(), kind.into(), name.clone()))
    }

    /// All objects of a kind, by namespace and name.
    pub fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = &Object> {
        let from: (Box<str>, Box<str>, ObjectName) = (group.into(), kind.into(), ObjectName::default());
        let key = (from.0.clone(), from.1.clone());
        self.map
            .range(from..)
            .take_while(move |((g, k, _), _)| (g, k) == (&key.0, &key.1))
            .map(|(_, object)| object)
    }

    /// All objects.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.map.values()
    }

    /// All objects, to mark or to default.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.map.values_mut()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

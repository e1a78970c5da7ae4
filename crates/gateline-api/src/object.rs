//! An object as written: its identity, its value, and the place of every field.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateline::model::{ObjectName, Origin, Place, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::parse::{Problem, kinds};

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
    /// An object as a cluster sends it: no places, no defaults filled in. Labels that are no text are left out.
    pub fn from_json(value: Value) -> Result<Self, Problem> {
        let text = |value: &Value, field: &'static str, name: &str| match value.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone().into_boxed_str())),
            Some(_) => Err(Problem::WrongType { field, expected: "a string" }),
        };
        if !value.is_object() {
            return Err(Problem::NotAMapping(type_name(&value)));
        }
        let api = text(&value, "apiVersion", "apiVersion")?.ok_or(Problem::Missing("apiVersion"))?;
        let (group, version) = api.split_once('/').unwrap_or(("", &api));
        let kind = text(&value, "kind", "kind")?.ok_or(Problem::Missing("kind"))?;
        let metadata = value.get("metadata").unwrap_or(&Value::Null);
        let name = text(metadata, "metadata.name", "name")?.ok_or(Problem::Missing("metadata.name"))?;
        let namespace = match text(metadata, "metadata.namespace", "namespace")? {
            _ if kinds::is_cluster_scoped(group, &kind) => Box::default(),
            namespace => namespace.unwrap_or_else(|| "default".into()),
        };
        let labels = metadata.get("labels").and_then(Value::as_object).into_iter().flatten();
        Ok(Self {
            group: group.into(),
            version: version.into(),
            name: ObjectName { namespace, name },
            created: metadata.get("creationTimestamp").and_then(Value::as_str).and_then(timestamp),
            generation: metadata.get("generation").and_then(Value::as_i64).unwrap_or(1),
            labels: labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.into()))).collect(),
            kind,
            value: Arc::new(value),
            places: None,
            refused: false,
        })
    }

    /// As [`Object::from_json`], read as the newest version of its kind: what the same object in a file would be.
    pub fn from_cluster(value: Value) -> Result<Self, Problem> {
        let mut object = Self::from_json(value)?;
        // The findings are about what to write in a file.
        crate::parse::modernise(&mut object, &mut Vec::new());
        Ok(object)
    }

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

/// All objects of an input, one for each group, kind, namespace and name. Iterates in the order of those. A clone shares
/// the objects.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    map: BTreeMap<Arc<Key>, Arc<Object>>,
}

/// Group, kind, name.
type Key = (Box<str>, Box<str>, ObjectName);

impl Objects {
    /// Adds an object; returns the one it replaces.
    pub fn insert(&mut self, object: Object) -> Option<Object> {
        let key = (object.group.clone(), object.kind.clone(), object.name.clone());
        self.map.insert(Arc::new(key), Arc::new(object)).map(Arc::unwrap_or_clone)
    }

    /// Takes an object away.
    pub fn remove(&mut self, group: &str, kind: &str, name: &ObjectName) -> Option<Object> {
        self.map.remove::<Key>(&(group.into(), kind.into(), name.clone())).map(Arc::unwrap_or_clone)
    }

    /// Keeps the objects for which this holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&Object) -> bool) {
        self.map.retain(|_, object| keep(object));
    }

    /// One object.
    #[must_use]
    pub fn get(&self, group: &str, kind: &str, name: &ObjectName) -> Option<&Object> {
        self.map.get::<Key>(&(group.into(), kind.into(), name.clone())).map(|object| &**object)
    }

    /// All objects of a kind, by namespace and name.
    pub fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = &Object> {
        let from: Key = (group.into(), kind.into(), ObjectName::default());
        let key = (from.0.clone(), from.1.clone());
        self.map
            .range::<Key, _>(from..)
            .take_while(move |(of, _)| (&of.0, &of.1) == (&key.0, &key.1))
            .map(|(_, object)| &**object)
    }

    /// All objects.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.map.values().map(|object| &**object)
    }

    /// All objects, to mark or to default.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.map.values_mut().map(Arc::make_mut)
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

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a sequence",
        Value::Object(_) => "a mapping",
    }
}

/// RFC 3339 with any offset, as in `2026-11-24T14:00:00Z`; fractions of a second are dropped. `None` for anything else.
#[must_use]
pub fn timestamp(text: &str) -> Option<Timestamp> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i64>().ok()
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let offset = match text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()) {
        "Z" | "z" => 0,
        zone => {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            if zone.starts_with('-') { -seconds } else { seconds }
        }
    };
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970-01-01, with years that begin in March so that the leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = days + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp(days * 86_400 + hour * 3600 + minute * 60 + second - offset))
}

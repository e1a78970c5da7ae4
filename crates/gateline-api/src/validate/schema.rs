use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::OnceLock;

use regex_automata::meta::Regex;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A structural schema of Kubernetes: the part of `OpenAPI` v3 that CRDs may use.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'static"))]
#[allow(clippy::struct_excessive_bools, reason = "they are keywords of the format")]
pub(super) struct Schema {
    #[serde(rename = "type")]
    pub(super) kind: Option<Type>,
    pub(super) properties: BTreeMap<String, Lazy>,
    pub(super) additional_properties: Option<Additional>,
    pub(super) items: Option<Lazy>,
    pub(super) required: Vec<String>,
    #[serde(rename = "enum")]
    pub(super) options: Vec<Value>,
    pub(super) nullable: bool,
    #[serde(deserialize_with = "written")]
    pub(super) default: Option<Value>,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) exclusive_maximum: bool,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) min_properties: Option<usize>,
    pub(super) max_properties: Option<usize>,
    pub(super) format: Option<String>,
    pub(super) pattern: Option<Pattern>,
    pub(super) all_of: Vec<Lazy>,
    pub(super) any_of: Vec<Lazy>,
    pub(super) one_of: Vec<Lazy>,
    pub(super) not: Option<Lazy>,
    #[serde(rename = "x-kubernetes-int-or-string")]
    pub(super) int_or_string: bool,
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    pub(super) preserve_unknown: bool,
    #[serde(rename = "x-kubernetes-embedded-resource")]
    pub(super) embedded_resource: bool,
    #[serde(rename = "x-kubernetes-list-type")]
    pub(super) list_type: Option<String>,
    #[serde(rename = "x-kubernetes-list-map-keys")]
    pub(super) list_keys: Vec<String>,
    /// Rules in CEL.
    #[serde(rename = "x-kubernetes-validations")]
    #[cfg(feature = "cel")]
    pub(super) rules: Option<Value>,
    /// Not in the standard channel (written by `cargo xtask crds`).
    #[serde(rename = "x-experimental")]
    pub(super) experimental: bool,
}

/// `type` of a schema.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Type {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }

    pub(super) fn holds(self, value: &Value) -> bool {
        match self {
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
        }
    }
}

/// `additionalProperties`.
#[derive(Debug, Deserialize)]
#[serde(from = "&'static RawValue", bound(deserialize = "'de: 'static"))]
pub(super) enum Additional {
    Any(bool),
    Schema(Lazy),
}

impl From<&'static RawValue> for Additional {
    fn from(raw: &'static RawValue) -> Self {
        raw.get().parse().map_or_else(|_| Self::Schema(raw.into()), Self::Any)
    }
}

/// A schema that is read when it is first asked: a CRD has thousands of them, the objects of one run need dozens.
#[derive(Debug, Deserialize)]
#[serde(from = "&'static RawValue")]
pub(super) struct Lazy {
    /// As it is written.
    pub(super) text: &'static str,
    schema: OnceLock<Box<Schema>>,
}

impl From<&'static RawValue> for Lazy {
    fn from(raw: &'static RawValue) -> Self {
        Self { text: raw.get(), schema: OnceLock::new() }
    }
}

impl Lazy {
    pub(super) fn read(&self) -> serde_json::Result<Box<Schema>> {
        serde_json::from_str(self.text)
    }
}

impl Deref for Lazy {
    type Target = Schema;

    /// What cannot be read holds for everything; a test sees to it that there is none.
    fn deref(&self) -> &Schema {
        self.schema.get_or_init(|| self.read().unwrap_or_default())
    }
}

impl Schema {
    /// The schema of a field, if fields of that name may be there.
    pub(super) fn field(&self, name: &str) -> Option<&Schema> {
        let additional = || match &self.additional_properties {
            Some(Additional::Schema(schema)) => Some(schema),
            _ => None,
        };
        self.properties.get(name).or_else(additional).map(Deref::deref)
    }

    /// Whether fields may have any name.
    pub(super) fn is_open(&self) -> bool {
        self.preserve_unknown || matches!(self.additional_properties, Some(Additional::Any(true)))
    }
}

/// A regular expression of Go, compiled when it is first asked. Unanchored.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    pub(super) text: String,
    regex: OnceLock<Option<Regex>>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self { text, regex: OnceLock::new() }
    }
}

impl Pattern {
    /// A pattern that this engine cannot compile holds for everything; a test sees to it that there is none.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex().is_none_or(|regex| regex.is_match(text))
    }

    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }
}

/// `null` is a default like any other.
fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

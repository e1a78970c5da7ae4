//! The structural part of a schema, in the words of the API server.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::schema::{Lazy, Schema, Type};
use super::{Fault, child, quoted};
use crate::finding::codes;

/// Checks an object whose defaults are filled in.
pub(super) fn check(root: &Schema, object: &Value, faults: &mut Vec<Fault>) {
    value(root, object, "", faults);
}

fn value(schema: &Schema, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    if value.is_null() && schema.nullable {
        return;
    }
    if let Some(expected) = wrong_type(schema, value) {
        let found = type_name(value);
        let detail =
            format!("Invalid value: \"{found}\": {path} in body must be of type {expected}: \"{found}\"");
        let help = (expected == "string").then(|| unquoted(value)).flatten();
        faults.push(Fault { help, ..Fault::new(&codes::GL001, path, detail) });
        return;
    }
    if !schema.options.is_empty() && !schema.options.contains(value) {
        let options: Vec<_> = schema.options.iter().map(ToString::to_string).collect();
        let detail =
            format!("Unsupported value: {}: supported values: {}", quoted(value), options.join(", "));
        faults.push(Fault::new(&codes::GL001, path, detail));
    }
    match value {
        Value::Object(fields) => object(schema, fields, path, faults),
        Value::Array(items) => list(schema, items, path, faults),
        Value::String(text) => string(schema, text, path, faults),
        Value::Number(_) => number(schema, value, path, faults),
        Value::Null | Value::Bool(_) => {}
    }
    combined(schema, value, path, faults);
}

fn wrong_type(schema: &Schema, value: &Value) -> Option<&'static str> {
    if schema.int_or_string {
        let fits = Type::Integer.holds(value) || Type::String.holds(value);
        return (!fits).then_some("integer or string");
    }
    schema.kind.filter(|kind| !kind.holds(value)).map(Type::name)
}

/// YAML takes `on` and `1.5` for something else than text.
fn unquoted(value: &Value) -> Option<String> {
    (value.is_boolean() || value.is_number())
        .then(|| format!("it is read as {value}: write it in quotes if text is meant"))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn object(schema: &Schema, fields: &Map<String, Value>, path: &str, faults: &mut Vec<Fault>) {
    for name in schema.required.iter().filter(|name| !fields.contains_key(*name)) {
        faults.push(Fault::new(&codes::GL001, child(path, name), "Required value"));
    }
    if let Some(max) = schema.max_properties.filter(|max| fields.len() > *max) {
        faults.push(too_many(path, fields.len(), max));
    }
    if let Some(min) = schema.min_properties.filter(|min| fields.len() < *min) {
        let detail =
            format!("Invalid value: \"object\": {path} in body should have at least {min} properties");
        faults.push(Fault::new(&codes::GL001, path, detail));
    }
    for (name, field) in fields {
        if let Some(schema) = schema.field(name) {
            value(schema, field, &child(path, name), faults);
        }
    }
}

fn list(schema: &Schema, items: &[Value], path: &str, faults: &mut Vec<Fault>) {
    if let Some(max) = schema.max_items.filter(|max| items.len() > *max) {
        faults.push(too_many(path, items.len(), max));
    }
    if let Some(min) = schema.min_items.filter(|min| items.len() < *min) {
        let detail = format!("Invalid value: \"array\": {path} in body should have at least {min} items");
        faults.push(Fault::new(&codes::GL001, path, detail));
    }
    if let Some(item_schema) = &schema.items {
        for (index, item) in items.iter().enumerate() {
            value(item_schema, item, &format!("{path}[{index}]"), faults);
        }
    }
    unique(schema, items, path, faults);
}

/// `x-kubernetes-list-type`: a set has no value twice, a map no two items with the same keys.
fn unique(schema: &Schema, items: &[Value], path: &str, faults: &mut Vec<Fault>) {
    let keys = |item: &Value| -> Value {
        let pairs = schema.list_keys.iter().filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
        pairs.collect::<Map<_, _>>().into()
    };
    let mut seen = HashSet::new();
    for (index, item) in items.iter().enumerate() {
        let identity = match schema.list_type.as_deref() {
            Some("set") => item.to_string(),
            Some("map") => keys(item).to_string(),
            _ => return,
        };
        if seen.contains(&identity) {
            let path = format!("{path}[{index}]");
            faults.push(Fault::new(&codes::GL001, path, format!("Duplicate value: {identity}")));
        }
        seen.insert(identity);
    }
}

fn string(schema: &Schema, text: &str, path: &str, faults: &mut Vec<Fault>) {
    let length = text.chars().count();
    if let Some(max) = schema.max_length.filter(|max| length > *max) {
        let detail = format!("Too long: may not be more than {max} bytes");
        faults.push(Fault::new(&codes::GL004, path, detail));
    }
    let mut invalid = |rest: String| {
        let detail = format!("Invalid value: {text:?}: {path} in body {rest}");
        faults.push(Fault::new(&codes::GL001, path, detail));
    };
    if let Some(min) = schema.min_length.filter(|min| length < *min) {
        invalid(format!("should be at least {min} chars long"));
    }
    if let Some(pattern) = schema.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
        invalid(format!("should match '{}'", pattern.text));
    }
}

fn number(schema: &Schema, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    let Some(number) = value.as_f64() else { return };
    let mut invalid = |code, rest: String| {
        faults.push(Fault::new(code, path, format!("Invalid value: {value}: {path} in body {rest}")));
    };
    let int32 = schema.format.as_deref() == Some("int32");
    if int32 && !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number) {
        invalid(&codes::GL001, "must be of type int32".into());
    }
    let above = |max: &f64| if schema.exclusive_maximum { number >= *max } else { number > *max };
    if let Some(max) = schema.maximum.filter(above) {
        let or_equal = if schema.exclusive_maximum { "" } else { " or equal to" };
        invalid(&codes::GL004, format!("should be less than{or_equal} {max}"));
    }
    let below = |min: &f64| if schema.exclusive_minimum { number <= *min } else { number < *min };
    if let Some(min) = schema.minimum.filter(below) {
        let or_equal = if schema.exclusive_minimum { "" } else { " or equal to" };
        invalid(&codes::GL004, format!("should be greater than{or_equal} {min}"));
    }
}

/// allOf, anyOf, oneOf and not; their branches say nothing of types, which stand beside them.
fn combined(schema: &Schema, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    let fitting = |branches: &[Lazy]| branches.iter().filter(|branch| fits(branch, value)).count();
    let mut must = |rest: &str| {
        let detail = format!("Invalid value: {}: {path} in body must {rest}", quoted(value));
        faults.push(Fault::new(&codes::GL001, path, detail));
    };
    if fitting(&schema.all_of) < schema.all_of.len() {
        must("validate all the schemas (allOf)");
    }
    if !schema.any_of.is_empty() && fitting(&schema.any_of) == 0 {
        must("validate at least one schema (anyOf)");
    }
    if !schema.one_of.is_empty() && fitting(&schema.one_of) != 1 {
        must("validate one and only one schema (oneOf)");
    }
    if schema.not.as_deref().is_some_and(|branch| fits(branch, value)) {
        must("not validate the schema (not)");
    }
}

fn fits(branch: &Schema, checked: &Value) -> bool {
    let mut faults = Vec::new();
    value(branch, checked, "", &mut faults);
    faults.is_empty()
}

fn too_many(path: &str, actual: usize, max: usize) -> Fault {
    Fault::new(&codes::GL004, path, format!("Too many: {actual}: must have at most {max} items"))
}

use serde_json::Value;

use super::schema::Schema;
use super::{Fault, child, nearest};
use crate::finding::codes;

/// Fields of an object that the schemas leave out.
const IDENTITY: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// Finds fields that the schema does not know, and those that only the experimental channel knows.
pub(super) fn check(root: &Schema, object: &Value, faults: &mut Vec<Fault>) {
    walk(root, object, "", &IDENTITY, faults);
}

fn walk(schema: &Schema, value: &Value, path: &str, exempt: &[&str], faults: &mut Vec<Fault>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| !exempt.contains(&name.as_str())) {
                let path = child(path, name);
                match schema.field(name) {
                    Some(field) => {
                        if field.experimental {
                            faults.push(experimental(&path));
                        }
                        let exempt: &[_] = if field.embedded_resource { &IDENTITY } else { &[] };
                        walk(field, value, &path, exempt, faults);
                    }
                    None if schema.is_open() => {}
                    None => faults.push(unknown(schema, name, path)),
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = &schema.items else { return };
            for (index, item) in items.iter().enumerate() {
                walk(schema, item, &format!("{path}[{index}]"), &[], faults);
            }
        }
        _ => {}
    }
}

fn unknown(schema: &Schema, name: &str, path: String) -> Fault {
    let help = nearest(name, schema.properties.keys().map(String::as_str));
    Fault {
        at_key: true,
        help: help.map(|name| format!("did you mean `{name}`?")),
        ..Fault::new(&codes::GL006, path, format!("unknown field \"{name}\""))
    }
}

fn experimental(path: &str) -> Fault {
    let detail = "the field exists only in the experimental channel; a standard cluster drops it";
    Fault { at_key: true, ..Fault::new(&codes::GL007, path, detail) }
}

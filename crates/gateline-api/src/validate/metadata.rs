use serde_json::Value;

use super::{Fault, child};
use crate::finding::codes;
use crate::object::Object;

/// What every object must have right: its name, and labels and annotations that are text.
pub(super) fn check(object: &Object) -> Vec<Fault> {
    let mut faults = Vec::new();
    let name = &object.name.name;
    if !is_subdomain(name) {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
                    must start and end with an alphanumeric character";
        faults.push(Fault::new(&codes::GL001, "metadata.name", format!("Invalid value: {name:?}: {rule}")));
    }
    for field in ["labels", "annotations"] {
        let path = child("metadata", field);
        match object.value.pointer(&format!("/metadata/{field}")) {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => {
                for (key, value) in map.iter().filter(|(_, value)| !value.is_string() && !value.is_null()) {
                    let detail = format!("must be text, but is read as {value}");
                    let help = Some(format!("write it in quotes, as in `{key}: \"…\"`"));
                    faults
                        .push(Fault { help, ..Fault::new(&codes::GL001, format!("{path}[{key}]"), detail) });
                }
            }
            Some(_) => faults.push(Fault::new(&codes::GL001, path, "must be a mapping of text to text")),
        }
    }
    faults
}

/// RFC 1123, lower case, 253 bytes.
fn is_subdomain(name: &str) -> bool {
    let label = |label: &str| {
        label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

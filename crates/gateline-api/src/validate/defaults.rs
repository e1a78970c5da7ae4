use serde_json::Value;

use super::schema::Schema;

/// Fills in defaults as the API server does: for fields that are absent, or null where null is not allowed; then within
/// what is there, defaults included.
pub(super) fn fill(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, schema) in &schema.properties {
                let Some(default) = &schema.default else { continue };
                let absent = fields.get(name).is_none_or(|value| value.is_null() && !schema.nullable);
                if absent {
                    fields.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in fields {
                if let Some(schema) = schema.field(name) {
                    fill(schema, value);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = &schema.items {
                for item in items {
                    fill(schema, item);
                }
            }
        }
        _ => {}
    }
}

//! The rules of CRDs (`x-kubernetes-validations`).

use std::sync::{Mutex, PoisonError};

use kube_cel::{CompiledSchema, ErrorKind::ValidationFailure, Validator};
use serde_json::{Value, json};

use super::Fault;
use super::crds::Version;
use super::schema::{Additional, Schema};
use crate::finding::codes::GL002;
use crate::object::Object;

/// Evaluates rules.
#[derive(Default)]
pub(super) struct Rules {
    validator: std::cell::OnceCell<Validator>,
}

/// The rules of one schema, compiled for those fields that the objects had until now: a rule takes long to compile, and
/// most fields of a CRD appear nowhere.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    schema: Mutex<Option<CompiledSchema>>,
}

impl Rules {
    /// Says which rules the object breaks. Rules about changes have nothing to say of a single object.
    pub(super) fn check(&self, version: &Version, object: &Object) -> Vec<Fault> {
        let validator = self.validator.get_or_init(Validator::new);
        let mut compiled = version.compiled.schema.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled = compiled.get_or_insert_with(|| alone(&version.root));
        extend(compiled, &version.root, &object.value);
        let Err(errors) = validator.validate_compiled(compiled, &object.value, None) else {
            return Vec::new();
        };
        // A rule that this evaluator cannot run (which is no failure of the object) is left to the cluster.
        let failed = errors.into_vec().into_iter().filter(|error| error.kind == ValidationFailure);
        failed
            .map(|error| Fault::new(&GL002, error.field_path, format!("Invalid value: {}", error.message)))
            .collect()
    }
}

/// Compiles the schemas of those fields of a value that are not compiled yet. Branches of `allOf` and the like have no
/// rules: the API server takes no schema where they had.
fn extend(compiled: &mut CompiledSchema, schema: &Schema, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(field) = schema.properties.get(name) {
                    let compiled = compiled.properties.entry(name.clone()).or_insert_with(|| alone(field));
                    extend(compiled, field, value);
                } else if let Some(Additional::Schema(schema)) = &schema.additional_properties {
                    let compiled =
                        compiled.additional_properties.get_or_insert_with(|| Box::new(alone(schema)));
                    extend(compiled, schema, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = &schema.items else { return };
            let compiled = compiled.items.get_or_insert_with(|| Box::new(alone(schema)));
            for item in items {
                extend(compiled, schema, item);
            }
        }
        _ => {}
    }
}

/// Compiles a schema without those below it. Defaults are left out too: they are filled in by then.
fn alone(schema: &Schema) -> CompiledSchema {
    let is_map = !matches!(schema.additional_properties, None | Some(Additional::Any(false)));
    kube_cel::compile_schema(&json!({
        "x-kubernetes-validations": schema.rules,
        "format": schema.format,
        "additionalProperties": is_map,
        "x-kubernetes-int-or-string": schema.int_or_string,
        "x-kubernetes-preserve-unknown-fields": schema.preserve_unknown,
        "x-kubernetes-embedded-resource": schema.embedded_resource,
    }))
}

/// What is wrong with the rules of a schema, those below it left out.
#[cfg(test)]
pub(super) fn errors(schema: &Schema) -> Vec<String> {
    alone(schema).compilation_errors().into_iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kube_cel::ValidationError;

    use super::*;
    use crate::parse::{Input, Limits, load};
    use crate::validate::{crds, schema_version};

    fn sorted(result: Result<(), kube_cel::ValidationErrors>) -> Vec<(String, String)> {
        let errors = result.map_or_else(kube_cel::ValidationErrors::into_vec, |()| Vec::new());
        let said = |error: ValidationError| (error.field_path, error.message);
        let mut errors: Vec<_> = errors.into_iter().map(said).collect();
        errors.sort();
        errors
    }

    /// Each object is judged by what those before it had compiled, in both orders.
    #[test]
    fn what_is_compiled_when_it_is_needed_says_the_same_as_the_whole_schema() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateway-api");
        let loaded = load(&[Input::Path(examples)], &Limits::default());
        let objects: Vec<_> = loaded.objects.iter().collect();
        let mut broken = 0;
        for object in objects.iter().chain(objects.iter().rev()) {
            let Some(definition) = crds::definition(&object.group, &object.kind) else { continue };
            let version = schema_version(definition, object).expect("served");
            let whole: Value = serde_json::from_str(version.root.text).expect("JSON");
            let expected = sorted(Validator::new().validate(&whole, &object.value, None));
            let mut value = (*object.value).clone();
            crate::validate::defaults::fill(&version.root, &mut value);
            let mut compiled = version.compiled.schema.lock().expect("no panic");
            let compiled = compiled.get_or_insert_with(|| alone(&version.root));
            extend(compiled, &version.root, &value);
            let found = sorted(Validator::new().validate_compiled(compiled, &value, None));
            assert_eq!(found, expected, "{} {}", object.kind, object.name);
            broken += usize::from(!found.is_empty());
        }
        assert!(broken > 10, "only {broken} break a rule");
    }
}

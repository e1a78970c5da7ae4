use super::Fault;
use super::crds::Version;
use crate::object::Object;

/// Evaluates the rules of CRDs (`x-kubernetes-validations`); without the feature `cel` it knows none.
#[derive(Default)]
pub(super) struct Rules {
    #[cfg(feature = "cel")]
    validator: std::cell::OnceCell<kube_cel::Validator>,
}

impl Rules {
    /// Says which rules the object breaks. Rules about changes have nothing to say of a single object.
    #[cfg(feature = "cel")]
    pub(super) fn check(&self, version: &Version, object: &Object) -> Vec<Fault> {
        use crate::finding::codes::GL002;
        use kube_cel::ErrorKind::ValidationFailure;

        let rules = version.rules.get_or_init(|| kube_cel::compile_schema(&version.raw));
        let validator = self.validator.get_or_init(kube_cel::Validator::new);
        let Err(errors) = validator.validate_compiled(rules, &object.value, None) else { return Vec::new() };
        // A rule that this evaluator cannot run (which is no failure of the object) is left to the cluster.
        let failed = errors.into_vec().into_iter().filter(|error| error.kind == ValidationFailure);
        failed
            .map(|error| Fault::new(&GL002, error.field_path, format!("Invalid value: {}", error.message)))
            .collect()
    }

    #[cfg(not(feature = "cel"))]
    #[allow(clippy::unused_self, reason = "the same signature with and without the feature")]
    pub(super) fn check(&self, _: &Version, _: &Object) -> Vec<Fault> {
        Vec::new()
    }
}

//! Without the feature `cel` no rule is evaluated.

use super::Fault;
use super::crds::Version;
use crate::object::Object;

/// Evaluates nothing.
#[derive(Default)]
pub(super) struct Rules {}

impl Rules {
    #[allow(clippy::unused_self, reason = "the same signature with and without the feature")]
    pub(super) fn check(&self, _: &Version, _: &Object) -> Vec<Fault> {
        Vec::new()
    }
}

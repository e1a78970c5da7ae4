use gateline::model::Origin;

use super::fault::{Broken, Fault};
use crate::finding::{Code, Finding, codes};
use crate::object::Object;

/// What needs a certificate or authorities: a listener, a Gateway, a BackendTLSPolicy.
pub(super) struct Need<'a> {
    /// `listener infra/edge/https`.
    pub(super) who: String,
    pub(super) object: &'a Object,
    /// Of the reference, in the object.
    pub(super) path: String,
}

impl Need<'_> {
    /// The reference leads to nothing that can be read.
    pub(super) fn broken(&self, reason: &'static str, message: impl Into<String>) -> Broken {
        let fault = Fault::new(reason, message);
        let finding = self.finding(&codes::GL601, &fault.message);
        Broken { fault, findings: vec![finding] }
    }

    /// A finding about the reference itself.
    pub(super) fn finding(&self, code: &Code, message: &str) -> Finding {
        Finding::new(code, self.object.origin(&self.path), format!("{}: {message}", self.who))
    }

    /// What it leads to can be read, and rustls does not take it.
    pub(super) fn unusable(&self, at: Origin, message: String) -> Finding {
        let origin = self.object.origin(&self.path);
        Finding::new(&codes::GL608, at, message).related(format!("{} needs it", self.who), origin)
    }
}

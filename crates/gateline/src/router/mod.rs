//! The compiled router.

use std::sync::Arc;

use crate::decision::{Decision, EntryId, Hit, RuleView};
use crate::model::{Model, ObjectName};
use crate::{Explanation, Head};

/// Choices the specification leaves open, and the bounds of compilation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Where a regular expression ranks among path matches.
    pub regex_rank: RegexRank,
}

impl Default for Options {
    fn default() -> Self {
        Self { regex_rank: RegexRank::AbovePrefix }
    }
}

/// See [`Options::regex_rank`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegexRank {
    /// Exact, regular expression, prefix: as Contour, NGINX, Envoy Gateway and kgateway do.
    #[default]
    AbovePrefix,
    /// Exact, prefix, regular expression: as Istio, agentgateway and HAProxy do.
    BelowPrefix,
}

/// Why a model does not compile.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// A pattern that `gateline::pattern::check` refuses.
    #[error("{origin}: {source}")]
    Pattern {
        /// Where it stands.
        origin: Box<crate::model::Origin>,
        /// What is wrong with it.
        source: crate::PatternError,
    },
}

/// An immutable index over a [`Model`]. Cheap to share (`Arc`), swapped whole.
#[derive(Debug)]
pub struct Router {
    model: Arc<Model>,
}

impl Router {
    /// Compiles a model. O(total size of the rules), off the hot path.
    pub fn compile(model: Arc<Model>, options: &Options) -> Result<Self, CompileError> {
        let _ = options;
        Ok(Self { model })
    }

    /// The model it was compiled from.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// All listeners of all Gateways on a port, as when one process serves them on one address.
    #[must_use]
    pub fn entry(&self, port: u16) -> Option<EntryId> {
        let _ = port;
        unimplemented!()
    }

    /// The listeners of one Gateway on a port, as when each Gateway has an address of its own.
    #[must_use]
    pub fn entry_of(&self, gateway: &ObjectName, port: u16) -> Option<EntryId> {
        let _ = (gateway, port);
        unimplemented!()
    }

    /// Which rule takes this request. No allocation, no lock.
    #[must_use]
    pub fn decide(&self, entry: EntryId, head: &Head<'_>) -> Decision {
        let _ = (entry, head);
        unimplemented!()
    }

    /// The same answer with every candidate in order of precedence, and why it won, lost or failed.
    /// `x` picks the backend as in [`Router::plan`].
    #[must_use]
    pub fn explain(&self, entry: EntryId, head: &Head<'_>, x: u64) -> Explanation {
        let _ = (entry, head, x);
        unimplemented!()
    }

    /// Follows the indexes of a hit. `None` only for a hit of another router.
    #[must_use]
    pub fn view(&self, hit: Hit) -> Option<RuleView<'_>> {
        let _ = hit;
        unimplemented!()
    }
}

use http::{HeaderMap, HeaderValue};

use super::answer::respond_through;
use super::{Plan, admitted};
use crate::Head;
use crate::decision::RuleView;
use crate::filter::ExternalAuth;
use crate::model::WeightedBackend;

/// A request that may go on only if servers agree (`ExternalAuth`). A front door that cannot ask them answers 500.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'r> {
    /// The winning rule.
    pub view: RuleView<'r>,
    /// Whom to ask, in this order and each only after the one before agreed. None has an invalid target.
    pub filters: &'r [ExternalAuth],
    /// The backendRef that was picked.
    pub(super) backend: Option<&'r WeightedBackend>,
}

impl<'r> Ask<'r> {
    /// What to do once all have agreed: never to ask again. `head` has the header fields that the servers laid over the
    /// request; the rule stays the one that was matched.
    #[must_use]
    pub fn admitted(self, head: &Head<'_>) -> Plan<'r> {
        admitted(self.view, head, self.backend)
    }

    /// Applies CORS and response header modifiers of the rule to the answer of a server that does not agree, as to any
    /// answer. `origin` is the request's `Origin`.
    pub fn response(self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        respond_through(&self.view.rule.filters, origin, headers);
    }
}

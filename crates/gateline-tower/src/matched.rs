use std::sync::Arc;

use gateline::model::{BackendName, Target, WeightedBackend};
use gateline::{Head, Hit, Plan, Router, RuleView};

/// The decision about a request, as [`crate::RouteLayer`] leaves it in the request's extensions.
///
/// It holds the router it was made by, so that a swap in between changes nothing about this request.
#[derive(Clone, Debug)]
pub struct Matched {
    /// The router that decided.
    pub router: Arc<Router>,
    /// The winning match.
    pub hit: Hit,
    /// The number that picks the backend, as in [`Router::plan`].
    pub x: u64,
}

impl Matched {
    /// The winning rule with its route and listener. `None` only if `hit` was changed to one of another router.
    #[must_use]
    pub fn view(&self) -> Option<RuleView<'_>> {
        self.router.view(self.hit)
    }

    /// The backendRef that was picked.
    #[must_use]
    pub fn backend(&self) -> Option<&WeightedBackend> {
        self.view()?.rule.backends.pick(self.x)
    }

    /// What that backendRef names.
    #[must_use]
    pub fn backend_name(&self) -> Option<&BackendName> {
        match self.backend()?.target {
            Target::Backend(id) => {
                self.router.model().backends.get(usize::try_from(id.0).ok()?).map(|found| &found.name)
            }
            Target::Invalid { .. } => None,
        }
    }

    /// What to do with the request: the same each time for the same head.
    #[must_use]
    pub fn plan(&self, head: &Head<'_>) -> Option<Plan<'_>> {
        Some(self.router.plan(self.view()?, head, self.x))
    }
}

/// The server name of the TLS handshake, in lower case. A server that terminates TLS inserts it into the extensions of each
/// request, so that listeners are chosen by it and 421 can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerName(pub Arc<str>);

/// The head of a request with the server name from its extensions.
pub(crate) fn head_of<B>(request: &http::Request<B>) -> Head<'_> {
    Head::of(request, request.extensions().get::<ServerName>().map(|name| &*name.0))
}

use std::sync::Arc;

use arc_swap::ArcSwap;
use gateline::Router;

/// The router that is in force. Clones share it: one swap changes it for all, and requests on their way keep theirs.
#[derive(Clone, Debug)]
pub struct RouterHandle {
    current: Arc<ArcSwap<Router>>,
}

impl RouterHandle {
    /// A handle on a router.
    #[must_use]
    pub fn new(router: impl Into<Arc<Router>>) -> Self {
        Self { current: Arc::new(ArcSwap::new(router.into())) }
    }

    /// The router in force. Wait-free; never blocks on a swap.
    #[must_use]
    pub fn load(&self) -> Arc<Router> {
        self.current.load_full()
    }

    /// Puts another router in force and gives back the one before.
    pub fn swap(&self, router: impl Into<Arc<Router>>) -> Arc<Router> {
        self.current.swap(router.into())
    }
}

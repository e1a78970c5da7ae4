use std::sync::Arc;

use gateline::model::ObjectName;
use gateline::weight::Sequence;
use tower_layer::Layer;

use super::RouteService;
use crate::RouterHandle;

/// Decides which rule takes a request, answers what needs no backend, and hands on the rest with [`crate::Matched`] in its
/// extensions.
///
/// It answers by itself: 404 where no listener or rule takes the request, 421 and 400 as [`gateline::MissReason`] says,
/// redirects, CORS preflights, fixed answers, and 500 where the rule has no backend to follow or a server would have to be asked (`ExternalAuth`). gRPC requests get these errors
/// as `grpc-status`.
#[derive(Clone, Debug)]
pub struct RouteLayer {
    pub(super) router: RouterHandle,
    pub(super) port: u16,
    pub(super) gateway: Option<Arc<ObjectName>>,
    pub(super) sequence: Arc<Sequence>,
}

impl RouteLayer {
    /// Routes for all listeners on a port, as the manifests number it.
    #[must_use]
    pub fn new(router: RouterHandle, port: u16) -> Self {
        Self { router, port, gateway: None, sequence: Arc::default() }
    }

    /// For the listeners of one Gateway only.
    #[must_use]
    pub fn of_gateway(self, gateway: ObjectName) -> Self {
        Self { gateway: Some(Arc::new(gateway)), ..self }
    }

    /// Where the sequence that picks backends by weight begins; 0 if not set. Give each of several processes another one.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { sequence: Arc::new(Sequence::new(seed)), ..self }
    }
}

impl<S> Layer<S> for RouteLayer {
    type Service = RouteService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RouteService { inner, layer: self.clone() }
    }
}

use std::sync::Arc;
use std::time::Instant;

use gateline::limit::Nanos;
use tower_layer::Layer;

use super::{Limit, LimitService};

/// Lets requests pass while every one of its limits has a token for them, and answers 429 (`grpc-status: 14` for gRPC) with
/// `Retry-After` otherwise. A request that one limit refuses uses up none of the others.
///
/// The buckets belong to the layer: every service it makes and every clone of those limits together with the others.
/// `clock` says what time it is; [`clock_since`] is one.
#[derive(Clone, Debug)]
pub struct LimitLayer<C> {
    limits: Arc<[Limit]>,
    clock: C,
}

impl<C: Fn() -> Nanos> LimitLayer<C> {
    /// A layer with these limits.
    #[must_use]
    pub fn new(limits: impl Into<Arc<[Limit]>>, clock: C) -> Self {
        Self { limits: limits.into(), clock }
    }
}

impl<S, C: Clone> Layer<S> for LimitLayer<C> {
    type Service = LimitService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        LimitService { inner, limits: self.limits.clone(), clock: self.clock.clone() }
    }
}

/// A clock that counts from `start`.
pub fn clock_since(start: Instant) -> impl Fn() -> Nanos + Clone + Send + Sync + 'static {
    move || Nanos(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

use tower_layer::Layer;

use super::FilterService;

/// Applies header modifiers, rewrites and CORS fields of the rule and of the backendRef that [`crate::RouteLayer`] found,
/// on the way in and on the way out. Stands inside that layer; requests without [`crate::Matched`] pass unchanged.
///
/// Mirrors, timeouts and retries are for the service that sends the request ([`gateline::plan::Forward::mirrors`]).
#[derive(Clone, Copy, Debug, Default)]
pub struct FilterLayer {}

impl FilterLayer {
    /// A layer: all it needs comes with the requests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for FilterLayer {
    type Service = FilterService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FilterService { inner }
    }
}

//! Applies the filters of the rule that takes a request.

mod future;
mod layer;
mod service;

pub use future::FilterFuture;
pub use layer::FilterLayer;
pub use service::FilterService;

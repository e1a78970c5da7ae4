//! Decides for each request.

mod layer;
mod service;

pub use layer::RouteLayer;
pub use service::RouteService;

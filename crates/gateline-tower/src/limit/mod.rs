//! Limits how many requests pass.

mod layer;
mod rule;
mod service;

pub use layer::{LimitLayer, clock_since};
pub use rule::{ClientAddr, Limit};
pub use service::LimitService;

//! From paths to a resolution: what everything begins with.

mod config;
mod error;
mod world;

pub use config::{AssumeConfig, CheckConfig, Config, NamespaceConfig, TestConfig};
pub use error::LoadError;
pub use world::World;

//! From paths to a resolution: what everything begins with.

mod config;
mod error;
mod ignores;
mod world;

pub use config::{
    AnyProfile, AssumeConfig, CheckConfig, Config, NamespaceConfig, RoutingProfile, TargetConfig, TestConfig,
};
pub use error::LoadError;
pub use world::World;

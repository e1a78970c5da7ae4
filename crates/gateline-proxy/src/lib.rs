//! The data plane of Gateline: one thread a core, hyper and rustls, one pure router.
//!
//! Each thread has its own runtime, its own sockets (`SO_REUSEPORT`), its own connections to backends and its own copy of
//! a pointer to the configuration. Threads share nothing on the way of a request but read-only data.
//!
//! ```text
//! Proxy::start(Config) -> Proxy;  proxy.apply(&Resolution): a new snapshot in every thread, or an error and the old one
//! ```

mod access_log;
mod admin;
mod auth;
mod config;
mod error;
mod forward;
mod headers;
mod l4;
mod listener;
mod metrics;
mod mirror;
mod observe;
mod proxy;
mod retry;
mod session;
mod snapshot;
mod tls;
mod upstream;
mod worker;

pub use config::{Config, Limits, Observer, Ports, Timeouts};
pub use error::ProxyError;
pub use observe::Finished;
pub use proxy::Proxy;
pub use snapshot::Snapshot;

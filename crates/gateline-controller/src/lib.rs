//! Gateline in Kubernetes.
//!
//! ```text
//! watches --> Store --> Objects --gateline_api::resolve--> Resolution --+--> statuses --> patches
//!                                                                       +--> Gateways --> Deployments, Services, …
//! ```

mod address;
mod bundle;
mod cluster;
mod connect;
mod controller;
mod discovery;
mod features;
mod fence;
mod kinds;
mod lease;
mod metrics;
mod options;
mod outage;
mod provision;
mod resolving;
mod restrict;
mod snapshot;
mod status;
mod store;
mod watch;

pub use address::GatewayAddress;
pub use bundle::unpack;
pub use cluster::Cluster;
pub use connect::{ConnectError, connect};
pub use controller::Controller;
pub use kube::Client;
pub use metrics::Metrics;
pub use options::{CONTROLLER_NAME, LeaseOptions, Options, PodOptions, Serving};
pub use provision::{ADMIN_PORT, RESERVED_PORTS, container_port};
pub use resolving::options as resolve_options;
pub use restrict::restrict;
pub use snapshot::Snapshot;

/// The field manager of everything that is written.
const MANAGER: &str = "gateline";

//! What commands that talk to a cluster have in common.

use std::net::SocketAddr;

use gateline_controller::{CONTROLLER_NAME, Client};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CliError;

/// Whose GatewayClasses are ours.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Name {
    /// `controllerName` of the GatewayClasses to serve
    #[arg(long, value_name = "DOMAIN/PATH", env = "GATELINE_CONTROLLER_NAME", default_value = CONTROLLER_NAME)]
    pub(crate) controller_name: String,
}

/// Where probes are answered, unless told otherwise.
pub(crate) const ADMIN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED), 19_000);

/// Threads for what is not serving requests.
pub(crate) fn runtime() -> Result<Runtime, CliError> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|source| CliError::Io { what: "cannot start a thread", source })
}

/// A client of the cluster that the environment names.
pub(crate) async fn client() -> Result<Client, CliError> {
    Client::try_default().await.map_err(|error| CliError::Cluster(error.into()))
}

/// Waits for SIGTERM or SIGINT.
pub(crate) async fn stopped() -> Result<(), CliError> {
    let listen =
        |kind| signal(kind).map_err(|source| CliError::Io { what: "cannot listen for signals", source });
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

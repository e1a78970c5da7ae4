//! `gateline controller`: keeps the statuses of a cluster true, and data planes for its Gateways.

use std::net::SocketAddr;

use gateline_controller::{Controller, LeaseOptions, Options, PodOptions, Serving};
use tokio::sync::watch;

use crate::Verdict;
use crate::error::CliError;
use crate::kubernetes::{ADMIN, Name, client, runtime, stopped};
use crate::log::{self, LogLevel};
use crate::output::Output;
use crate::probes;

/// Options of `controller`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    name: Name,
    /// Image of the pods that serve Gateways: this very program
    #[arg(long, env = "GATELINE_IMAGE")]
    image: String,
    /// When that image is pulled: Always, `IfNotPresent` or Never
    #[arg(long, value_name = "POLICY", env = "GATELINE_IMAGE_PULL_POLICY")]
    image_pull_policy: Option<String>,
    /// Pods of a Gateway that does not say [default: one, or what a HorizontalPodAutoscaler wants]
    #[arg(long, value_name = "NUMBER")]
    replicas: Option<i32>,
    /// ClusterRoleBinding whose subjects are the ServiceAccounts of those pods
    #[arg(long, value_name = "NAME")]
    binding: Option<String>,
    /// Namespace of the Lease that says which of several controllers writes [default: no Lease]
    #[arg(long, value_name = "NAMESPACE", env = "POD_NAMESPACE")]
    lease_namespace: Option<String>,
    /// Name of that Lease
    #[arg(long, value_name = "NAME", default_value = "gateline-controller")]
    lease: String,
    /// Who this is: different for each controller
    #[arg(long, value_name = "NAME", env = "POD_NAME", default_value = "gateline-controller")]
    identity: String,
    /// What to say on standard error
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: LogLevel,
    /// Where `/live`, `/ready` and `/metrics` are served
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = ADMIN)]
    admin: SocketAddr,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    log::start(args.log, output.error_color());
    runtime()?.block_on(async {
        let controller = Controller::new(client().await?, options(args));
        probes::serve(args.admin, controller.metrics()).await?;
        let (stop, stopping) = watch::channel(false);
        let running = tokio::spawn(controller.run(stopping));
        stopped().await?;
        output.error_line("stopping");
        let _ = stop.send(true);
        // The Lease is given back, or runs out.
        let _ = running.await;
        Ok(Verdict::Clean)
    })
}

fn options(args: &Args) -> Options {
    let mut pods = PodOptions::default();
    pods.image.clone_from(&args.image);
    pods.pull_policy.clone_from(&args.image_pull_policy);
    pods.replicas = args.replicas;
    pods.binding.clone_from(&args.binding);
    let mut options = Options::default();
    options.controller.clone_from(&args.name.controller_name);
    options.lease = args.lease_namespace.clone().map(|namespace| LeaseOptions {
        namespace,
        name: args.lease.clone(),
        identity: args.identity.clone(),
    });
    options.serving = Serving::Pods(pods);
    options
}

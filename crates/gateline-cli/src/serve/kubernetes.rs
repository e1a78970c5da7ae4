//! `gateline serve --kubernetes`: the Gateways of a cluster.

use std::path::PathBuf;
use std::time::Duration;

use gateline::model::ObjectName;
use gateline_controller::{Client, Cluster, Controller, GatewayAddress, Options, Serving, container_port};
use gateline_proxy::{Config, Ports, Proxy};
use tokio::sync::watch as channel;

use super::follower::Follower;
use super::{Args, proxy_config};
use crate::Verdict;
use crate::error::CliError;
use crate::kubernetes::{Name, client, runtime, stopped};
use crate::log;
use crate::output::Output;

/// Options of `serve --kubernetes`.
#[derive(Debug, clap::Args)]
pub(crate) struct ClusterArgs {
    /// Serve a cluster instead of files: the one of $KUBECONFIG, of ~/.kube/config, or that this pod is in
    #[arg(long)]
    pub(super) kubernetes: bool,
    /// Serve one Gateway, as a pod does: ports below 1024 are bound as 64512 + port, and no status is written
    /// [default: all Gateways, and their statuses]
    #[arg(long, value_name = "NAMESPACE/NAME", requires = "kubernetes", value_parser = gateway)]
    pub(super) gateway: Option<ObjectName>,
    /// Of all Secrets read only this one, in which the controller has packed those of the Gateway
    #[arg(long, value_name = "NAME", requires = "gateway")]
    pub(super) secrets: Option<String>,
    /// Where to keep what is served, Secrets too, for a start while the API server is away
    #[arg(long, value_name = "FILE", requires = "gateway")]
    pub(super) cache: Option<PathBuf>,
    /// How long to serve on when asked to stop, until nobody is sent here any more
    #[arg(long, value_name = "SECONDS", requires = "gateway", default_value_t = 0)]
    linger: u64,
    /// The address to write into the status of Gateways; may be given more than once [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS", requires = "kubernetes", conflicts_with = "gateway")]
    address: Vec<std::net::IpAddr>,
    #[command(flatten)]
    pub(super) name: Name,
}

fn gateway(text: &str) -> Result<ObjectName, String> {
    let parts = text.split_once('/').filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
    let (namespace, name) = parts.ok_or("write NAMESPACE/NAME")?;
    Ok(ObjectName::new(namespace, name))
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    log::start(args.log, output.error_color());
    let proxy = Proxy::start(config(args)?)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let client = client().await?;
        let (stop, stopping) = channel::channel(false);
        let controller = statuses(args, &client, stopping);
        let mut cluster = watch(&args.cluster, &client);
        let mut leaving = std::pin::pin!(async {
            stopped().await?;
            tokio::time::sleep(Duration::from_secs(args.cluster.linger)).await;
            Ok::<_, CliError>(())
        });
        let mut follower = Follower::new(&args.cluster, &proxy);
        loop {
            tokio::select! {
                objects = cluster.changed() => match objects {
                    Some(objects) => follower.take(objects),
                    None => break,
                },
                () = follower.wait() => follower.give_up_waiting(),
                left = &mut leaving => {
                    left?;
                    break;
                }
            }
        }
        let _ = stop.send(true);
        if let Some(controller) = controller {
            // What it has not written, the next one will.
            let _ = controller.await;
        }
        Ok::<_, CliError>(())
    })?;
    output.error_line("stopping: waiting for open requests");
    proxy.shutdown(Duration::from_secs(args.drain));
    Ok(Verdict::Clean)
}

fn watch(args: &ClusterArgs, client: &Client) -> Cluster {
    match (&args.gateway, &args.secrets) {
        (Some(gateway), Some(secret)) => {
            let secret = ObjectName::new(gateway.namespace.clone(), secret.as_str());
            Cluster::watch_with_secret(client, &secret)
        }
        _ => Cluster::watch(client),
    }
}

fn config(args: &Args) -> Result<Config, CliError> {
    let mut config = proxy_config(args)?;
    if args.cluster.gateway.is_some() && args.ports.is_empty() {
        config.ports = Ports::Map((1..1_024).map(|port| (port, container_port(port))).collect());
    }
    Ok(config)
}

/// A process that serves all Gateways is its own controller.
fn statuses(
    args: &Args,
    client: &Client,
    stop: channel::Receiver<bool>,
) -> Option<tokio::task::JoinHandle<()>> {
    if args.cluster.gateway.is_some() {
        return None;
    }
    let mut options = Options::default();
    options.controller.clone_from(&args.cluster.name.controller_name);
    let addresses = args.cluster.address.iter().map(|address| GatewayAddress::ip(address.to_string()));
    let mut addresses: Vec<_> = addresses.collect();
    if addresses.is_empty() {
        addresses.push(GatewayAddress::ip("127.0.0.1"));
    }
    options.serving = Serving::At(addresses);
    Some(tokio::spawn(Controller::new(client.clone(), options).run(stop)))
}

//! `gateline serve --kubernetes`: the Gateways of a cluster.

use std::time::Duration;

use gateline::model::ObjectName;
use gateline_api::resolve::Resolution;
use gateline_api::{Objects, resolve};
use gateline_controller::{
    Client, Cluster, Controller, GatewayAddress, Options, Serving, container_port, resolve_options, restrict,
    unpack,
};
use gateline_proxy::{Config, Ports, Proxy};
use tokio::sync::watch as channel;
use tokio::time::Instant;

use super::{Args, proxy_config};
use crate::Verdict;
use crate::error::CliError;
use crate::kubernetes::{Name, client, runtime, stopped};
use crate::log;
use crate::output::Output;

/// How long the Secrets of a Gateway may come later than what refers to them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Options of `serve --kubernetes`.
#[derive(Debug, clap::Args)]
pub(crate) struct ClusterArgs {
    /// Serve a cluster instead of files: the one of $KUBECONFIG, of ~/.kube/config, or that this pod is in
    #[arg(long)]
    pub(super) kubernetes: bool,
    /// Serve one Gateway, as a pod does: ports below 1024 are bound as 64512 + port, and no status is written
    /// [default: all Gateways, and their statuses]
    #[arg(long, value_name = "NAMESPACE/NAME", requires = "kubernetes", value_parser = gateway)]
    gateway: Option<ObjectName>,
    /// Of all Secrets read only this one, in which the controller has packed those of the Gateway
    #[arg(long, value_name = "NAME", requires = "gateway")]
    secrets: Option<String>,
    /// How long to serve on when asked to stop, until nobody is sent here any more
    #[arg(long, value_name = "SECONDS", requires = "gateway", default_value_t = 0)]
    linger: u64,
    /// The address to write into the status of Gateways; may be given more than once [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS", requires = "kubernetes", conflicts_with = "gateway")]
    address: Vec<std::net::IpAddr>,
    #[command(flatten)]
    name: Name,
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
        let mut follower =
            Follower { args: &args.cluster, proxy: &proxy, served: None, seen: Vec::new(), held: None };
        loop {
            let due = follower.held.as_ref().map(|(_, due)| *due);
            tokio::select! {
                objects = cluster.changed() => match objects {
                    Some(objects) => follower.take(objects),
                    None => break,
                },
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    follower.give_up_waiting();
                }
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

/// Serves what a cluster says, change by change.
struct Follower<'a> {
    args: &'a ClusterArgs,
    proxy: &'a Proxy,
    served: Option<Resolution>,
    /// Versions of the objects that were looked at last.
    seen: Vec<(ObjectName, String)>,
    /// Objects whose Secrets are still to come, and how long to wait for them.
    held: Option<(Objects, Instant)>,
}

impl Follower<'_> {
    fn take(&mut self, mut objects: Objects) {
        if let Some(gateway) = &self.args.gateway {
            restrict(&mut objects, gateway);
            let versions = versions(&objects);
            if self.seen == versions {
                return;
            }
            self.seen = versions;
            if self.args.secrets.is_some() && !unpack(gateway, &mut objects) {
                // A listener must not close because its new certificate comes a moment after its name.
                let due = self.held.take().map_or_else(|| Instant::now() + PATIENCE, |(_, due)| due);
                self.held = Some((objects, due));
                return;
            }
        }
        self.held = None;
        self.serve(&objects);
    }

    /// The controller is away: what can be served without it is.
    fn give_up_waiting(&mut self) {
        if let Some((objects, _)) = self.held.take() {
            self.serve(&objects);
        }
    }

    /// Serves what the objects say, or goes on with what was served before.
    fn serve(&mut self, objects: &Objects) {
        let resolution = resolve(objects, &resolve_options(&self.args.name.controller_name));
        if self.served.as_ref().is_some_and(|served| served.serves_as(&resolution)) {
            return;
        }
        let (listeners, routes) = (resolution.model.listeners.len(), resolution.model.routes.len());
        match tokio::task::block_in_place(|| self.proxy.apply(&resolution)) {
            Ok(()) => {
                tracing::info!(listeners, routes, "serving");
                self.served = Some(resolution);
            }
            Err(error) => {
                tracing::error!(%error, "the configuration before stays");
                // A port that another listener has not yet given back, perhaps.
                self.held = Some((objects.clone(), Instant::now() + PATIENCE));
            }
        }
    }
}

/// Changes whenever one of the objects does.
fn versions(objects: &Objects) -> Vec<(ObjectName, String)> {
    let version = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    objects
        .iter()
        .map(|object| (object.name.clone(), version(&object.value["metadata"]["resourceVersion"])))
        .collect()
}

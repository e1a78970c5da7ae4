//! `gateline serve`: the Gateways of the manifests, on this machine.

mod cache;
mod follower;
mod kubernetes;
mod reload;
mod signals;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use gateline_api::Severity;
use gateline_api::resolve::Endpoint;
use gateline_proxy::{Config, Ports, Proxy};

use crate::Verdict;
use crate::error::CliError;
use crate::input::{Choices, World, inputs};
use crate::log::{self, LogLevel};
use crate::output::Output;
use crate::snippet::Drawer;

pub(crate) use reload::fingerprint;
pub(crate) use signals::{Event, Events};

/// Options of `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Manifests: files, folders, globs, or - for standard input
    #[arg(required_unless_present = "kubernetes", conflicts_with = "kubernetes", value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    choices: Choices,
    #[command(flatten)]
    cluster: kubernetes::ClusterArgs,
    /// The address to bind listeners to; may be given more than once [default: ::, which also takes IPv4]
    #[arg(long, value_name = "ADDRESS")]
    bind: Vec<IpAddr>,
    /// Bind another port for a listener's port
    #[arg(long = "port", value_name = "LISTENER=BOUND", value_parser = port)]
    ports: Vec<(u16, u16)>,
    /// Where a backend really is; may be given more than once, also for one backend
    #[arg(long, value_name = "NS/NAME:PORT=HOST:PORT", value_parser = backend)]
    backend: Vec<(String, Endpoint)>,
    /// Where `/ready`, `/stats/prometheus` and `/config_dump` are served
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:19000")]
    admin: SocketAddr,
    /// Threads that serve requests [default: one for each core]
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// Where access log lines go: a file, - for standard output, or off
    #[arg(long, value_name = "PATH", default_value = "-")]
    access_log: String,
    /// What to say on standard error beside the access log
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: LogLevel,
    /// How long to wait for open requests at the end
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    drain: u64,
}

pub(crate) fn port(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once('=').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    parsed.ok_or_else(|| "write LISTENER=BOUND, as in 80=8080".to_owned())
}

pub(crate) fn backend(text: &str) -> Result<(String, Endpoint), String> {
    let usage = || "write namespace/service:port=host:port".to_owned();
    let (name, at) = text.split_once('=').ok_or_else(usage)?;
    let port = name.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    if !name.contains('/') || port.is_none() {
        return Err(usage());
    }
    if let Ok(address) = at.parse() {
        return Ok((name.to_owned(), Endpoint::Address(address)));
    }
    let (host, port) = at.rsplit_once(':').ok_or_else(usage)?;
    let port = port.parse().map_err(|_| usage())?;
    Ok((name.to_owned(), Endpoint::Name(host.to_owned(), port)))
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    if args.cluster.kubernetes {
        args.choices.without_ingresses("--kubernetes")?;
        return kubernetes::run(args, output);
    }
    let config = args.choices.config()?;
    let inputs = inputs(&args.paths)?;
    let events = Events::start(&args.paths)?;
    let load = || args.choices.load(&inputs, &args.choices.options(&config));
    let world = load();
    report(&world, output);
    world.usable()?;
    if !world.errors.is_empty() {
        return Err(CliError::Unread(world.errors.len()));
    }
    log::start(args.log, output.error_color());
    let proxy = Proxy::start(proxy_config(args)?)?;
    proxy.apply(&world.resolution)?;
    announce(&proxy, output);
    while let Some(event) = events.next() {
        match event {
            Event::Stop => break,
            Event::Reload => reload(&load, &proxy, output),
        }
    }
    output.error_line("stopping: waiting for open requests");
    proxy.shutdown(Duration::from_secs(args.drain));
    Ok(Verdict::Clean)
}

fn proxy_config(args: &Args) -> Result<Config, CliError> {
    let mut config = Config::default();
    config.threads = args.threads;
    config.admin = Some(args.admin);
    config.access_log = access_log(&args.access_log)?;
    if !args.bind.is_empty() {
        config.addresses.clone_from(&args.bind);
    }
    if !args.ports.is_empty() {
        config.ports = Ports::Map(args.ports.iter().copied().collect());
    }
    config.backends = backends(&args.backend);
    config.router = args.choices.target(&gateline_testing::Config::default()).options();
    Ok(config)
}

pub(crate) fn backends(given: &[(String, Endpoint)]) -> BTreeMap<String, Vec<Endpoint>> {
    let mut backends: BTreeMap<String, Vec<Endpoint>> = BTreeMap::new();
    for (name, endpoint) in given {
        backends.entry(name.clone()).or_default().push(endpoint.clone());
    }
    backends
}

fn access_log(place: &str) -> Result<Option<Box<dyn Write + Send>>, CliError> {
    match place {
        "off" => Ok(None),
        "-" => Ok(Some(Box::new(std::io::stdout()))),
        path => {
            let path = PathBuf::from(path);
            let file = OpenOptions::new().create(true).append(true).open(&path);
            Ok(Some(Box::new(file.map_err(|source| CliError::Write { path, source })?)))
        }
    }
}

/// Errors of reading, and findings worth a warning, on standard error.
pub(crate) fn report(world: &World, output: &mut Output) {
    let drawer = Drawer::new(&world.sources, output.error_color());
    for error in &world.errors {
        output.error_line(&drawer.error(error));
    }
    for finding in world.findings.iter().filter(|finding| finding.severity > Severity::Info) {
        output.error_line(&drawer.line(finding));
    }
}

fn announce(proxy: &Proxy, output: &mut Output) {
    for (what, bound) in [("port", proxy.addresses()), ("UDP port", proxy.udp_addresses())] {
        for (port, addresses) in bound {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            output.error_line(&format!("listening on {} for {what} {port}", addresses.join(", ")));
        }
    }
    if proxy.addresses().is_empty() && proxy.udp_addresses().is_empty() {
        output.error_line("no listener can serve: the input has no Gateway, or `gateline check` says why");
    }
    if let Some(address) = proxy.admin_address() {
        output.error_line(&format!("admin on http://{address}/"));
    }
}

/// Takes over new files, if they can be used; otherwise says why not and goes on as before.
fn reload(load: &dyn Fn() -> World, proxy: &Proxy, output: &mut Output) {
    let world = load();
    report(&world, output);
    if !world.sound() {
        return output.error_line("reload: the files cannot be used; the configuration before stays");
    }
    match proxy.apply(&world.resolution) {
        Ok(()) => output.error_line("reload: done"),
        Err(error) => output.error_line(&format!("reload: {error}; the configuration before stays")),
    }
}

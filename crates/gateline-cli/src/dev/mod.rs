//! `gateline dev`: the manifests on a laptop, with stand-ins for what a cluster would have.

mod authority;
mod echo;
mod paste;
mod ports;
mod stand_in;
mod table;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use gateline_api::resolve::{Assume, Endpoint, Options};
use gateline_proxy::{Config, Finished, Observer, Proxy};

use crate::Verdict;
use crate::error::CliError;
use crate::input::{InputArgs, World, inputs};
use crate::log::{self, LogLevel};
use crate::output::Output;
use crate::serve::{self, Event, Events};

use self::stand_in::StandIns;

/// Options of `dev`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Bind another port for a listener's port [default: 80 as 8080, 443 as 8443, the next one if it is taken]
    #[arg(long = "port", value_name = "LISTENER=BOUND", value_parser = serve::port)]
    ports: Vec<(u16, u16)>,
    /// Where a backend really is; may be given more than once, also for one backend
    #[arg(long, value_name = "NS/NAME:PORT=HOST:PORT", value_parser = serve::backend)]
    backend: Vec<(String, Endpoint)>,
    /// Leave Services without endpoints alone: they answer 503
    #[arg(long)]
    no_echo: bool,
    /// Where `/ready`, `/stats/prometheus` and `/config_dump` are served
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:19000")]
    admin: SocketAddr,
    /// Write the certificate of the authority here, and leave it [default: a file in the folder for temporary ones]
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
    /// What to say on standard error beside the lines of requests
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: LogLevel,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let settings = args.input.choices.config()?;
    let options = options(args.input.choices.options(&settings));
    let inputs = inputs(&args.input.paths)?;
    let events = Events::start(&args.input.paths)?;
    let load = || args.input.choices.load(&inputs, &options);
    let mut world = load();
    serve::report(&world, output);
    world.usable()?;
    let mut stand_ins = StandIns::new(!args.no_echo, args.ca_out.clone())?;
    stand_ins.fill(&mut world)?;

    let ports = ports::choose(&world.resolution.model, &args.ports);
    let mut config = Config::default();
    config.addresses = vec![Ipv4Addr::LOCALHOST.into()];
    config.admin = Some(args.admin);
    config.ports = gateline_proxy::Ports::UnprivilegedMap(ports.clone());
    config.backends = serve::backends(&args.backend);
    config.router = args.input.choices.target(&settings).options();
    config.observer = Some(log_lines()?);
    log::start(args.log, output.error_color());
    let proxy = Proxy::start(config)?;
    proxy.apply(&world.resolution)?;
    table::print(&world, &ports, &stand_ins, &proxy, output);
    output.flush();

    while let Some(event) = events.next() {
        match event {
            Event::Stop => break,
            Event::Reload => reload(&load, &mut stand_ins, &proxy, output),
        }
        output.flush();
    }
    proxy.shutdown(Duration::from_secs(2));
    Ok(Verdict::Clean)
}

/// On a laptop nothing is missing: it is stood in for.
fn options(mut options: Options) -> Options {
    for assume in
        [&mut options.services, &mut options.secrets, &mut options.gateways, &mut options.namespaces]
    {
        if *assume == Assume::Missing {
            *assume = Assume::Unknown;
        }
    }
    options
}

fn reload(load: &impl Fn() -> World, stand_ins: &mut StandIns, proxy: &Proxy, output: &mut Output) {
    let keep = |reason: &str, output: &mut Output| {
        output.line(&format!("reload: {reason}; the configuration before stays"));
    };
    let mut world = load();
    serve::report(&world, output);
    if !world.sound() {
        return keep("the files cannot be used", output);
    }
    if let Err(error) = stand_ins.fill(&mut world) {
        return keep(&error.to_string(), output);
    }
    match proxy.apply(&world.resolution) {
        Ok(()) => output.line("reload: done"),
        Err(error) => keep(&error.to_string(), output),
    }
}

/// One line a request, written by a thread of its own so that serving never waits for the terminal.
fn log_lines() -> Result<Observer, CliError> {
    let (sender, lines) = channel::<String>();
    let print = move || {
        for line in lines {
            crate::output::print_line(&line);
        }
    };
    let spawned = thread::Builder::new().name("requests".into()).spawn(print);
    spawned.map_err(|source| CliError::Io { what: "cannot start a thread", source })?;
    Ok(Arc::new(move |finished| send_line(&sender, finished)))
}

fn send_line(sender: &Sender<String>, finished: &Finished<'_>) {
    let Finished { method, host, path, status, .. } = finished;
    let backend = finished.backend.map(|backend| format!(" -> {backend}")).unwrap_or_default();
    let reason = finished.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let rule = finished.rule.map_or_else(
        || "no rule".to_owned(),
        |view| {
            let place =
                view.matched.origin.place.as_ref().map(|place| format!(" {place}")).unwrap_or_default();
            format!("{} {}#{}{place}", view.route.kind, view.route.name, view.hit.rule)
        },
    );
    let millis = finished.duration.as_secs_f64() * 1000.0;
    let status = status.as_u16();
    // The terminal is gone: there is nobody to tell.
    let _ = sender.send(format!("{method} {host}{path} {status}{reason}{backend}  {rule}  {millis:.1} ms"));
}

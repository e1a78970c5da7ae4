//! `gateline explain`: where one request or connection goes, and why not elsewhere.

mod connection;
mod request;
mod text;

use gateline::{EntryId, Explanation, Router};
use gateline_api::parse::{self, Limits};

use crate::Verdict;
use crate::error::CliError;
use crate::input::{Choices, World, inputs};
use crate::live::{Live, LiveArgs};
use crate::output::{Format, Output};
use crate::snippet::Drawer;

pub(crate) use connection::Connection;
pub(crate) use request::{Request, RequestError};

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Manifests (files, folders, globs, -), then the request: `'GET https://host/path'`, or the URL alone; or a
    /// connection: `tls://host:port`, `tcp://:port`, `udp://:port`
    #[arg(required = true, num_args = 1.., value_names = ["PATH", "REQUEST"])]
    words: Vec<String>,
    #[command(flatten)]
    live: LiveArgs,
    /// A header field of the request
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Which backend to pick, as a share of the weights: any number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    random: u64,
    /// Print all candidates, not only the first 20
    #[arg(long)]
    all: bool,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    choices: Choices,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let (asked, paths) = args.words.split_last().ok_or_else(|| RequestError::Shape(String::new()))?;
    let asked = Asked::parse(asked, &args.headers)?;
    let world = world(args, paths, output)?;
    let drawer = Drawer::new(&world.sources, output.error_color());
    for error in &world.errors {
        output.error_line(&drawer.error(error));
    }
    world.usable()?;
    let router = world.router(&args.choices)?;
    let explanation = match router.entry(asked.port()) {
        Some(entry) => asked.explain(&router, entry, args.random),
        None => Explanation::nobody(no_port(&world, asked.port())),
    };
    match args.format {
        Format::Json => output.json(&explanation),
        Format::Text => text::print(&asked.title(), &explanation, args.all, output),
    }
    Ok(Verdict::Clean)
}

/// Manifests, a cluster, or a cluster as it would be with manifests.
fn world(args: &Args, paths: &[String], output: &mut Output) -> Result<World, CliError> {
    let paths: Vec<_> = paths.iter().map(Into::into).collect();
    if !args.live.kubernetes {
        if paths.is_empty() {
            return Err(CliError::Unusable("there is no PATH before the request".to_owned()));
        }
        let config = args.choices.config()?;
        return Ok(World::load(&inputs(&paths)?, &args.choices.options(&config)));
    }
    let live = Live::read(&args.live)?;
    live.tell_unseen(output);
    let options = args.choices.assuming(live.options());
    if paths.is_empty() {
        return Ok(live.world(&options));
    }
    Ok(live.world_with(parse::load(&inputs(&paths)?, &Limits::default()), &options))
}

/// What is to be explained.
enum Asked {
    Request(Box<Request>),
    /// With the text it was read from.
    Connection(Connection, String),
}

impl Asked {
    fn parse(text: &str, headers: &[String]) -> Result<Self, RequestError> {
        match Connection::parse(text) {
            Some(connection) => Ok(Self::Connection(connection?, text.to_owned())),
            None => Request::parse(text, headers).map(|request| Self::Request(Box::new(request))),
        }
    }

    fn port(&self) -> u16 {
        match self {
            Self::Request(request) => request.port,
            Self::Connection(connection, _) => connection.port,
        }
    }

    fn explain(&self, router: &Router, entry: EntryId, x: u64) -> Explanation {
        match self {
            Self::Request(request) => router.explain(entry, &request.head(), x),
            Self::Connection(connection, _) => router.explain_connection(entry, &connection.opening(), x),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Request(request) => {
                let head = request.head();
                let query = head.query.map(|query| format!("?{query}")).unwrap_or_default();
                format!("{} {}{}{query}", head.method, head.authority, head.path)
            }
            Self::Connection(_, text) => text.clone(),
        }
    }
}

fn no_port(world: &World, port: u16) -> String {
    let listeners = world.resolution.model.listeners.iter();
    let there: Vec<String> =
        listeners.map(|listener| format!("{} ({})", listener.port, listener.name)).collect();
    let there = if there.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are {}", there.join(", "))
    };
    format!("no listener has port {port}; {there}")
}

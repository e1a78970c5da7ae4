//! `gateline explain`: where one request goes, and why not elsewhere.

mod request;
mod text;

use gateline::Explanation;

use crate::Verdict;
use crate::error::CliError;
use crate::input::{Choices, World, inputs};
use crate::output::{Format, Output};
use crate::snippet::Drawer;

pub(crate) use request::{Request, RequestError};

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Manifests (files, folders, globs, -), then the request: `'GET https://host/path'`, or the URL alone
    #[arg(required = true, num_args = 2.., value_names = ["PATH", "REQUEST"])]
    words: Vec<String>,
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
    let (request, paths) = args.words.split_last().ok_or_else(|| RequestError::Shape(String::new()))?;
    let request = Request::parse(request, &args.headers)?;
    let paths: Vec<_> = paths.iter().map(Into::into).collect();
    let config = args.choices.config()?;
    let world = World::load(&inputs(&paths)?, &args.choices.options(&config));
    let drawer = Drawer::new(&world.sources, output.error_color());
    for error in &world.errors {
        output.error_line(&drawer.error(error));
    }
    world.usable()?;
    let router = world.router(&args.choices)?;
    let head = request.head();
    let explanation = match router.entry(request.port) {
        Some(entry) => router.explain(entry, &head, args.random),
        None => Explanation::nobody(no_port(&world, request.port)),
    };
    match args.format {
        Format::Json => output.json(&explanation),
        Format::Text => text::print(&head, &explanation, args.all, output),
    }
    Ok(Verdict::Clean)
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

//! `gateline explain`: where one request or connection goes, and why not elsewhere.

mod text;

use gateline_api::parse::{self, Limits};
use gateline_testing::{LoadError, Request, RequestError, explain};

use crate::Verdict;
use crate::error::CliError;
use crate::input::{Choices, World, inputs};
use crate::live::{Live, LiveArgs};
use crate::output::{Format, Output};
use crate::snippet::Drawer;

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
    let request = Request::parse(asked, &args.headers)?;
    let world = world(args, paths, output)?;
    let drawer = Drawer::new(&world.sources, output.error_color());
    for error in &world.errors {
        output.error_line(&drawer.error(error));
    }
    world.usable()?;
    let router = world.router(&args.choices.router_options())?;
    let explanation = explain(&router, &request, args.random);
    match args.format {
        Format::Json => output.json(&explanation),
        Format::Text => text::print(&request.title(), &explanation, args.all, output),
    }
    Ok(Verdict::Clean)
}

/// Manifests, a cluster, or a cluster as it would be with manifests.
fn world(args: &Args, paths: &[String], output: &mut Output) -> Result<World, CliError> {
    let paths: Vec<_> = paths.iter().map(Into::into).collect();
    if !args.live.kubernetes {
        if paths.is_empty() {
            return Err(LoadError::Unusable("there is no PATH before the request").into());
        }
        let config = args.choices.config()?;
        return Ok(args.choices.load(&inputs(&paths)?, &args.choices.options(&config)));
    }
    let live = Live::read(&args.live)?;
    live.tell_unseen(output);
    let options = args.choices.assuming(live.options());
    if paths.is_empty() {
        return Ok(live.world(&options));
    }
    Ok(live.world_with(parse::load(&inputs(&paths)?, &Limits::default()), &options))
}

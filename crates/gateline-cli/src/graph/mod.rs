//! `gateline graph`: hosts, listeners, routes, rules and backends in one picture, with what is wrong beside each.

mod dot;
mod html;
mod mermaid;

use std::path::PathBuf;

use gateline_testing::Graph;

use crate::Verdict;
use crate::error::CliError;
use crate::input::{Choices, InputArgs, World, inputs};
use crate::output::Output;
use crate::snippet::Drawer;

/// Options of `graph`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// What to draw
    #[arg(long, value_enum, default_value_t)]
    format: GraphFormat,
    /// Where to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum GraphFormat {
    /// One page that needs nothing else, with a box to type a URL into
    #[default]
    Html,
    /// A flowchart for Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// For programs: the fields are in docs/graph.md
    Json,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let choices: &Choices = &args.input.choices;
    let config = choices.config()?;
    let world: World = choices.load(&inputs(&args.input.paths)?, &choices.options(&config));
    let drawer = Drawer::new(&world.sources, output.error_color());
    for error in &world.errors {
        output.error_line(&drawer.error(error));
    }
    world.usable()?;
    let target = choices.target(&config);
    let router = world.router_on(&target)?;
    let graph = Graph::new(&router, world.judged(&target, &config.check));
    let text = match args.format {
        GraphFormat::Html => html::page(&graph, &router.tables()),
        GraphFormat::Mermaid => mermaid::flowchart(&graph),
        GraphFormat::Dot => dot::digraph(&graph),
        GraphFormat::Json => gateline_testing::json(&graph),
    };
    match &args.output {
        Some(path) => std::fs::write(path, format!("{text}\n"))
            .map_err(|source| CliError::Write { path: path.clone(), source })?,
        None => output.line(&text),
    }
    if world.errors.is_empty() { Ok(Verdict::Clean) } else { Err(CliError::Unread(world.errors.len())) }
}

//! `gateline diff`: what a change does to requests, over all of them; `gateline prove`: that it does nothing.

mod markdown;
mod text;

pub(crate) use markdown::code;

use std::path::PathBuf;

use gateline::Router;
use gateline::analysis::ChangeKind;
use gateline_testing::{Diff, Difference};
use serde::Serialize;

use crate::Verdict;
use crate::error::CliError;
use crate::git;
use crate::input::{Choices, World, inputs};
use crate::output::{self, Output};

/// Options of `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    sides: Sides,
    /// How to print the changes
    #[arg(long, value_enum, default_value_t)]
    format: DiffFormat,
    /// The kinds that make the exit code 1 [default: all]
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    fail_on: Vec<ChangeKind>,
    /// Print only changes of these kinds
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    only: Vec<ChangeKind>,
}

/// Options of `prove`.
#[derive(Debug, clap::Args)]
pub(crate) struct ProveArgs {
    /// Prove that both do the same to every request
    #[arg(long, required = true)]
    equivalent: bool,
    #[command(flatten)]
    sides: Sides,
}

/// Two inputs.
#[derive(Debug, clap::Args)]
struct Sides {
    /// Manifests before: a file, a folder, a glob, - or git:REVISION:PATH
    before: String,
    /// Manifests after
    after: String,
    #[command(flatten)]
    choices: Choices,
}

/// `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum DiffFormat {
    /// For people
    #[default]
    Text,
    /// For programs: the fields are in docs/cli.md
    Json,
    /// For a comment on a pull request
    Md,
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    equivalent: bool,
    #[serde(flatten)]
    diff: &'a Diff,
}

fn kind(text: &str) -> Result<ChangeKind, String> {
    let found = ChangeKind::ALL.into_iter().find(|kind| kind.to_string().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let all = ChangeKind::ALL.map(|kind| kind.to_string().to_lowercase());
        format!("{text:?} is none of {}", all.join(", "))
    })
}

impl Sides {
    fn compare(&self, output: &mut Output) -> Result<Diff, CliError> {
        let before = self.router(&self.before, output)?;
        let after = self.router(&self.after, output)?;
        Ok(gateline_testing::diff(&before, &after))
    }

    fn router(&self, input: &str, output: &mut Output) -> Result<Router, CliError> {
        let inputs = match input.strip_prefix("git:") {
            Some(revision) => git::inputs(revision)?,
            None => inputs(&[PathBuf::from(input)])?,
        };
        let config = self.choices.config()?;
        let world = World::load(&inputs, &self.choices.options(&config));
        for error in &world.errors {
            output.error_line(&format!("{}: {}", error.place, error.problem));
        }
        if !world.errors.is_empty() {
            return Err(CliError::Unread(world.errors.len()));
        }
        world.usable()?;
        Ok(world.router(&self.choices.router_options())?)
    }
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let mut diff = args.sides.compare(output)?;
    let equivalent = diff.changes.is_empty() && diff.unknown.is_empty();
    diff.changes.retain(|change| args.only.is_empty() || args.only.contains(&change.kind));
    match args.format {
        DiffFormat::Json => output.json(&Report { version: 1, equivalent, diff: &diff }),
        DiffFormat::Text => text::print(&diff, output),
        DiffFormat::Md => markdown::print(&diff, output),
    }
    let fails = |change: &Difference| args.fail_on.is_empty() || args.fail_on.contains(&change.kind);
    Ok(if diff.changes.iter().any(fails) {
        Verdict::Findings
    } else if diff.unknown.is_empty() {
        Verdict::Clean
    } else {
        Verdict::Inconclusive
    })
}

pub(crate) fn prove(args: &ProveArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let diff = args.sides.compare(output)?;
    let (style, verdict, code) = match (diff.changes.first(), diff.unknown.first()) {
        (Some(_), _) => (output::ERROR, "COUNTEREXAMPLE", Verdict::Findings),
        (None, Some(_)) => (output::WARNING, "UNKNOWN", Verdict::Inconclusive),
        (None, None) => (output::GOOD, "PROVED", Verdict::Clean),
    };
    output.line(&output.paint(style, verdict));
    if let Some(change) = diff.changes.first() {
        text::change(1, change, output);
    }
    for reason in &diff.unknown {
        output.line(&format!("  {reason}"));
    }
    Ok(code)
}

//! `gateline diff`: what a change does to requests, over all of them; `gateline prove`: that it does nothing.

mod markdown;
mod text;

pub(crate) use markdown::{code, requests};

use std::path::PathBuf;

use gateline::analysis::{ChangeKind, Comparing};
use gateline::model::HostPattern;
use gateline_api::Target;
use gateline_testing::suite::MeantChange;
use gateline_testing::{Config, Diff, Difference, LoadError, RoutingProfile, Waivers};
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
    /// Look only at hosts that match: app.example.com, or *.example.com
    #[arg(long, value_name = "HOST", value_parser = host)]
    host: Option<HostPattern>,
    /// Changes that are meant (docs/cli.md has the format); one that is not there any more is reported
    #[arg(long, value_name = "FILE")]
    allow: Option<PathBuf>,
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
    #[arg(required_unless_present = "profile_diff")]
    after: Option<String>,
    /// Compare what two implementations do with the same manifests
    #[arg(long, value_names = ["PROFILE", "PROFILE"], num_args = 2, conflicts_with_all = ["after", "profile"])]
    profile_diff: Vec<RoutingProfile>,
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
    /// Waivers that waive nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unused_waivers: Vec<String>,
}

fn kind(text: &str) -> Result<ChangeKind, String> {
    ChangeKind::named(text).ok_or_else(|| format!("{text:?} is none of {}", ChangeKind::names()))
}

fn host(text: &str) -> Result<HostPattern, String> {
    HostPattern::parse(text).map_err(|error| error.to_string())
}

impl Sides {
    fn compare(&self, mut comparing: Comparing, output: &mut Output) -> Result<Diff, CliError> {
        let config = self.choices.config()?;
        let target = |side: usize| {
            let target = self.choices.target(&config);
            let profile = self.profile_diff.get(side).map_or(target.profile, |profile| profile.0);
            Target { profile, ..target }
        };
        let before = self.world(&self.before, &config, output)?;
        let after = match &self.after {
            Some(after) => Some(self.world(after, &config, output)?),
            None => None,
        };
        let after = after.as_ref().unwrap_or(&before);
        comparing.beside = [before.resolution.beside(), after.resolution.beside()];
        let (before, after) = (before.router_on(&target(0))?, after.router_on(&target(1))?);
        Ok(gateline_testing::diff_with(&before, &after, &comparing))
    }

    fn world(&self, input: &str, config: &Config, output: &mut Output) -> Result<World, CliError> {
        let inputs = match input.strip_prefix("git:") {
            Some(revision) => git::inputs(revision)?,
            None => inputs(&[PathBuf::from(input)])?,
        };
        let world = World::load(&inputs, &self.choices.options(config));
        for error in &world.errors {
            output.error_line(&format!("{}: {}", error.place, error.problem));
        }
        if !world.errors.is_empty() {
            return Err(CliError::Unread(world.errors.len()));
        }
        world.usable()?;
        Ok(world)
    }
}

/// The file of `--allow`.
fn waivers(args: &Args, output: &mut Output) -> Result<Vec<MeantChange>, CliError> {
    let Some(path) = &args.allow else { return Ok(Vec::new()) };
    let text =
        std::fs::read_to_string(path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
    let (waivers, errors) = Waivers::parse(&path.to_string_lossy(), &text);
    for error in &errors {
        output.error_line(&error.to_string());
    }
    if errors.is_empty() { Ok(waivers.list) } else { Err(CliError::Unread(1)) }
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let meant = waivers(args, output)?;
    let mut comparing = Comparing::default();
    comparing.within.hosts.extend(args.host.clone().map(|host| (host, true)));
    comparing.waivers = meant.iter().map(|one| one.waiver.clone()).collect();
    let mut diff = args.sides.compare(comparing, output)?;
    let equivalent = diff.changes.is_empty() && diff.unknown.is_empty();
    let equivalent = equivalent && diff.waived.iter().all(|count| *count == 0);
    let unused = meant.iter().zip(&diff.waived).filter(|(_, count)| **count == 0);
    let unused: Vec<String> = unused
        .map(|(one, _)| format!("{}: nothing of the kind changes any more: remove the waiver", one.place))
        .collect();
    diff.changes.retain(|change| args.only.is_empty() || args.only.contains(&change.kind));
    match args.format {
        DiffFormat::Json => {
            let unused_waivers = unused.clone();
            output.json(&Report { version: 1, equivalent, diff: &diff, unused_waivers });
        }
        DiffFormat::Text => text::print(&diff, &unused, output),
        DiffFormat::Md => markdown::print(&diff, &unused, output),
    }
    let fails = |change: &Difference| args.fail_on.is_empty() || args.fail_on.contains(&change.kind);
    Ok(if diff.changes.iter().any(fails) || !unused.is_empty() {
        Verdict::Findings
    } else if diff.unknown.is_empty() {
        Verdict::Clean
    } else {
        Verdict::Inconclusive
    })
}

pub(crate) fn prove(args: &ProveArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let diff = args.sides.compare(Comparing::default(), output)?;
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

//! `gateline diff`: what a change does to requests, over all of them; `gateline prove`: that it does nothing.

mod markdown;
mod text;

pub(crate) use markdown::{code, requests, side};
pub(crate) use text::{painted, place};

use std::path::PathBuf;

use gateline::analysis::{ChangeKind, Comparing};
use gateline::model::HostPattern;
use gateline_api::Target;
use gateline_testing::record::{LogFormat, LogHost, LogOptions};
use gateline_testing::suite::MeantChange;
use gateline_testing::{Diff, Difference, LoadError, RoutingProfile, Waivers};
use serde::Serialize;

use crate::Verdict;
use crate::error::CliError;
use crate::input::Choices;
use crate::logs::{self, Logs};
use crate::output::{self, Output};
use crate::sides;

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
    /// Rank the changes by the requests of this access log or HAR file, and say how much of it each is
    #[arg(long, value_name = "LOG")]
    weighted_by: Vec<PathBuf>,
    /// The format of the log: gateline-json, envoy-json, nginx-combined, ingress-nginx or har [default: told by its lines]
    #[arg(long, value_name = "FORMAT", value_parser = LogFormat::parse, requires = "weighted_by")]
    log_format: Option<LogFormat>,
    /// The host that the log is of, if its lines name none
    #[arg(long, value_name = "[SCHEME://]HOST[:PORT]", value_parser = LogHost::parse, requires = "weighted_by")]
    log_host: Option<LogHost>,
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
pub(crate) enum DiffFormat {
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

pub(crate) fn kind(text: &str) -> Result<ChangeKind, String> {
    ChangeKind::named(text).ok_or_else(|| format!("{text:?} is none of {}", ChangeKind::names()))
}

pub(crate) fn host(text: &str) -> Result<HostPattern, String> {
    HostPattern::parse(text).map_err(|error| error.to_string())
}

impl Args {
    fn logs(&self) -> Option<Logs<'_>> {
        let (format, host) = (self.log_format, self.log_host.clone());
        let options = LogOptions { format, host, ..LogOptions::default() };
        let logs = Logs { paths: &self.weighted_by, options, within: self.host.as_ref(), gateway: None };
        (!self.weighted_by.is_empty()).then_some(logs)
    }
}

impl Sides {
    /// Compares, with the weights of a log if there is one.
    fn compare(
        &self,
        mut comparing: Comparing,
        mut logs: Option<Logs<'_>>,
        output: &mut Output,
    ) -> Result<Diff, CliError> {
        let config = self.choices.config()?;
        let target = |side: usize| {
            let target = self.choices.target(&config);
            let profile = self.profile_diff.get(side).map_or(target.profile, |profile| profile.0);
            Target { profile, ..target }
        };
        let before = sides::world(&self.before, &self.choices, &config, output)?;
        let after = match &self.after {
            Some(after) => Some(sides::world(after, &self.choices, &config, output)?),
            None => None,
        };
        let after = after.as_ref().unwrap_or(&before);
        comparing.beside = [before.resolution.beside(), after.resolution.beside()];
        let (before, after) = (before.router_on(&target(0))?, after.router_on(&target(1))?);
        let Some(logs) = &mut logs else {
            return Ok(gateline_testing::diff_with(&before, &after, &comparing));
        };
        logs.options.ports = logs::ports(&before);
        gateline_testing::diff_weighed(&before, &after, &comparing, |weighing| {
            logs.each(|one| weighing.play(one))
        })
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
    let mut diff = args.sides.compare(comparing, args.logs(), output)?;
    if let Some(weighed) = &diff.traffic {
        for line in &weighed.unreadable.first {
            output.error_line(&format!("error: {line}"));
        }
        if weighed.requests == 0 {
            return Err(CliError::NoRequests(weighed.unreadable.count));
        }
    }
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
    let diff = args.sides.compare(Comparing::default(), None, output)?;
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

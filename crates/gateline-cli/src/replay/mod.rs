//! `gateline replay`: recorded requests through manifests, and through others.

mod markdown;
mod text;

pub(crate) use text::share;

use std::path::PathBuf;

use gateline::analysis::ChangeKind;
use gateline::model::{HostPattern, ObjectName};
use gateline_testing::record::{LogFormat, LogHost, LogOptions};
use gateline_testing::replay::{Played, Replay, ReplayReport};
use serde::Serialize;

use crate::Verdict;
use crate::diff::{DiffFormat, host, kind};
use crate::error::CliError;
use crate::input::Choices;
use crate::logs::{self, Logs};
use crate::output::Output;
use crate::sides;

/// Options of `replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Access logs or HAR files, also compressed by gzip; - for standard input
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// Manifests that the requests were served by: a file, a folder, a glob, - or git:REVISION:PATH
    #[arg(long, value_name = "MANIFESTS")]
    a: String,
    /// Other manifests: what would they change?
    #[arg(long, value_name = "MANIFESTS")]
    b: Option<String>,
    /// The format of the logs: gateline-json, envoy-json, nginx-combined, ingress-nginx or har [default: told by their lines]
    #[arg(long, value_name = "FORMAT", value_parser = LogFormat::parse)]
    log_format: Option<LogFormat>,
    /// The host that the logs are of, if their lines name none
    #[arg(long, value_name = "[SCHEME://]HOST[:PORT]", value_parser = LogHost::parse)]
    host: Option<LogHost>,
    /// The Gateway that the logs are of [default: all of the manifests, as if on one address]
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = gateway)]
    gateway: Option<ObjectName>,
    /// Play only requests for hosts that match: app.example.com, or *.example.com
    #[arg(long, value_name = "HOST", value_parser = host)]
    only_host: Option<HostPattern>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: DiffFormat,
    /// The kinds of changes that make the exit code 1 [default: all]
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    fail_on: Vec<ChangeKind>,
    /// Print only changes of these kinds
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    only: Vec<ChangeKind>,
    /// Exit with 1 if less of what can be compared agrees with the model
    #[arg(long, value_name = "PERCENT", value_parser = percentage)]
    min_agreement: Option<f64>,
    /// Exit with 3 if lines cannot be read, or nothing that is recorded can be compared
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    choices: Choices,
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    version: u32,
    #[serde(flatten)]
    report: &'a ReplayReport,
}

fn gateway(text: &str) -> Result<ObjectName, String> {
    let (namespace, name) = text.split_once('/').ok_or("write NAMESPACE/NAME")?;
    Ok(ObjectName::new(namespace, name))
}

fn percentage(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.trim_end_matches('%').trim().parse().ok();
    let number = number.filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| format!("{text:?} is no number from 0 to 100"))
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let report = play(args, output)?;
    if report.requests == 0 {
        for line in &report.unreadable.first {
            output.error_line(&format!("error: {line}"));
        }
        return Err(CliError::NoRequests(report.unreadable.count));
    }
    let shown = |kind: ChangeKind| args.only.is_empty() || args.only.contains(&kind);
    match args.format {
        DiffFormat::Json => {
            let mut report = report.clone();
            report.changes.iter_mut().for_each(|changes| changes.retain(|change| shown(change.kind)));
            output.json(&Printed { version: 1, report: &report });
        }
        DiffFormat::Text => text::print(&report, shown, output),
        DiffFormat::Md => markdown::print(&report, shown, output),
    }
    Ok(verdict(args, &report))
}

fn play(args: &Args, output: &mut Output) -> Result<ReplayReport, CliError> {
    let config = args.choices.config()?;
    let target = args.choices.target(&config);
    let a = sides::world(&args.a, &args.choices, &config, output)?;
    let b = match &args.b {
        Some(b) => Some(sides::world(b, &args.choices, &config, output)?),
        None => None,
    };
    let router = a.router_on(&target)?;
    let other = match &b {
        Some(b) => Some((b.router_on(&target)?, b.resolution.beside())),
        None => None,
    };
    let other = other.as_ref().map(|(router, beside)| Played { router, beside: beside.clone() });
    let mut replay = Replay::new(Played { router: &router, beside: a.resolution.beside() }, other);
    let options =
        LogOptions { format: args.log_format, host: args.host.clone(), ports: logs::ports(&router) };
    let logs =
        Logs { paths: &args.logs, options, within: args.only_host.as_ref(), gateway: args.gateway.as_ref() };
    logs.each(|one| replay.play(one))?;
    Ok(replay.finish())
}

fn verdict(args: &Args, report: &ReplayReport) -> Verdict {
    let fails = |kind: ChangeKind| {
        args.fail_on.is_empty() && (args.only.is_empty() || args.only.contains(&kind))
            || args.fail_on.contains(&kind)
    };
    let changed = report.changes.iter().flatten().any(|change| fails(change.kind));
    let agreed = report.agreement.percent();
    let below = args.min_agreement.zip(agreed).is_some_and(|(least, agreed)| agreed < least);
    let untold = agreed.is_none() && (args.strict || args.min_agreement.is_some());
    if changed || below {
        Verdict::Findings
    } else if untold || args.strict && report.unreadable.count > 0 {
        Verdict::Inconclusive
    } else {
        Verdict::Clean
    }
}

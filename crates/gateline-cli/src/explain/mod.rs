//! `gateline explain`: where requests and connections go, and why not elsewhere.

mod before;
mod requests;
mod text;
mod why_not;

use std::path::PathBuf;

use gateline::model::Timestamp;
use gateline_api::parse::{self, Limits};
use gateline_testing::record::LogHost;
use gateline_testing::{Config, LoadError, RequestError, Trace, TraceOptions, Tracer, rules};

use self::requests::{Asked, Entry};
use crate::Verdict;
use crate::error::CliError;
use crate::input::{Choices, World, inputs, now, time};
use crate::live::{Live, LiveArgs};
use crate::output::{ColorChoice, Format, Output};
use crate::snippet::Drawer;

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Manifests (files, folders, globs, -), then the request: `'GET https://host/path'`, or the URL alone; a `curl` command;
    /// a line of an access log; or a connection: `tls://host:port`, `tcp://:port`, `udp://:port`
    #[arg(required_unless_present_any = ["har", "access_log"], num_args = 1.., value_names = ["PATH", "REQUEST"])]
    words: Vec<String>,
    #[command(flatten)]
    live: LiveArgs,
    /// A header field of the request
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The requests of a HAR file, as browsers save it, in place of REQUEST
    #[arg(long, value_name = "FILE", conflicts_with_all = ["headers", "access_log"])]
    har: Option<PathBuf>,
    /// Only this entry of the HAR file, from 1
    #[arg(long, value_name = "N", requires = "har")]
    entry: Option<usize>,
    /// The requests of an access log, in place of REQUEST: the JSON of Gateline and Envoy Gateway, or nginx's combined format
    #[arg(long, value_name = "FILE", conflicts_with = "headers")]
    access_log: Option<PathBuf>,
    /// The host that an access log is of, if its lines name none
    #[arg(long, value_name = "[SCHEME://]HOST[:PORT]", value_parser = LogHost::parse)]
    host: Option<LogHost>,
    /// Why this rule does not take the request, and what would bring one to it: HTTPRoute/namespace/name#rule, or less of it
    #[arg(long, value_name = "ROUTE[#RULE]")]
    why_not: Vec<String>,
    /// The time that certificates are held against, as 2026-12-24T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    /// Which backend to pick, as a share of the weights: any number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    random: u64,
    /// Print everything: all candidates and listeners, and routes that are no candidates with what keeps them from it
    #[arg(long)]
    all: bool,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    choices: Choices,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let recorded = args.har.is_some() || args.access_log.is_some();
    let (asked, paths) = match args.words.split_last() {
        Some((asked, paths)) if !recorded => (asked.as_str(), paths),
        _ if recorded => ("", args.words.as_slice()),
        _ => return Err(RequestError::Shape(String::new()).into()),
    };
    let one = if recorded { None } else { requests::one(asked, args)? };
    let config = args.choices.config()?;
    let world = world(args, &config, paths, output)?;
    let drawer = Drawer::new(&world.sources, output.error_color());
    for error in &world.errors {
        output.error_line(&drawer.error(error));
    }
    world.usable()?;
    let router = world.router_on(&args.choices.target(&config))?;
    let mut options = TraceOptions {
        random: args.random,
        all: args.all,
        now: args.now.or_else(now),
        ..TraceOptions::default()
    };
    for name in &args.why_not {
        options.why_not.extend(rules(&router, name)?);
    }
    let tracer = Tracer::new(&world, &router);
    if let Some(request) = one {
        let trace = tracer.trace(&request, &options);
        match args.format {
            Format::Json => output.json(&trace),
            Format::Text => text::print(&trace, args.all, output),
        }
        return Ok(Verdict::Clean);
    }
    let Asked { recorded, errors } = requests::recorded(asked, args, &router)?;
    let entries: Vec<Entry> = recorded.into_iter().map(|one| Entry::of(one, &tracer, &options)).collect();
    match args.format {
        Format::Json => output.json(&entries),
        Format::Text => entries.iter().enumerate().for_each(|(index, entry)| {
            if index > 0 {
                output.line("");
            }
            text::entry(entry, args.all, output);
        }),
    }
    for error in &errors {
        output.error_line(&format!("error: {error}"));
    }
    if errors.is_empty() { Ok(Verdict::Clean) } else { Err(CliError::Unrecorded(errors.len())) }
}

/// A trace as `explain` prints it, without colours.
#[must_use]
pub fn trace_text(trace: &Trace) -> String {
    let mut output = Output::kept(ColorChoice::Never);
    text::print(trace, false, &mut output);
    output.into_texts().0
}

/// Manifests, a cluster, or a cluster as it would be with manifests.
fn world(args: &Args, config: &Config, paths: &[String], output: &mut Output) -> Result<World, CliError> {
    let paths: Vec<_> = paths.iter().map(Into::into).collect();
    if !args.live.kubernetes {
        if paths.is_empty() {
            return Err(LoadError::Unusable("there is no PATH before the request").into());
        }
        return Ok(args.choices.load(&inputs(&paths)?, &args.choices.options(config)));
    }
    args.choices.without_ingresses("--kubernetes")?;
    let live = Live::read(&args.live)?;
    live.tell_unseen(output);
    let options = args.choices.assuming(live.options());
    if paths.is_empty() {
        return Ok(live.world(&options));
    }
    Ok(live.world_with(parse::load(&inputs(&paths)?, &Limits::default()), &options))
}

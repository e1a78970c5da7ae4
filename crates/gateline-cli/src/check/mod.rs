//! `gateline check`: what is wrong with the manifests, and what a cluster would say of them.

mod baseline;
mod edit;
mod fix;

use std::path::{Path, PathBuf};

use gateline_api::finding::codes;
use gateline_api::parse::{self, Input, Limits};
use gateline_api::status::Status;
use gateline_api::{Finding, Severity};
use gateline_testing::{CheckConfig, Config, report as reports};
use serde::Serialize;

use crate::Verdict;
use crate::changes::Changes;
use crate::conditions;
use crate::error::CliError;
use crate::input::{Choices, World, inputs};
use crate::live::{Live, LiveArgs};
use crate::output::{self, Output};
use crate::snippet::Drawer;

/// Options of `check`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct Args {
    /// Manifests: files, folders, globs, or - for standard input
    #[arg(required_unless_present = "kubernetes", value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    choices: Choices,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t)]
    format: CheckFormat,
    /// The least severity that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Print the lines that findings are about
    #[arg(short, long)]
    verbose: bool,
    /// Print information too, not only warnings and errors
    #[arg(long)]
    info: bool,
    /// Print every condition as a controller would write it
    #[arg(long)]
    conditions: bool,
    /// Report only findings that are not in this file
    #[arg(long, value_name = "FILE", conflicts_with = "kubernetes")]
    baseline: Option<PathBuf>,
    /// Write all findings to the file of --baseline instead of reporting them
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    /// Edit the manifests where it is proved that no request is treated otherwise; report what is left
    #[arg(long, conflicts_with_all = ["kubernetes", "write_baseline"])]
    fix: bool,
}

/// `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum CheckFormat {
    /// For people
    #[default]
    Text,
    /// For programs: the fields are in docs/cli.md
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// For code scanning
    Sarif,
    /// A Code Quality report of GitLab
    Gitlab,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FailOn {
    Info,
    Warning,
    Error,
}

impl From<FailOn> for Severity {
    fn from(on: FailOn) -> Self {
        match on {
            FailOn::Info => Self::Info,
            FailOn::Warning => Self::Warning,
            FailOn::Error => Self::Error,
        }
    }
}

/// What `--format json` prints. Documented in docs/cli.md.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    objects: usize,
    errors: Vec<Unreadable<'a>>,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    statuses: Option<&'a [Status]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a Changes>,
}

#[derive(Serialize)]
struct Unreadable<'a> {
    place: &'a gateline::model::Place,
    message: String,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let config = args.choices.config()?;
    if !args.live.kubernetes {
        let options = args.choices.options(&config);
        let load = |inputs: &[Input]| {
            let mut world = args.choices.load(inputs, &options);
            judge(args, &mut world, &config);
            world
        };
        let mut world = load(&inputs(&args.paths)?);
        if args.fix {
            if args.paths.iter().any(|path| path == Path::new("-")) {
                return Err(CliError::NoFiles);
            }
            let target = args.choices.target(&config);
            world = fix::run(world, &target, &load, output)?;
        }
        if let Some(path) = &args.baseline {
            if args.write_baseline {
                baseline::write(path, &world.findings)?;
                output.line(&format!(
                    "wrote {} to {}",
                    counted(world.findings.len(), "finding"),
                    path.display()
                ));
                return Ok(Verdict::Clean);
            }
            let gone = baseline::apply(path, &mut world.findings)?;
            if gone > 0 && args.format == CheckFormat::Text {
                let gone = counted(gone, "finding");
                output.error_line(&format!("{gone} of the baseline are gone: --write-baseline forgets them"));
            }
        }
        return report(args, &config.check, &world, None, output);
    }
    args.choices.without_ingresses("--kubernetes")?;
    let live = Live::read(&args.live)?;
    live.tell_unseen(output);
    let options = args.choices.assuming(live.options());
    let mut now = live.world(&options);
    judge(args, &mut now, &config);
    if args.paths.is_empty() {
        return report(args, &config.check, &now, None, output);
    }
    let manifests = parse::load(&inputs(&args.paths)?, &Limits::default());
    let count = manifests.objects.len();
    let mut then = live.world_with(manifests, &options);
    judge(args, &mut then, &config);
    let changes = Changes::between(&now, &mut then, count);
    report(args, &config.check, &then, Some(&changes), output)
}

fn report(
    args: &Args,
    config: &CheckConfig,
    world: &World,
    changes: Option<&Changes>,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let fail_on = args.fail_on.map(Severity::from).or(config.fail_on).unwrap_or(Severity::Warning);
    match args.format {
        CheckFormat::Json => json(args, world, changes, output),
        CheckFormat::Text => text(args, world, changes, output),
        CheckFormat::Github => {
            let text = reports::findings_github(&shown(args, world), &world.errors);
            text.lines().for_each(|line| output.line(line));
        }
        CheckFormat::Sarif => output.json(&reports::findings_sarif(&shown(args, world), &world.errors)),
        CheckFormat::Gitlab => output.json(&reports::findings_gitlab(&shown(args, world), &world.errors)),
    }
    world.usable()?;
    if !world.errors.is_empty() {
        return Err(CliError::Unread(world.errors.len()));
    }
    let failed = world.findings.iter().any(|finding| finding.severity >= fail_on);
    Ok(if failed { Verdict::Findings } else { Verdict::Clean })
}

/// The findings that are printed.
fn shown(args: &Args, world: &World) -> Vec<Finding> {
    let shown = |finding: &&Finding| args.info || finding.severity > Severity::Info;
    world.findings.iter().filter(shown).cloned().collect()
}

/// Looks at all requests too, and does what comments and `[check]` of gateline.toml say.
fn judge(args: &Args, world: &mut World, config: &Config) {
    world.findings = world.judged(&args.choices.target(config), &config.check);
}

fn json(args: &Args, world: &World, changes: Option<&Changes>, output: &mut Output) {
    let errors = world.errors.iter();
    let errors =
        errors.map(|error| Unreadable { place: &error.place, message: error.problem.to_string() }).collect();
    output.json(&Report {
        version: 1,
        objects: world.objects.len(),
        errors,
        findings: &world.findings,
        statuses: args.conditions.then_some(&world.resolution.statuses),
        changes,
    });
}

fn text(args: &Args, world: &World, changes: Option<&Changes>, output: &mut Output) {
    let drawer = Drawer::new(&world.sources, output.color());
    for error in &world.errors {
        output.line(&drawer.error(error));
    }
    let shown = |finding: &&Finding| args.info || finding.severity > Severity::Info;
    let draw =
        |finding: &Finding| if args.verbose { drawer.block(finding) + "\n" } else { drawer.line(finding) };
    let sign = |sign: &str, style| if changes.is_some() { output.paint(style, sign) } else { String::new() };
    let (new, gone) = (sign("+ ", output::ERROR), sign("- ", output::GOOD));
    for finding in world.findings.iter().filter(shown) {
        output.line(&format!("{new}{}", draw(finding)));
    }
    if let Some(changes) = changes {
        for finding in changes.gone.iter().filter(shown) {
            output.line(&format!("{gone}{}", drawer.line(finding)));
        }
        for change in &changes.statuses {
            output.line(&format!("~ {change}"));
        }
    }
    if args.conditions {
        world.resolution.statuses.iter().for_each(|status| conditions::print(status, output));
    }
    output.line(&match changes {
        Some(changes) => changes.summary(world, args.info),
        None => summary(args, world),
    });
}

fn summary(args: &Args, world: &World) -> String {
    let count = |severity| world.findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings, infos) = (count(Severity::Error), count(Severity::Warning), count(Severity::Info));
    let objects = counted(world.objects.len(), "object");
    let replaced = world.findings.iter().filter(|finding| finding.code == codes::GL005.code).count();
    let replaced =
        if replaced > 0 { format!(", {replaced} more replaced by a later one") } else { String::new() };
    let unread =
        if world.errors.is_empty() { String::new() } else { format!(", {} unreadable", world.errors.len()) };
    let hint = if infos > 0 && !args.info { " (--info shows them)" } else { "" };
    let [errors, warnings, infos] =
        [counted(errors, "error"), counted(warnings, "warning"), counted(infos, "note")];
    format!("{objects}{replaced}{unread}: {errors}, {warnings}, {infos}{hint}")
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

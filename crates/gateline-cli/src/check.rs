//! `gateline check`: what is wrong with the manifests, and what a cluster would say of them.

use gateline_api::finding::codes;
use gateline_api::status::{Condition, Status};
use gateline_api::{Finding, Severity};
use serde::{Deserialize, Serialize};

use crate::Verdict;
use crate::config::CheckConfig;
use crate::error::CliError;
use crate::input::{InputArgs, World, inputs};
use crate::output::{self, Format, Output};
use crate::snippet::Drawer;

/// Options of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailOn {
    Info,
    Warning,
    Error,
}

impl FailOn {
    fn reaches(self, severity: Severity) -> bool {
        match self {
            Self::Info => true,
            Self::Warning => severity >= Severity::Warning,
            Self::Error => severity == Severity::Error,
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
}

#[derive(Serialize)]
struct Unreadable<'a> {
    place: &'a gateline::model::Place,
    message: String,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let config = args.input.choices.config()?;
    let mut world = World::load(&inputs(&args.input.paths)?, &args.input.choices.options(&config));
    adjust(&mut world.findings, &config.check);
    let fail_on = args.fail_on.or(config.check.fail_on).unwrap_or(FailOn::Warning);
    match args.format {
        Format::Json => json(args, &world, output),
        Format::Text => text(args, &world, output),
    }
    world.usable()?;
    if !world.errors.is_empty() {
        return Err(CliError::Unread(world.errors.len()));
    }
    let failed = world.findings.iter().any(|finding| fail_on.reaches(finding.severity));
    Ok(if failed { Verdict::Findings } else { Verdict::Clean })
}

/// `[check]` of gateline.toml.
fn adjust(findings: &mut Vec<Finding>, config: &CheckConfig) {
    let listed = |list: &[String], code: &str| list.iter().any(|prefix| code.starts_with(prefix.as_str()));
    findings.retain(|finding| !listed(&config.ignore, finding.code));
    for finding in findings.iter_mut().filter(|finding| listed(&config.deny, finding.code)) {
        finding.severity = Severity::Error;
    }
}

fn json(args: &Args, world: &World, output: &mut Output) {
    let errors = world.errors.iter();
    let errors =
        errors.map(|error| Unreadable { place: &error.place, message: error.problem.to_string() }).collect();
    output.json(&Report {
        version: 1,
        objects: world.objects.len(),
        errors,
        findings: &world.findings,
        statuses: args.conditions.then_some(&world.resolution.statuses),
    });
}

fn text(args: &Args, world: &World, output: &mut Output) {
    let drawer = Drawer::new(&world.sources, output.color());
    for error in &world.errors {
        output.line(&drawer.error(error));
    }
    let shown = world.findings.iter().filter(|finding| args.info || finding.severity > Severity::Info);
    for finding in shown {
        output.line(&if args.verbose { drawer.block(finding) + "\n" } else { drawer.line(finding) });
    }
    if args.conditions {
        world.resolution.statuses.iter().for_each(|status| conditions(status, output));
    }
    output.line(&summary(args, world));
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
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn conditions(status: &Status, output: &mut Output) {
    output.line(&output.paint(output::STRONG, &format!("{} {}", status.kind, status.name)));
    for condition in &status.conditions {
        output.line(&format!("  {}", line(condition)));
    }
    for listener in &status.listeners {
        let kinds: Vec<&str> = listener.supported_kinds.iter().map(|(_, kind)| kind.as_str()).collect();
        output.line(&format!(
            "  listener {}: {} attached, takes {}",
            listener.name,
            listener.attached_routes,
            kinds.join(", ")
        ));
        for condition in &listener.conditions {
            output.line(&format!("    {}", line(condition)));
        }
    }
    for parent in &status.parents {
        let reference = &parent.parent_ref;
        let namespace = reference.namespace.as_deref().unwrap_or(&status.name.namespace);
        let section =
            reference.section_name.as_ref().map(|section| format!("#{section}")).unwrap_or_default();
        output.line(&format!("  {} {namespace}/{}{section}", reference.kind, reference.name));
        for condition in &parent.conditions {
            output.line(&format!("    {}", line(condition)));
        }
    }
}

fn line(condition: &Condition) -> String {
    format!("{}={:?} {}: {}", condition.kind, condition.status, condition.reason, condition.message)
}

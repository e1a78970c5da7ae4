//! `gateline migrate`: from Ingress to the Gateway API; `gateline migrate verify`: whether somebody's result does the same.

mod html;
mod lock;
mod markdown;
mod text;
mod write;

use std::path::PathBuf;

use gateline::model::ObjectName;
use gateline_api::resolve::{Assume, Options};
use gateline_api::{Finding, Severity};
use gateline_migrate::{
    Accept, ConvertOptions, Converted, Dialect, Globals, ImplementationSpecific, Inventory, Lock, Source,
    SourceOptions, Target, Verification, convert, verify,
};
use serde::Serialize;

use crate::Verdict;
use crate::error::CliError;
use crate::input::{Choices, World, inputs};
use crate::output::Output;
use crate::sides;

/// Options of `migrate`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    ingresses: Ingresses,
    /// What may be written: the Gateway API alone, or with the kinds of Envoy Gateway
    #[arg(long, value_enum, default_value_t)]
    to: To,
    /// Where to write; a folder that is empty or not there yet
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// The Gateway to write
    #[arg(long, value_name = "NS/NAME", default_value = "default/ingress", value_parser = name)]
    gateway: ObjectName,
    /// Its class
    #[arg(long, value_name = "CLASS", default_value = "gateline")]
    gateway_class: String,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Prove that Gateway API objects do what the Ingresses do, or list every class of requests that differs
    Verify(VerifyArgs),
}

/// Options of `migrate verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    ingresses: Ingresses,
    /// Gateway API manifests, whoever wrote them: files, folders, globs, or - for standard input
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    to: Vec<PathBuf>,
}

/// The Ingresses, and how they are read and compared.
#[derive(Debug, clap::Args)]
struct Ingresses {
    /// Ingresses, and the Services and the ConfigMap of the controller that go with them
    #[arg(required = true, value_name = "INGRESS")]
    paths: Vec<PathBuf>,
    /// The controller that serves them
    #[arg(long, value_enum, default_value_t)]
    from: Controller,
    /// Only Ingresses of this class, and those without one [default: all]
    #[arg(long, value_name = "CLASS")]
    ingress_class: Option<String>,
    /// What the controller makes of `ImplementationSpecific` paths
    #[arg(long, value_enum, default_value_t)]
    implementation_specific: Specific,
    /// What annotations of the controller begin with
    #[arg(long, value_name = "PREFIX", default_value = "nginx.ingress.kubernetes.io")]
    annotations_prefix: String,
    /// A difference that is as meant: a code, or a code and the Ingress it is for, as in GL703@shop/web
    #[arg(long, value_name = "ID[@NS/NAME]")]
    accept: Vec<Accept>,
    /// Why, for those who read the lock
    #[arg(long, value_name = "TEXT", requires = "accept")]
    reason: Option<String>,
    /// Where what is accepted is written down, and read again
    #[arg(long, value_name = "FILE", default_value = Lock::FILE)]
    lock: PathBuf,
    /// How to print the differences; html, md and json have an inventory of Ingresses and annotations too
    #[arg(long, value_enum, default_value_t, visible_alias = "report")]
    format: MigrateFormat,
    #[command(flatten)]
    choices: Choices,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Controller {
    /// kubernetes/ingress-nginx
    #[default]
    IngressNginx,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum To {
    /// The Gateway API alone
    #[default]
    Spec,
    /// With HTTPRouteFilter, SecurityPolicy and BackendTrafficPolicy
    EnvoyGateway,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Specific {
    /// By elements, as Prefix: what the controller does
    #[default]
    Prefix,
    /// Every path that begins with the text
    Raw,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum MigrateFormat {
    /// For people
    #[default]
    Text,
    /// For programs: the fields are in docs/migrate.md
    Json,
    /// For a comment on a pull request
    Md,
    /// A page for those who plan the migration
    Html,
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    proved: bool,
    #[serde(flatten)]
    verification: &'a Verification,
    inventory: &'a Inventory,
    /// About the Ingresses.
    findings: &'a [Finding],
    /// Hosts that were not written.
    refused: &'a [Finding],
    /// Files.
    written: &'a [String],
}

fn name(text: &str) -> Result<ObjectName, String> {
    let (namespace, name) = text.split_once('/').ok_or("write NAMESPACE/NAME")?;
    Ok(ObjectName::new(namespace, name))
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    match &args.command {
        Some(Command::Verify(args)) => against(args, output),
        None => write(args, output),
    }
}

fn against(args: &VerifyArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (_, source) = args.ingresses.read(output)?;
    let target = args.ingresses.load(&args.to, output)?;
    target.usable()?;
    for finding in target.findings.iter().filter(|finding| finding.severity == Severity::Error) {
        output.error_line(&format!("note: {}", finding.message));
    }
    let lock = args.ingresses.accepted(output)?;
    let verification = args.ingresses.verify(&source, &target, &lock)?;
    args.ingresses.report(&source, &verification, &Converted::default(), &[], output);
    args.ingresses.record(lock, &verification)?;
    Ok(verdict(&verification, &[]))
}

fn write(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    let (world, source) = args.ingresses.read(output)?;
    let lock = args.ingresses.accepted(output)?;
    let mut options = ConvertOptions::default();
    options.dialect = match args.to {
        To::Spec => Dialect::Spec,
        To::EnvoyGateway => Dialect::EnvoyGateway,
    };
    options.gateway = args.gateway.clone();
    options.class.clone_from(&args.gateway_class);
    options.accept.clone_from(&lock.accepted);
    let converted = convert(&source, &options);
    let config = args.ingresses.choices.config()?;
    let target = converted.world(&world.objects, &args.ingresses.options(&config));
    let verification = args.ingresses.verify(&source, &target, &lock)?;
    let files = match &args.out {
        // What was accepted is no longer what it was: a route might be open in another way.
        _ if !verification.unused.is_empty() => Vec::new(),
        Some(folder) => write::files(folder, &converted, &lock.accepted)?,
        None => Vec::new(),
    };
    args.ingresses.report(&source, &verification, &converted, &files, output);
    args.ingresses.record(lock, &verification)?;
    Ok(verdict(&verification, &converted.refused))
}

fn verdict(verification: &Verification, refused: &[Finding]) -> Verdict {
    let is_open = verification.open().next().is_some() || !verification.unused.is_empty();
    if !refused.is_empty() || is_open {
        Verdict::Findings
    } else if verification.unknown.is_empty() {
        Verdict::Clean
    } else {
        Verdict::Inconclusive
    }
}

impl Ingresses {
    fn load(&self, paths: &[PathBuf], output: &mut Output) -> Result<World, CliError> {
        let config = self.choices.config()?;
        sides::readable(World::load(&inputs(paths)?, &self.options(&config)), output)
    }

    fn options(&self, config: &gateline_testing::Config) -> Options {
        let mut options = self.choices.options(config);
        // The Ingress does not say either whether a Service or a Secret exists.
        for assume in [&mut options.services, &mut options.secrets] {
            if *assume == Assume::Unknown {
                *assume = Assume::Present;
            }
        }
        options
    }

    fn read(&self, output: &mut Output) -> Result<(World, Source), CliError> {
        let world = self.load(&self.paths, output)?;
        let mut globals = Globals::default();
        globals.annotations_prefix.clone_from(&self.annotations_prefix);
        globals.implementation_specific = match self.implementation_specific {
            Specific::Raw => ImplementationSpecific::Raw,
            Specific::Prefix => ImplementationSpecific::Prefix,
        };
        let mut options = SourceOptions::default();
        options.class.clone_from(&self.ingress_class);
        options.globals = globals;
        let source = match self.from {
            Controller::IngressNginx => Source::ingress_nginx(&world.objects, &options),
        };
        let refused =
            world.objects.iter().filter(|object| object.refused && &*object.kind == "Ingress").count();
        if source.ingresses == 0 || refused > 0 {
            for finding in world.findings.iter().filter(|finding| &*finding.origin.kind == "Ingress") {
                output.error_line(&finding.message);
            }
            return Err(if refused > 0 { CliError::Ingresses(refused) } else { CliError::NoIngress });
        }
        Ok((world, source))
    }

    /// What is accepted: before, and now.
    fn accepted(&self, output: &mut Output) -> Result<Lock, CliError> {
        let now: Vec<Accept> =
            self.accept.iter().cloned().map(|one| one.because(self.reason.clone())).collect();
        Ok(lock::read(&self.lock, output)?.with(&now))
    }

    fn record(&self, lock: Lock, verification: &Verification) -> Result<(), CliError> {
        lock::record(&self.lock, lock, &self.accept, verification)
    }

    fn verify(&self, source: &Source, target: &World, lock: &Lock) -> Result<Verification, CliError> {
        let options = self.choices.target(&self.choices.config()?).options();
        let target = Target::new(&target.objects, &target.resolution);
        let verified = verify(source, &target, &options, &lock.accepted);
        verified.map_err(|error| CliError::Load(error.into()))
    }

    fn report(
        &self,
        source: &Source,
        verification: &Verification,
        converted: &Converted,
        files: &[String],
        output: &mut Output,
    ) {
        let inventory = Inventory::new(source, verification, &converted.refused);
        match self.format {
            MigrateFormat::Text => text::print(source, verification, converted, files, output),
            MigrateFormat::Md => markdown::print(&inventory, verification, converted, output),
            MigrateFormat::Html => output.line(html::page(&inventory, verification, converted).trim_end()),
            MigrateFormat::Json => output.json(&Report {
                version: 1,
                proved: verification.is_proved() && converted.refused.is_empty(),
                verification,
                inventory: &inventory,
                findings: &source.findings,
                refused: &converted.refused,
                written: files,
            }),
        }
    }
}

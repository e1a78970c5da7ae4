//! From paths to a resolution: what every command begins with.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gateline::model::Timestamp;
use gateline_api::Target;
use gateline_api::object::timestamp;
use gateline_api::parse::{Input, Limits};
use gateline_api::resolve::{Assume, Options};
use gateline_migrate::{Source, SourceOptions, beside};
pub(crate) use gateline_testing::World;
use gateline_testing::{AssumeConfig, Config, Rank, RoutingProfile, Settings};

use crate::error::CliError;

/// The input of a command.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct InputArgs {
    /// Manifests: files, folders, globs, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) choices: Choices,
}

/// What holds for any input.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Choices {
    /// What to take things for that are not in the input: services, secrets, gateways or namespaces, as present,
    /// missing or unknown
    #[arg(long, value_name = "KIND=VALUE", value_parser = assumption)]
    assume: Vec<(Kind, Assume)>,
    /// Settings [default: ./gateline.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The implementation to decide like: spec, or envoy-gateway [default: `[target] profile` of the settings, or spec]
    #[arg(long, value_name = "NAME")]
    profile: Option<RoutingProfile>,
    /// Where regular expressions rank among path matches; the specification leaves it open [default: above-prefix]
    #[arg(long, value_name = "RANK", value_parser = rank())]
    regex_rank: Option<Rank>,
    /// Serve Ingresses of this class, and those without one, as ingress-nginx does, beside the routes
    #[arg(long, value_name = "CLASS")]
    ingress: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Services,
    Secrets,
    Gateways,
    Namespaces,
}

fn rank() -> impl TypedValueParser<Value = Rank> {
    let rank = |word: String| if word == "below-prefix" { Rank::BelowPrefix } else { Rank::AbovePrefix };
    PossibleValuesParser::new(["above-prefix", "below-prefix"]).map(rank)
}

fn assumption(text: &str) -> Result<(Kind, Assume), String> {
    let (kind, value) = text.split_once('=').ok_or("write KIND=VALUE, as in services=present")?;
    let kind = <Kind as clap::ValueEnum>::from_str(kind, false)
        .map_err(|_| format!("{kind:?} is none of services, secrets, gateways, namespaces"))?;
    let assume = match value {
        "present" => Assume::Present,
        "missing" => Assume::Missing,
        "unknown" => Assume::Unknown,
        _ => return Err(format!("{value:?} is none of present, missing, unknown")),
    };
    Ok((kind, assume))
}

impl Choices {
    pub(crate) fn config(&self) -> Result<Config, CliError> {
        Ok(Config::load(self.config.as_deref())?)
    }

    /// The options of a resolution of files: the command line wins over gateline.toml.
    pub(crate) fn options(&self, config: &Config) -> Options {
        self.assuming(config.options(now()))
    }

    /// Reads manifests; with `--ingress`, their Ingresses too.
    pub(crate) fn load(&self, inputs: &[Input], options: &Options) -> World {
        self.with_ingresses(World::load(inputs, options), options)
    }

    /// Refuses `--ingress` where no Ingresses are read, rather than to ignore it.
    pub(crate) fn without_ingresses(&self, what: &'static str) -> Result<(), CliError> {
        if self.ingress.is_some() { Err(CliError::RoutesAlone(what)) } else { Ok(()) }
    }

    /// Adds the rules of the Ingresses that `--ingress` asks for.
    pub(crate) fn with_ingresses(&self, mut world: World, options: &Options) -> World {
        let Some(class) = &self.ingress else { return world };
        let mut chosen = SourceOptions::default();
        chosen.class = Some(class.clone());
        let source = Source::ingress_nginx(&world.objects, &chosen);
        if source.ingresses > 0 {
            world.resolution = beside(&world.objects, options, &source);
            world.findings.append(&mut world.resolution.findings);
            world.findings.sort_by(|a, b| a.order().cmp(&b.order()));
            world.findings.dedup();
        }
        world
    }

    /// Options with what the command line says to assume.
    pub(crate) fn assuming(&self, options: Options) -> Options {
        self.settings().assume.over(options)
    }

    /// The implementations to look at requests for: the command line wins over gateline.toml.
    pub(crate) fn target(&self, config: &Config) -> Target {
        self.settings().target(config)
    }

    fn settings(&self) -> Settings {
        let mut assume = AssumeConfig::default();
        for (kind, value) in &self.assume {
            let assumed = match kind {
                Kind::Services => &mut assume.services,
                Kind::Secrets => &mut assume.secrets,
                Kind::Gateways => &mut assume.gateways,
                Kind::Namespaces => &mut assume.namespaces,
            };
            *assumed = Some(*value);
        }
        Settings { assume, profile: self.profile, regex_rank: self.regex_rank }
    }
}

pub(crate) fn now() -> Option<Timestamp> {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(elapsed.as_secs()).ok().map(Timestamp)
}

/// A time of the command line.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    timestamp(text).ok_or_else(|| format!("{text:?} is no time: write 2026-12-24T08:00:00Z"))
}

/// What the paths stand for. Standard input is read here, once.
pub(crate) fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>, CliError> {
    paths.iter().map(|path| input(path)).collect()
}

fn input(path: &Path) -> Result<Input, CliError> {
    if path != Path::new("-") {
        return Ok(Input::Path(path.to_path_buf()));
    }
    let mut bytes = Vec::new();
    let limit = Limits::default().file_bytes.saturating_add(1);
    let read = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
    read.map_err(|source| CliError::Io { what: "standard input", source })?;
    Ok(Input::Text { name: "-".into(), bytes })
}

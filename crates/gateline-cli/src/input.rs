//! From paths to a resolution: what every command begins with.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use gateline::model::Timestamp;
use gateline::{RegexRank, Router};
use gateline_api::parse::{Input, Limits, Loaded, ParseError, Sources};
use gateline_api::resolve::{Assume, Options, Resolution};
use gateline_api::{Finding, Objects, parse, resolve, validate};

use crate::config::{AssumeValue, Config};
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
    assume: Vec<(Kind, AssumeValue)>,
    /// Settings [default: ./gateline.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where regular expressions rank among path matches; the specification leaves it open
    #[arg(long, value_name = "RANK", default_value = "above-prefix")]
    regex_rank: Rank,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Services,
    Secrets,
    Gateways,
    Namespaces,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Rank {
    AbovePrefix,
    BelowPrefix,
}

fn assumption(text: &str) -> Result<(Kind, AssumeValue), String> {
    let (kind, value) = text.split_once('=').ok_or("write KIND=VALUE, as in services=present")?;
    let kind = <Kind as clap::ValueEnum>::from_str(kind, false)
        .map_err(|_| format!("{kind:?} is none of services, secrets, gateways, namespaces"))?;
    let value = <AssumeValue as clap::ValueEnum>::from_str(value, false)
        .map_err(|_| format!("{value:?} is none of present, missing, unknown"))?;
    Ok((kind, value))
}

impl Choices {
    pub(crate) fn config(&self) -> Result<Config, CliError> {
        Config::load(self.config.as_deref())
    }

    /// The options of a resolution of files: the command line wins over gateline.toml.
    pub(crate) fn options(&self, config: &Config) -> Options {
        let mut options = Options::default();
        let file = |value: Option<AssumeValue>| value.map_or(Assume::default(), Assume::from);
        options.services = file(config.assume.services);
        options.secrets = file(config.assume.secrets);
        options.gateways = file(config.assume.gateways);
        options.namespaces = file(config.assume.namespaces);
        let namespaces = config.namespaces.iter();
        options.namespace_labels =
            namespaces.map(|(name, namespace)| (name.clone(), namespace.labels.clone())).collect();
        options.now = now();
        self.assuming(options)
    }

    /// Options with what the command line says to assume.
    pub(crate) fn assuming(&self, mut options: Options) -> Options {
        for (kind, value) in &self.assume {
            let assumed = match kind {
                Kind::Services => &mut options.services,
                Kind::Secrets => &mut options.secrets,
                Kind::Gateways => &mut options.gateways,
                Kind::Namespaces => &mut options.namespaces,
            };
            *assumed = (*value).into();
        }
        options
    }

    pub(crate) fn router_options(&self) -> gateline::Options {
        let mut options = gateline::Options::default();
        options.regex_rank = match self.regex_rank {
            Rank::AbovePrefix => RegexRank::AbovePrefix,
            Rank::BelowPrefix => RegexRank::BelowPrefix,
        };
        options
    }
}

fn now() -> Option<Timestamp> {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(elapsed.as_secs()).ok().map(Timestamp)
}

/// What was read, and what it means.
pub(crate) struct World {
    pub(crate) objects: Objects,
    pub(crate) sources: Sources,
    pub(crate) errors: Vec<ParseError>,
    /// Of reading, validation and resolution, by place.
    pub(crate) findings: Vec<Finding>,
    pub(crate) resolution: Resolution,
}

impl World {
    /// Reads, validates and resolves. Never fails as a whole: see [`World::errors`].
    pub(crate) fn load(inputs: &[Input], options: &Options) -> Self {
        let mut loaded = parse::load(inputs, &Limits::default());
        loaded.findings.append(&mut validate(&mut loaded.objects));
        Self::of(std::mem::take(&mut loaded.objects), loaded, options)
    }

    /// Resolves objects, of which all or some were read from files.
    pub(crate) fn of(objects: Objects, loaded: Loaded, options: &Options) -> Self {
        let mut world = Self {
            objects,
            sources: loaded.sources,
            errors: loaded.errors,
            findings: loaded.findings,
            resolution: Resolution::default(),
        };
        world.resolution = resolve(&world.objects, options);
        world.findings.append(&mut world.resolution.findings);
        world.findings.sort_by(|a, b| a.order().cmp(&b.order()));
        world.findings.dedup();
        world
    }

    /// Whether all of it was read and a cluster would take every object: what a reload asks for.
    pub(crate) fn sound(&self) -> bool {
        self.errors.is_empty()
            && !self.objects.is_empty()
            && !self.objects.iter().any(|object| object.refused)
    }

    /// An error, if nothing can be done with the input.
    pub(crate) fn usable(&self) -> Result<(), CliError> {
        match (self.objects.is_empty(), self.errors.is_empty()) {
            (false, _) => Ok(()),
            (true, true) => Err(CliError::Unusable("it holds no objects".to_owned())),
            (true, false) => Err(CliError::Unusable("it could not be read".to_owned())),
        }
    }

    pub(crate) fn router(&self, choices: &Choices) -> Result<Router, CliError> {
        Ok(Router::compile(Arc::new(self.resolution.model.clone()), &choices.router_options())?)
    }
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

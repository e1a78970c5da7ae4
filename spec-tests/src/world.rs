use std::sync::Arc;

use gateline::{CompileError, Router};
use gateline_api::resolve::{self, Options, Resolution};
use gateline_api::{Finding, Objects, parse, resolve as resolve_objects, validate};
use gateline_migrate::{Source, SourceOptions, beside};

use crate::file::{Assumed, File};
use crate::load::{LoadError, files};

/// What the objects of a file mean.
#[derive(Debug)]
pub struct World {
    /// The resolution.
    pub resolution: Resolution,
    /// Choices of the user.
    pub options: gateline::Options,
    /// Compiled from the resolution.
    pub router: Arc<Router>,
    /// Of reading, validation and resolution.
    pub findings: Vec<Finding>,
}

/// Why there is no world.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// There are no files.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The objects cannot be read.
    #[error("{name}: {problem}")]
    Read {
        /// The file of cases.
        name: String,
        /// What is wrong with them, with a place in the objects.
        problem: String,
    },
    /// The router cannot be compiled.
    #[error("{name}: {source}")]
    Compile {
        /// The file of cases.
        name: String,
        /// Why.
        source: CompileError,
    },
}

impl World {
    /// Reads, validates, resolves and compiles the objects of a file.
    pub fn new(file: &File) -> Result<Self, WorldError> {
        let mut loaded = parse::text(&file.name, &file.objects);
        if let Some(error) = loaded.errors.first() {
            return Err(WorldError::Read { name: file.name.clone(), problem: error.to_string() });
        }
        if !file.admitted {
            loaded.findings.append(&mut validate(&mut loaded.objects));
        }
        let mut resolution = resolved(file, &loaded.objects);
        let mut findings = loaded.findings;
        findings.append(&mut resolution.findings);
        let model = Arc::new(resolution.model.clone());
        let options = file.regex_rank.options();
        let router = Router::compile(model, &options)
            .map_err(|source| WorldError::Compile { name: file.name.clone(), source })?;
        Ok(Self { resolution, options, router: Arc::new(router), findings })
    }
}

/// All files, each with what its objects mean.
pub fn worlds() -> Result<Vec<(File, World)>, WorldError> {
    files()?.into_iter().map(|file| World::new(&file).map(|world| (file, world))).collect()
}

fn resolved(file: &File, objects: &Objects) -> Resolution {
    let options = options(file);
    if file.ingress.is_none() {
        return resolve_objects(objects, &options);
    }
    let mut chosen = SourceOptions::default();
    chosen.class.clone_from(&file.ingress);
    beside(objects, &options, &Source::ingress_nginx(objects, &chosen))
}

fn options(file: &File) -> Options {
    let assume = |assumed| match assumed {
        Assumed::Present => resolve::Assume::Present,
        Assumed::Missing => resolve::Assume::Missing,
    };
    let mut options = Options::default();
    options.services = assume(file.assume.services);
    options.secrets = assume(file.assume.secrets);
    options.namespaces = assume(file.assume.namespaces);
    options.gateways = resolve::Assume::Present;
    options
}

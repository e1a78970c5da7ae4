use std::sync::Arc;

use gateline::Router;
use gateline_api::parse::{Input, Limits, Loaded, ParseError, Sources};
use gateline_api::resolve::{Options, Resolution};
use gateline_api::{Finding, Objects, Target, analyse, parse, resolve, validate};

use super::config::CheckConfig;
use super::error::LoadError;
use super::ignores;

/// What was read, and what it means.
#[derive(Debug, Default)]
pub struct World {
    /// The objects.
    pub objects: Objects,
    /// The text of every file.
    pub sources: Sources,
    /// What could not be read at all.
    pub errors: Vec<ParseError>,
    /// Of reading, validation and resolution, by place; see [`World::analyse`] for more.
    pub findings: Vec<Finding>,
    /// What the objects mean. Its findings are in [`World::findings`].
    pub resolution: Resolution,
    /// What was taken for granted.
    pub options: Options,
}

impl World {
    /// Reads, validates and resolves. Never fails as a whole: see [`World::errors`].
    #[must_use]
    pub fn load(inputs: &[Input], options: &Options) -> Self {
        let mut loaded = parse::load(inputs, &Limits::default());
        loaded.findings.append(&mut validate(&mut loaded.objects));
        Self::of(std::mem::take(&mut loaded.objects), loaded, options)
    }

    /// Resolves objects, of which all or some were read from files. They are validated already.
    #[must_use]
    pub fn of(objects: Objects, loaded: Loaded, options: &Options) -> Self {
        let mut world = Self {
            objects,
            sources: loaded.sources,
            errors: loaded.errors,
            findings: loaded.findings,
            resolution: Resolution::default(),
            options: options.clone(),
        };
        world.resolution = resolve(&world.objects, options);
        world.findings.append(&mut world.resolution.findings);
        world.findings.sort_by(|a, b| a.order().cmp(&b.order()));
        world.findings.dedup();
        world
    }

    /// Adds the findings about all requests at once ([`gateline_api::analyse`]), on these implementations.
    pub fn analyse(&mut self, target: &Target) {
        self.findings = self.analysed(target);
    }

    fn analysed(&self, target: &Target) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        findings.append(&mut analyse(&self.resolution.model, target));
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        findings.dedup();
        findings
    }

    /// All findings as `check` reports them: those about all requests too, and without what comments and `[check]` ignore.
    #[must_use]
    pub fn judged(&self, target: &Target, check: &CheckConfig) -> Vec<Finding> {
        let mut findings = self.analysed(target);
        ignores::apply(&mut findings, &self.sources);
        check.apply(&mut findings);
        findings
    }

    /// Takes out the findings that comments of the manifests ignore (`# gateline: ignore[GL202] reason`), and says which
    /// comments ignore nothing.
    pub fn heed_comments(&mut self) {
        ignores::apply(&mut self.findings, &self.sources);
    }

    /// Whether all of it was read and a cluster would take every object: what a reload asks for.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.errors.is_empty()
            && !self.objects.is_empty()
            && !self.objects.iter().any(|object| object.refused)
    }

    /// An error, if nothing can be done with the input.
    pub fn usable(&self) -> Result<(), LoadError> {
        match (self.objects.is_empty(), self.errors.is_empty()) {
            (false, _) => Ok(()),
            (true, true) => Err(LoadError::Unusable("it holds no objects")),
            (true, false) => Err(LoadError::Unusable("it could not be read")),
        }
    }

    /// The router of all Gateways, as an implementation decides.
    pub fn router_on(&self, target: &Target) -> Result<Router, LoadError> {
        let model = target.profile.adapt(self.resolution.model.clone());
        Ok(Router::compile(Arc::new(model), &target.options())?)
    }

    /// The router of all Gateways.
    pub fn router(&self, options: &gateline::Options) -> Result<Router, LoadError> {
        Ok(Router::compile(Arc::new(self.resolution.model.clone()), options)?)
    }
}

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use gateline::Router;
use gateline::analysis::Comparing;
use gateline::model::Timestamp;
use gateline_api::parse::Input;
use gateline_api::{Finding, Target};

use crate::answer::{Answer, route};
use crate::diff::{Diff, diff_with};
use crate::load::{CheckConfig, Config, World};
use crate::located::Located;
use crate::request::Request;
use crate::run::{CaseReport, Coverage, Runner, TestVerdict};
use crate::settings::Settings;
use crate::suite::{Case, Invariant, Suite, SuiteError};
use crate::trace::{Trace, TraceOptions, Tracer};
use crate::witnesses::{RuleWitness, witnesses};

/// What a test of [`Manifests::expect`] is called where it stands in no file.
const UNNAMED: &str = "expectation";

/// Manifests that were read and can be asked, all in one: what Python and Node keep in their hands.
pub struct Manifests {
    world: World,
    router: Router,
    target: Target,
    check: CheckConfig,
    now: Option<Timestamp>,
    /// What was asked since [`Manifests::record`].
    asked: OnceLock<Mutex<Vec<Asked>>>,
}

/// What counts for the coverage.
enum Asked {
    Request(Request),
    Case(Box<Case>),
}

impl Manifests {
    /// Reads, resolves and compiles. All of the input must be readable; what a cluster would refuse takes no part, and
    /// [`Manifests::findings`] says so. `now` is in seconds since 1970.
    pub fn load(
        inputs: &[Input],
        config: Config,
        settings: &Settings,
        now: Option<i64>,
    ) -> Result<Self, Vec<Located>> {
        let world = World::load(inputs, &settings.resolve(&config, now));
        if !world.errors.is_empty() {
            return Err(world.errors.iter().map(Located::from).collect());
        }
        let target = settings.target(&config);
        let router = world.usable().and_then(|()| world.router_on(&target));
        let router = router.map_err(|error| vec![error.into()])?;
        let (check, now) = (config.check, now.map(Timestamp));
        Ok(Self { world, router, target, check, now, asked: OnceLock::new() })
    }

    /// [`Manifests::load`] of what a program has: paths, then texts by name; the path of a `gateline.toml`, or none for that of
    /// the working directory, which is looked at only if paths are given; [`Settings`] as JSON.
    pub fn open(
        paths: Vec<PathBuf>,
        texts: Vec<(String, String)>,
        config: Option<&Path>,
        settings: &str,
        now: Option<i64>,
    ) -> Result<Self, Vec<Located>> {
        let settings: Settings =
            serde_json::from_str(settings).map_err(|error| vec![Located::nowhere(error.to_string())])?;
        let config = match config {
            None if paths.is_empty() => Ok(Config::default()),
            named => Config::load(named),
        };
        let config = config.map_err(|error| vec![Located::from(error)])?;
        let text =
            |(name, text): (String, String)| Input::Text { name: name.into(), bytes: text.into_bytes() };
        let inputs: Vec<Input> =
            paths.into_iter().map(Input::Path).chain(texts.into_iter().map(text)).collect();
        Self::load(&inputs, config, &settings, now)
    }

    /// See [`route`].
    #[must_use]
    pub fn route(&self, request: &Request, random: u64) -> Answer {
        if let Some(mut asked) = self.asked() {
            asked.push(Asked::Request(request.clone()));
        }
        route(&self.router, request, random)
    }

    /// Where it goes, and why not elsewhere: what `gateline explain` tells unless it is asked for more.
    #[must_use]
    pub fn explain(&self, request: &Request, random: u64) -> Trace {
        let options = TraceOptions { random, now: self.now, ..TraceOptions::default() };
        Tracer::new(&self.world, &self.router).trace(request, &options)
    }

    /// See [`witnesses`].
    #[must_use]
    pub fn witnesses(&self) -> Vec<RuleWitness> {
        witnesses(&self.router)
    }

    /// All findings, as `gateline check` reports them: looks at all requests at once, see [`gateline::analysis`] for what it
    /// costs.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        self.world.judged(&self.target, &self.check)
    }

    /// Runs one test of a file, for every order in which routes may have been created and every share of the weights.
    #[must_use]
    pub fn run(&self, case: &Case) -> CaseReport {
        if let Some(mut asked) = self.asked() {
            asked.push(Asked::Case(Box::new(case.clone())));
        }
        self.runner().run(case)
    }

    /// Proves or refutes an invariant of a file.
    #[must_use]
    pub fn prove(&self, invariant: &Invariant) -> CaseReport {
        self.runner().prove(invariant)
    }

    /// Runs the test, or proves the invariant, at an index of [`Suite::titles`]; `None` if there is none.
    #[must_use]
    pub fn run_at(&self, suite: &Suite, index: usize) -> Option<CaseReport> {
        match suite.cases.get(index) {
            Some(case) => Some(self.run(case)),
            None => suite.invariants.get(index - suite.cases.len()).map(|invariant| self.prove(invariant)),
        }
    }

    /// Runs a test that is not in a file: `test` is what would stand under `tests:`, as JSON. One report for each combination of
    /// its matrix.
    pub fn expect(&self, test: &str) -> Result<Vec<CaseReport>, Vec<Located>> {
        let document = format!("{{\"version\": 1, \"tests\": [{test}]}}");
        let (suite, mut errors) = Suite::parse(UNNAMED, &document);
        let mut reports = Vec::new();
        if errors.is_empty() {
            reports.extend(suite.cases.iter().map(|case| self.run(case)));
        }
        for report in &reports {
            if let TestVerdict::Invalid { errors: invalid } = &report.verdict {
                errors.extend_from_slice(invalid);
            }
        }
        if errors.is_empty() {
            return Ok(reports);
        }
        let nowhere = |error: SuiteError| Located { place: None, ..error.into() };
        Err(errors.into_iter().map(nowhere).collect())
    }

    /// Remembers from now on what is asked, for [`Manifests::coverage`].
    pub fn record(&self) {
        self.asked.get_or_init(Mutex::default);
    }

    /// What all that was asked since [`Manifests::record`] went through. O(asked × a decision + rules × a decision).
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut runner = self.runner();
        for asked in self.asked().iter().flat_map(|asked| asked.iter()) {
            match asked {
                Asked::Request(request) => runner.count(request),
                Asked::Case(case) => drop(runner.run(case)),
            }
        }
        runner.finish()
    }

    /// Which requests have another effect on other manifests.
    #[must_use]
    pub fn diff(&self, after: &Self) -> Diff {
        let beside = [self.world.resolution.beside(), after.world.resolution.beside()];
        diff_with(&self.router, &after.router, &Comparing { beside, ..Comparing::default() })
    }

    /// How many objects, listeners and routes there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let model = self.router.model();
        (self.world.objects.len(), model.listeners.len(), model.routes.len())
    }

    fn runner(&self) -> Runner<'_> {
        Runner::new(&self.world, &self.router, self.now)
    }

    fn asked(&self) -> Option<MutexGuard<'_, Vec<Asked>>> {
        Some(self.asked.get()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Manifests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (objects, listeners, routes) = self.counts();
        write!(f, "<Manifests: {objects} objects, {listeners} listeners, {routes} routes>")
    }
}

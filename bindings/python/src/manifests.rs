use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use gateline_testing::{self as testing, Request, json};
use pyo3::prelude::*;

use crate::answer::Answer;
use crate::error;
use crate::suite::Suite;

/// Names and values of header fields.
type Fields = Vec<(String, String)>;

/// Manifests that were read, and their router.
#[pyclass(frozen, module = "gateline._native")]
pub(crate) struct Manifests(pub(crate) testing::Manifests);

#[pymethods]
impl Manifests {
    /// Reads paths, then texts with their names. `settings` is JSON; `config` is the path of a gateline.toml, or none for that of
    /// the working directory, and only then if `paths` are given.
    #[new]
    fn new(
        py: Python<'_>,
        paths: Vec<PathBuf>,
        texts: Vec<(String, String)>,
        config: Option<PathBuf>,
        settings: &str,
    ) -> PyResult<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let now = now.and_then(|now| i64::try_from(now.as_secs()).ok());
        let loaded = py.detach(|| testing::Manifests::open(paths, texts, config.as_deref(), settings, now));
        loaded.map(Self).map_err(|errors| error::load(py, &errors))
    }

    /// What becomes of a request.
    #[pyo3(signature = (text, headers, gateway, random, /))]
    fn route(
        &self,
        py: Python<'_>,
        text: &str,
        headers: Option<Fields>,
        gateway: Option<&str>,
        random: u64,
    ) -> PyResult<Answer> {
        let answer = py.detach(|| {
            let request = Request::read(text, &headers.unwrap_or_default(), gateway)?;
            Ok(self.0.route(&request, random))
        });
        answer.map(Answer).map_err(|error| error::request(py, error))
    }

    /// Why, as JSON and as text.
    #[pyo3(signature = (text, headers, gateway, random, /))]
    fn explain(
        &self,
        py: Python<'_>,
        text: &str,
        headers: Option<Fields>,
        gateway: Option<&str>,
        random: u64,
    ) -> PyResult<(String, String)> {
        let explained = py.detach(|| {
            let request = Request::read(text, &headers.unwrap_or_default(), gateway)?;
            let trace = self.0.explain(&request, random);
            Ok((json(&trace), gateline_cli::trace_text(&trace)))
        });
        explained.map_err(|error| error::request(py, error))
    }

    /// A request for each rule, as JSON.
    fn witnesses(&self, py: Python<'_>) -> String {
        py.detach(|| json(&self.0.witnesses()))
    }

    /// All findings, as JSON.
    fn findings(&self, py: Python<'_>) -> String {
        py.detach(|| json(&self.0.findings()))
    }

    /// A test that is in no file, as JSON; what came of it, as JSON and as text.
    fn expect(&self, py: Python<'_>, test: &str) -> PyResult<(String, String)> {
        let reports = py.detach(|| self.0.expect(test));
        let reports = reports.map_err(|errors| error::suite(py, &errors))?;
        let failed = reports.iter().filter(|report| !report.passed());
        let details: Vec<String> = failed.flat_map(testing::report::details).collect();
        Ok((json(&reports), details.join("\n")))
    }

    /// One test of a file; what came of it, as JSON and as text.
    fn run(&self, py: Python<'_>, suite: &Suite, index: usize) -> PyResult<(String, String)> {
        let report = py.detach(|| suite.run(&self.0, index));
        let report = report.map_err(|error| error::suite(py, &[error]))?;
        Ok((json(&report), testing::report::details(&report).join("\n")))
    }

    /// Remembers from now on what is asked.
    fn record(&self) {
        self.0.record();
    }

    /// Which requests have another effect on others, as JSON.
    fn diff(&self, py: Python<'_>, after: &Self) -> String {
        py.detach(|| json(&self.0.diff(&after.0)))
    }

    /// How many objects, listeners and routes there are.
    #[getter]
    fn counts(&self) -> (usize, usize, usize) {
        self.0.counts()
    }

    /// Nanoseconds of a call of `route` without Python, on average over `calls`: what bench.py compares with.
    fn benchmark(&self, py: Python<'_>, text: &str, headers: Fields, calls: u32) -> PyResult<f64> {
        let time = py.detach(|| {
            let start = Instant::now();
            for _ in 0..calls {
                let request = Request::read(black_box(text), &headers, None)?;
                black_box(self.0.route(&request, 0));
            }
            Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls.max(1)))
        });
        time.map_err(|error| error::request(py, error))
    }
}

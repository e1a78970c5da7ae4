use std::path::{Path, PathBuf};

use gateline_testing::{self as testing, CaseReport, Located, Manifests};
use pyo3::prelude::*;

use crate::error;

/// A file of tests.
#[pyclass(frozen, module = "gateline._native")]
pub(crate) struct Suite(testing::Suite);

#[pymethods]
impl Suite {
    /// Reads a file. All of it must be usable.
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let (suite, errors) = py.detach(|| testing::Suite::read(&path));
        if errors.is_empty() {
            return Ok(Self(suite));
        }
        let errors: Vec<_> = errors.into_iter().map(Located::from).collect();
        Err(error::suite(py, &errors))
    }

    /// What its tests are run on.
    #[getter]
    fn manifests(&self) -> Vec<PathBuf> {
        testing::manifests_of(Path::new(&self.0.file), &self.0)
    }

    /// Names and lines of the tests, then of the invariants.
    #[getter]
    fn tests(&self) -> Vec<(String, u32)> {
        self.0.titles().collect()
    }
}

impl Suite {
    /// Runs the test, or proves the invariant, at an index of `tests`.
    pub(crate) fn run(&self, manifests: &Manifests, index: usize) -> Result<CaseReport, Located> {
        let report = manifests.run_at(&self.0, index);
        report.ok_or_else(|| Located::nowhere(format!("there is no test {index}")))
    }
}

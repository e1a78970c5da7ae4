use std::path::Path;

use gateline_testing::{self as testing, CaseReport, Located, Manifests};
use napi::Result;
use napi_derive::napi;

use crate::error;

/// A file of tests.
#[napi]
pub struct Suite(testing::Suite);

/// Where a test is.
#[napi(object)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// From 1.
    pub line: u32,
}

#[napi]
impl Suite {
    /// Reads a file. All of it must be usable.
    #[napi(constructor, catch_unwind)]
    pub fn new(path: String) -> Result<Self> {
        let (suite, errors) = testing::Suite::read(Path::new(&path));
        if errors.is_empty() {
            return Ok(Self(suite));
        }
        Err(error::suite(errors.into_iter().map(Located::from).collect()))
    }

    /// What its tests are run on.
    #[napi(getter, catch_unwind)]
    pub fn manifests(&self) -> Vec<String> {
        let paths = testing::manifests_of(Path::new(&self.0.file), &self.0);
        paths.iter().map(|path| path.display().to_string()).collect()
    }

    /// Its tests, then its invariants.
    #[napi(getter, catch_unwind)]
    pub fn tests(&self) -> Vec<Test> {
        self.0.titles().map(|(name, line)| Test { name, line }).collect()
    }
}

impl Suite {
    /// Runs the test, or proves the invariant, at an index of `tests`.
    pub(crate) fn run(
        &self,
        manifests: &Manifests,
        index: usize,
    ) -> std::result::Result<CaseReport, Located> {
        let report = manifests.run_at(&self.0, index);
        report.ok_or_else(|| Located::nowhere(format!("there is no test {index}")))
    }
}

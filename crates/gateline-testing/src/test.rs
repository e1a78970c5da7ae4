//! All the tests of some folders, on the manifests they name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use gateline::model::{Place, Timestamp};
use gateline::{Profile, Router};
use gateline_api::parse::Input;
use gateline_api::resolve::Options;
use serde::Serialize;

use crate::load::{LoadError, World};
use crate::run::{CaseReport, Coverage, Runner, TestVerdict};
use crate::suite::{Suite, SuiteError};

/// How tests are run.
#[derive(Clone, Debug, Default)]
pub struct TestOptions {
    /// Of the resolution of manifests.
    pub resolve: Options,
    /// Of the router.
    pub router: gateline::Options,
    /// Run every test as each of these implementations would decide, in place of `router`.
    pub profiles: Vec<Profile>,
    /// Only tests whose name has this in it.
    pub filter: Option<String>,
    /// Only one part of those, so that several machines share the work.
    pub shard: Option<Shard>,
}

/// One of several parts of all tests: every n-th test, in the order of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

/// What is no [`Shard`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no part of all tests: write 1/3, 2/3 or 3/3 for thirds")]
pub struct ShardError(String);

impl FromStr for Shard {
    type Err = ShardError;

    /// `1/3` to `3/3`.
    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text
            .split_once('/')
            .and_then(|(index, count)| Some(Self { index: index.parse().ok()?, count: count.parse().ok()? }));
        let valid = parts.filter(|shard| (1..=shard.count).contains(&shard.index));
        valid.ok_or_else(|| ShardError(text.to_owned()))
    }
}

impl TestOptions {
    /// Whether a test is to be run; `number` counts those whose names are wanted.
    fn wants(&self, name: &str, number: &mut usize) -> bool {
        let named = self.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()));
        let ours = self.shard.is_none_or(|shard| *number % shard.count == shard.index - 1);
        *number += usize::from(named);
        named && ours
    }
}

/// What came of all tests. Serialised, it is the JSON of `gateline test --format json`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TestReport {
    /// In order of name.
    pub files: Vec<FileReport>,
    /// Of each set of manifests.
    pub coverage: Vec<Coverage>,
    /// Manifests that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// The paths of the manifests, as they were read.
    pub manifests: Vec<PathBuf>,
}

/// What came of one file.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// As the user named it.
    pub file: String,
    /// What of it could not be read.
    pub errors: Vec<SuiteError>,
    /// Its tests, in order.
    pub tests: Vec<CaseReport>,
}

/// A manifest that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unreadable {
    /// Where.
    pub place: Place,
    /// Why.
    pub message: String,
}

impl TestReport {
    /// Passed, failed, and those that could not be run, files that could not be read among them.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let tests = || self.files.iter().flat_map(|file| &file.tests);
        let passed = tests().filter(|test| test.passed()).count();
        let failed = tests().filter(|test| matches!(test.verdict, TestVerdict::Failed(_))).count();
        let errors: usize = self.files.iter().map(|file| file.errors.len()).sum();
        let invalid = tests().filter(|test| matches!(test.verdict, TestVerdict::Invalid { .. })).count();
        (passed, failed, invalid + errors + self.unreadable.len())
    }

    /// Invariants that could neither be proved nor refuted.
    #[must_use]
    pub fn unknown(&self) -> usize {
        let tests = self.files.iter().flat_map(|file| &file.tests);
        tests.filter(|test| matches!(test.verdict, TestVerdict::Unknown { .. })).count()
    }
}

/// The test files of paths: `*.routetest.yaml` (or `.yml`) in folders and below, in order of name, hidden ones skipped;
/// any other file is taken at its word.
pub fn test_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, (PathBuf, std::io::Error)> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut folders = vec![path.clone()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder).map_err(|error| (folder.clone(), error))?;
            for entry in entries.filter_map(Result::ok) {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if name.starts_with('.') {
                } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(entry.path());
                } else if name.ends_with(".routetest.yaml") || name.ends_with(".routetest.yml") {
                    found.push(clean(&entry.path()));
                }
            }
        }
        found.sort();
        files.append(&mut found);
    }
    files.dedup();
    Ok(files)
}

/// The manifests that test files name, each once: what else to watch for changes.
#[must_use]
pub fn test_manifests(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut named: Vec<PathBuf> =
        files.iter().flat_map(|file| manifests_of(file, &Suite::read(file).0)).collect();
    named.sort();
    named.dedup();
    named
}

/// Runs the tests of files. Manifests that several files name are read once. `now` is the time certificates are held
/// against.
#[must_use]
pub fn test(files: &[PathBuf], options: &TestOptions, now: Option<Timestamp>) -> TestReport {
    let mut report = TestReport::default();
    let mut by_manifests: BTreeMap<Vec<PathBuf>, Vec<usize>> = BTreeMap::new();
    let mut suites = Vec::new();
    let mut number = 0;
    for file in files {
        let (mut suite, errors) = Suite::read(file);
        let manifests = manifests_of(file, &suite);
        suite.cases.retain(|case| options.wants(&case.name, &mut number));
        suite.invariants.retain(|invariant| options.wants(&invariant.name, &mut number));
        report.files.push(FileReport { file: suite.file.clone(), errors, tests: Vec::new() });
        by_manifests.entry(manifests).or_default().push(suites.len());
        suites.push(suite);
    }
    for (paths, indexes) in by_manifests {
        let of = indexes.iter().filter_map(|index| suites.get(*index));
        let (mut tests, coverage) = run(&paths, of, options, now, &mut report.unreadable);
        for index in indexes.into_iter().rev() {
            if let (Some(file), Some(tests)) = (report.files.get_mut(index), tests.pop()) {
                file.tests = tests;
            }
        }
        report.coverage.extend(coverage);
        report.manifests.extend(paths);
    }
    report.manifests.sort();
    report.manifests.dedup();
    report.unreadable.sort();
    report.unreadable.dedup();
    report
}

/// The manifests of a file of tests: relative to its folder, which is what is read if it names none.
#[must_use]
pub fn manifests_of(file: &Path, suite: &Suite) -> Vec<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new(""));
    if suite.manifests.is_empty() {
        return vec![clean(&folder.join("."))];
    }
    suite.manifests.iter().map(|path| clean(&folder.join(path))).collect()
}

/// Without `.` and without `folder/..`: as a person would write it.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(cleaned.components().next_back(), Some(Component::Normal(_))) =>
            {
                cleaned.pop();
            }
            part => cleaned.push(part),
        }
    }
    if cleaned.as_os_str().is_empty() { PathBuf::from(".") } else { cleaned }
}

type Ran = (Vec<Vec<CaseReport>>, Option<Coverage>);

/// The tests of suites that have the same manifests.
fn run<'s>(
    paths: &[PathBuf],
    suites: impl Iterator<Item = &'s Suite>,
    options: &TestOptions,
    now: Option<Timestamp>,
    unreadable: &mut Vec<Unreadable>,
) -> Ran {
    let inputs: Vec<Input> = paths.iter().cloned().map(Input::Path).collect();
    let world = World::load(&inputs, &options.resolve);
    let errors = world.errors.iter();
    unreadable.extend(
        errors.map(|error| Unreadable { place: error.place.clone(), message: error.problem.to_string() }),
    );
    let fail = |error: &dyn std::fmt::Display| {
        let file = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        Unreadable { place: Place { file: file.into(), line: 1, column: 1 }, message: error.to_string() }
    };
    let suites: Vec<&Suite> = suites.collect();
    let mut tests: Vec<Vec<CaseReport>> = suites.iter().map(|_| Vec::new()).collect();
    let mut coverage = None;
    let profiles = options.profiles.iter().copied().map(Some);
    let profiles: Vec<Option<Profile>> =
        if options.profiles.is_empty() { vec![None] } else { profiles.collect() };
    for profile in profiles {
        let router = match world.usable().and_then(|()| router(&world, options, profile)) {
            Ok(router) => router,
            Err(error) => {
                unreadable.push(fail(&error));
                continue;
            }
        };
        let mut runner = Runner::new(&world, &router, now);
        for (suite, tests) in suites.iter().zip(&mut tests) {
            let cases = suite.cases.iter().map(|case| runner.run(case));
            let mut reports: Vec<CaseReport> = cases.collect();
            reports.extend(suite.invariants.iter().map(|invariant| runner.prove(invariant)));
            let profile = profile.map(|profile| profile.to_string());
            tests.extend(reports.into_iter().map(|report| CaseReport { profile: profile.clone(), ..report }));
        }
        // What the tests go through under the first profile.
        coverage.get_or_insert_with(|| runner.finish());
    }
    (tests, coverage)
}

fn router(world: &World, options: &TestOptions, profile: Option<Profile>) -> Result<Router, LoadError> {
    let Some(profile) = profile else { return world.router(&options.router) };
    let model = profile.adapt(world.resolution.model.clone());
    Ok(Router::compile(Arc::new(model), &profile.options())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_disjoint_and_complete() {
        for text in ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        let names = ["a", "b", "other", "a", "c", "a b", "b"];
        let mut seen = vec![0; names.len()];
        for index in 1..=3 {
            let shard = Some(format!("{index}/3").parse().unwrap());
            let options = TestOptions { filter: None, shard, ..TestOptions::default() };
            let mut number = 0;
            let wanted: Vec<bool> = names.iter().map(|name| options.wants(name, &mut number)).collect();
            assert!((2..=3).contains(&wanted.iter().filter(|wanted| **wanted).count()));
            seen.iter_mut().zip(wanted).for_each(|(seen, wanted)| *seen += usize::from(wanted));
        }
        assert_eq!(seen, [1; 7]);
    }
}

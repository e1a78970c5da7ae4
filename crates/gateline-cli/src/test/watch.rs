//! `test --watch`: the tests again whenever a file of theirs changes.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use gateline_testing::{TestOptions, test_files, test_manifests};

use super::{Args, run_once};
use crate::Verdict;
use crate::error::CliError;
use crate::output::Output;
use crate::serve::{Event, Events, fingerprint};

/// Until it is stopped. What cannot be used is reported, and waited for to be put right.
pub(super) fn watch(args: &Args, options: &TestOptions, output: &mut Output) -> Result<Verdict, CliError> {
    let mut watched = watched(args);
    let mut events = start(args, &watched)?;
    loop {
        if let Err(error) = run_once(args, options, output) {
            output.error_line(&format!("error: {error}"));
        }
        output.line("waiting for changes");
        output.flush();
        match events.next() {
            None | Some(Event::Stop) => return Ok(Verdict::Clean),
            Some(Event::Reload) => {}
        }
        // A test file may name other manifests now.
        let now = self::watched(args);
        if now != watched {
            events = start(args, &now)?;
            watched = now;
        }
    }
}

/// The manifests of all tests.
fn watched(args: &Args) -> Vec<PathBuf> {
    test_manifests(&test_files(&args.paths).unwrap_or_default())
}

fn start(args: &Args, manifests: &[PathBuf]) -> Result<Events, CliError> {
    let paths: Vec<PathBuf> = args.paths.iter().chain(manifests).cloned().collect();
    let (tests, manifests) = (args.paths.clone(), manifests.to_vec());
    Events::watching(&paths, move || {
        let mut hasher = DefaultHasher::new();
        for file in test_files(&tests).unwrap_or_default() {
            (&file, fs::read(&file).ok()).hash(&mut hasher);
        }
        fingerprint(&manifests).hash(&mut hasher);
        hasher.finish()
    })
}

//! Every file of `regressions/` through the function that its fuzz target calls.

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn replay(target: &str) {
    let (_, run) = gateline_fuzz::TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    let files = files(&format!("regressions/{target}"));
    assert!(files.len() >= 5, "{target}: only {} files", files.len());
    for file in files {
        // Shown if it fails.
        println!("{}", file.display());
        run(&fs::read(&file).unwrap());
    }
}

#[test]
fn access_log() {
    replay("access_log");
}

#[test]
fn authority() {
    replay("authority");
}

#[test]
fn decide() {
    replay("decide");
}

#[test]
fn parse_resolve() {
    replay("parse_resolve");
}

#[test]
fn redirect_location() {
    replay("redirect_location");
}

#[test]
fn every_target_and_no_other_is_replayed() {
    let names =
        |folder| files(folder).into_iter().map(|path| path.file_stem().unwrap().display().to_string());
    let targets = gateline_fuzz::TARGETS.map(|(name, _)| name);
    assert_eq!(names("fuzz_targets").collect::<Vec<_>>(), targets);
    assert_eq!(names("regressions").collect::<Vec<_>>(), targets);
}

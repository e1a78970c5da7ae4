use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateline::model::Place;

use super::error::{ParseError, Problem};
use super::limits::Limits;
use super::source::{Source, Sources};

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, a folder (with all folders below it: `*.yaml`, `*.yml`, `*.json`, in order of name; hidden ones and
    /// `*.routetest.yaml` skipped), or a glob pattern.
    Path(PathBuf),
    /// Bytes that the caller has: standard input (`-`), an editor's buffer.
    Text {
        /// What places call it.
        name: Arc<str>,
        /// UTF-8, with or without a byte-order mark.
        bytes: Vec<u8>,
    },
}

/// Reads all inputs within the limits. A file that is named twice is read once.
pub(super) fn read(inputs: &[Input], limits: &Limits, sources: &mut Sources, errors: &mut Vec<ParseError>) {
    let mut reader = Reader { limits, total: 0, sources, errors };
    for input in inputs {
        match input {
            Input::Text { name, bytes } => reader.bytes(name, bytes.clone()),
            Input::Path(path) => reader.path(path),
        }
    }
}

struct Reader<'a> {
    limits: &'a Limits,
    total: u64,
    sources: &'a mut Sources,
    errors: &'a mut Vec<ParseError>,
}

impl Reader<'_> {
    fn path(&mut self, path: &Path) {
        if path.is_dir() {
            self.folder(path);
        } else if path.exists() {
            self.file(path);
        } else if path.to_string_lossy().contains(['*', '?', '[']) {
            self.pattern(path);
        } else {
            self.file(path); // for the words of the operating system
        }
    }

    fn pattern(&mut self, pattern: &Path) {
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
        let paths = glob::glob_with(&pattern.to_string_lossy(), options);
        let mut paths: Vec<PathBuf> = paths.into_iter().flatten().filter_map(Result::ok).collect();
        paths.sort();
        if paths.is_empty() {
            self.fail(pattern, Problem::NoMatch);
        }
        for path in paths {
            if path.is_dir() {
                self.folder(&path);
            } else if !is_test(&path) {
                self.file(&path);
            }
        }
    }

    /// Links to folders are not followed, so that a walk always ends; links to files are (mounted ConfigMaps are links).
    fn folder(&mut self, folder: &Path) {
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.fail(&folder, Problem::Read(error.to_string()));
                    continue;
                }
            };
            for entry in entries.filter_map(Result::ok) {
                let path = entry.path();
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if is_manifest(&path) && path.is_file() {
                    files.push(path);
                }
            }
        }
        files.sort();
        for file in files {
            self.file(&file);
        }
    }

    fn file(&mut self, path: &Path) {
        let name: Arc<str> = path.to_string_lossy().into();
        if self.sources.get(&name).is_some() {
            return;
        }
        match self.contents(path) {
            Ok(bytes) => self.bytes(&name, bytes),
            Err(problem) => self.fail(path, problem),
        }
    }

    /// The size is looked at first; a pipe has none, so that reading stops at the limit as well.
    fn contents(&self, path: &Path) -> Result<Vec<u8>, Problem> {
        let failed = |error: std::io::Error| Problem::Read(error.to_string());
        let file = File::open(path).map_err(failed)?;
        self.fits(file.metadata().map_err(failed)?.len())?;
        let mut bytes = Vec::new();
        file.take(self.limits.file_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    fn fits(&self, size: u64) -> Result<(), Problem> {
        let total = self.total.saturating_add(size);
        if size > self.limits.file_bytes {
            Err(Problem::TooLarge { size, limit: self.limits.file_bytes })
        } else if total > self.limits.total_bytes {
            Err(Problem::TooLarge { size: total, limit: self.limits.total_bytes })
        } else {
            Ok(())
        }
    }

    fn bytes(&mut self, name: &Arc<str>, mut bytes: Vec<u8>) {
        let size = bytes.len() as u64;
        if let Err(problem) = self.fits(size) {
            return self.fail(Path::new(&**name), problem);
        }
        self.total += size;
        if bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.drain(..3);
        }
        match String::from_utf8(bytes) {
            Ok(text) => self.sources.push(Source::new(name.clone(), text)),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let text =
                    String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
                let place = Source::new(name.clone(), text).place(valid);
                self.errors.push(ParseError { place, problem: Problem::NotUtf8 });
            }
        }
    }

    fn fail(&mut self, path: &Path, problem: Problem) {
        let place = Place { file: path.to_string_lossy().into(), line: 1, column: 1 };
        self.errors.push(ParseError { place, problem });
    }
}

/// Whether a file that lies in a folder is read as a manifest: `*.yaml`, `*.yml` and `*.json`, but neither the settings of
/// kustomize nor route tests, which lie among manifests.
#[must_use]
pub fn is_manifest(path: &Path) -> bool {
    let kustomize = path.file_stem().is_some_and(|stem| stem == "kustomization");
    !kustomize
        && !is_test(path)
        && path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|e| matches!(e, "yaml" | "yml" | "json"))
}

/// `*.routetest.yaml`.
fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.is_some_and(|stem| stem.ends_with(".routetest"))
}

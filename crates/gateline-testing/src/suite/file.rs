use std::fs;
use std::path::Path;

use gateline::model::Place;

use super::case::{self, Case};
use super::error::SuiteError;
use super::invariant::{self, Invariant};
use super::name::Named;
use super::node::{Node, documents};

const KEYS: [&str; 5] = ["version", "manifests", "defaults", "tests", "invariants"];
const DEFAULT_KEYS: [&str; 1] = ["gateway"];

/// A file of tests.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// As the user named it.
    pub file: String,
    /// Paths as written, relative to the file; empty for the folder of the file.
    pub manifests: Vec<String>,
    /// In the order written.
    pub cases: Vec<Case>,
    /// In the order written.
    pub invariants: Vec<Invariant>,
}

impl Suite {
    /// Reads a file of tests, and all that is wrong with it. The tests that could be read are there whatever is wrong with
    /// others.
    #[must_use]
    pub fn parse(file: &str, text: &str) -> (Self, Vec<SuiteError>) {
        let mut suite = Self { file: file.to_owned(), ..Self::default() };
        let mut is_empty = true;
        let mut errors = documents(file, text, |root| {
            is_empty = false;
            suite.read_document(root);
        });
        if is_empty && errors.is_empty() {
            let place = Place { file: file.into(), line: 1, column: 1 };
            errors.push(SuiteError { place, message: "the file holds no tests".into(), help: None });
        }
        errors.sort();
        errors.dedup();
        (suite, errors)
    }

    /// Reads a file of tests from the disk; see [`Suite::parse`].
    #[must_use]
    pub fn read(path: &Path) -> (Self, Vec<SuiteError>) {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&file, &text),
            Err(error) => {
                let place = Place { file: file.as_str().into(), line: 1, column: 1 };
                let error = SuiteError { place, message: format!("cannot read: {error}"), help: None };
                (Self { file, ..Self::default() }, vec![error])
            }
        }
    }

    /// Names and lines of its tests, then of its invariants.
    pub fn titles(&self) -> impl Iterator<Item = (String, u32)> {
        let cases = self.cases.iter().map(|case| (case.name.clone(), case.place.line));
        let title = |invariant: &Invariant| (format!("invariant {}", invariant.name), invariant.place.line);
        cases.chain(self.invariants.iter().map(title))
    }

    fn read_document(&mut self, root: &Node<'_>) {
        if !root.mapping("a file of tests", &KEYS) {
            return;
        }
        root.version("a file of tests");
        if let Some(node) = root.get("manifests") {
            self.manifests.append(&mut node.texts("manifests"));
        }
        let gateway = root.get("defaults").and_then(|node| {
            node.mapping("defaults", &DEFAULT_KEYS);
            let node = node.get("gateway")?;
            Some(Named::parse(&node.text("gateway")?, node.place()))
        });
        let tests = root.get("tests").map(|node| node.list("tests")).unwrap_or_default();
        for test in &tests {
            case::read(test, gateway.as_ref(), &mut self.cases);
        }
        let invariants = root.get("invariants").map(|node| node.list("invariants")).unwrap_or_default();
        self.invariants.extend(invariants.iter().filter_map(|node| invariant::read(node, gateway.as_ref())));
        if tests.is_empty() && root.get("invariants").is_none() {
            root.error("the file holds no tests");
        }
    }
}

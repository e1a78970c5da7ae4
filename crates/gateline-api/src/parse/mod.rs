//! Reading manifests: files, folders, globs and streams of YAML or JSON to [`Objects`], every value with its place.
//!
//! ```text
//! Input --input--> Source --documents, build--> Tree + Value --document--> Object --convert--> Objects
//! ```
//!
//! A document that cannot be read becomes a [`ParseError`] and hides no other one. Scalars are read as the API server
//! reads them, which is YAML 1.1 (`yes` is true, `0777` is 511); findings say where that surprises.

mod build;
mod convert;
mod document;
mod documents;
mod error;
mod input;
pub(crate) mod kinds;
mod limits;
mod scalar;
mod source;
mod tree;
mod yaml;

pub(crate) use convert::modernise;
pub use error::{ParseError, Problem};
pub use input::{Input, is_manifest};
pub use limits::Limits;
pub use source::{Source, Sources};
pub use yaml::{Yaml, yaml};

use crate::finding::Finding;
use crate::object::Objects;
use document::Collector;

/// All that was read.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// The objects. Of two with one identity the last in the order of the input stands, as with `kubectl apply`.
    pub objects: Objects,
    /// What a user should know about the objects read: removed versions, duplicates, surprising scalars.
    pub findings: Vec<Finding>,
    /// What could not be read at all, in the order of the input.
    pub errors: Vec<ParseError>,
    /// The text of every file that was read, for messages.
    pub sources: Sources,
}

/// Reads inputs in order. The only function of this crate that touches the file system; never fails as a whole.
/// Time and memory are linear in the size of the input and bounded by `limits`.
#[must_use]
pub fn load(inputs: &[Input], limits: &Limits) -> Loaded {
    let mut loaded = Loaded::default();
    input::read(inputs, limits, &mut loaded.sources, &mut loaded.errors);
    let mut collector = Collector::new(limits, &mut loaded.objects, &mut loaded.findings, &mut loaded.errors);
    for source in loaded.sources.iter() {
        collector.source(source);
    }
    loaded
}

/// Reads one text under a name. Nothing but the text is looked at: the entry point for tests, fuzzing and editors.
#[must_use]
pub fn text(name: &str, text: &str) -> Loaded {
    load(&[Input::Text { name: name.into(), bytes: text.as_bytes().to_vec() }], &Limits::default())
}

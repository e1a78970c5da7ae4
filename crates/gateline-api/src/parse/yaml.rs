use std::sync::Arc;

use serde_json::Value;

use super::documents::Documents;
use super::error::ParseError;
use super::limits::Limits;
use super::source::Source;
use super::tree::{Located, Mark};
use crate::object::Places;

/// One document that is no Kubernetes object, with the place of every value.
#[derive(Clone, Debug)]
pub struct Yaml {
    /// The value.
    pub value: Value,
    /// Where its parts stand.
    pub places: Arc<dyn Places>,
}

/// Reads the documents of a text that holds no manifests: settings, tests. Scalars are read as in manifests. Empty
/// documents are left out. Time and memory are linear in the text and bounded by `limits`.
pub fn yaml(name: &str, text: &str, limits: &Limits) -> Result<Vec<Yaml>, ParseError> {
    let source = Source::new(name.into(), text.to_owned());
    let mut left = limits.nodes;
    let mut documents = Vec::new();
    for document in Documents::new(&source, &source.text, Mark::START, limits, &mut left) {
        let document = document?;
        if !document.value.is_null() {
            let places = Arc::new(Located { tree: Arc::new(document.tree), root: document.root });
            documents.push(Yaml { value: document.value, places });
        }
    }
    Ok(documents)
}

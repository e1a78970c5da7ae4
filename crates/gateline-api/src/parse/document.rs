use std::sync::Arc;

use serde_json::Value;

use super::build::{Document, Surprise};
use super::convert;
use super::documents::Documents;
use super::error::{ParseError, Problem};
use super::kinds;
use super::limits::Limits;
use super::source::Source;
use super::tree::{Located, Mark, NodeId, Shape, Tree};
use crate::finding::{Finding, codes};
use crate::object::{Object, Objects, Places};

/// Gathers the objects of all documents.
pub(super) struct Collector<'a> {
    limits: &'a Limits,
    left: usize,
    objects: &'a mut Objects,
    findings: &'a mut Vec<Finding>,
    errors: &'a mut Vec<ParseError>,
}

/// A value within a document that should be an object or a list of them.
struct Item {
    tree: Arc<Tree>,
    root: NodeId,
    value: Value,
    surprises: Vec<Surprise>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        limits: &'a Limits,
        objects: &'a mut Objects,
        findings: &'a mut Vec<Finding>,
        errors: &'a mut Vec<ParseError>,
    ) -> Self {
        Self { limits, left: limits.nodes, objects, findings, errors }
    }

    pub(super) fn source(&mut self, source: &Source) {
        for (text, base) in texts(source) {
            let (limits, mut left) = (self.limits, self.left);
            for document in Documents::new(source, text, base, limits, &mut left) {
                match document {
                    Ok(document) => self.document(document),
                    Err(error) => self.errors.push(error),
                }
            }
            self.left = left;
        }
    }

    fn document(&mut self, document: Document) {
        let Document { tree, root, value, surprises } = document;
        if !value.is_null() {
            self.item(Item { tree: Arc::new(tree), root, value, surprises });
        }
    }

    /// An object, or a list of any kind. The depth of lists in lists is bounded by that of documents.
    fn item(&mut self, item: Item) {
        let is_list = item.value["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
        match item.value.get("items") {
            Some(Value::Array(_)) if is_list => self.list(item),
            Some(Value::Null) if is_list => {}
            _ => self.object(item),
        }
    }

    fn list(&mut self, list: Item) {
        let Item { tree, root, mut value, mut surprises } = list;
        let Some(Shape::Sequence(roots)) = tree.child_of(root, "items").and_then(|items| tree.shape(items))
        else {
            return;
        };
        let roots = roots.clone();
        let (version, kind) = (value["apiVersion"].take(), value["kind"].take());
        let kind = kind.as_str().and_then(|kind| kind.strip_suffix("List")).filter(|kind| !kind.is_empty());
        let Value::Array(values) = value["items"].take() else { return };
        for (index, (root, mut value)) in roots.into_iter().zip(values).enumerate() {
            if let (Some(kind), Value::Object(fields)) = (kind, &mut value) {
                fields.entry("apiVersion").or_insert_with(|| version.clone());
                fields.entry("kind").or_insert_with(|| kind.into());
            }
            let prefix = format!("items[{index}].");
            let mine = surprises.extract_if(.., |surprise| surprise.path.starts_with(&prefix));
            let mine =
                mine.map(|surprise| Surprise { path: surprise.path[prefix.len()..].into(), ..surprise });
            let surprises = mine.collect();
            self.item(Item { tree: tree.clone(), root, value, surprises });
        }
    }

    fn object(&mut self, item: Item) {
        // Settings of kustomize lie among manifests, but are no objects.
        if item.value["apiVersion"]
            .as_str()
            .is_some_and(|version| version.starts_with("kustomize.config.k8s.io/"))
        {
            return;
        }
        let places = Located { tree: item.tree, root: item.root };
        let mut object = match Object::from_json(item.value) {
            Ok(object) => object,
            Err(problem) => {
                let path = if let Problem::WrongType { field, .. } = problem { field } else { "" };
                self.errors.extend(places.place(path).map(|place| ParseError { place, problem }));
                return;
            }
        };
        object.places = Some(Arc::new(places));
        if kinds::known(&object.group, &object.kind).is_some() {
            self.findings.extend(item.surprises.iter().map(|surprise| surprising(&object, surprise)));
            convert::modernise(&mut object, self.findings);
        }
        let origin = object.origin("");
        if let Some(first) = self.objects.insert(object) {
            let message = format!(
                "{} {} is in the input twice; this one, the last, stands",
                origin.kind, origin.object
            );
            self.findings.push(
                Finding::new(&codes::GL005, origin, message)
                    .help("remove or rename one of them")
                    .related("the one that is ignored", first.origin("")),
            );
        }
    }
}

fn surprising(object: &Object, surprise: &Surprise) -> Finding {
    let Surprise { path, text, value } = surprise;
    let message =
        format!("{} {} {path}: Kubernetes reads `{text}` as {value} (YAML 1.1)", object.kind, object.name);
    Finding::new(&codes::GL008, object.origin(path), message)
        .help(format!("write `{value}`, or `\"{text}\"` if text is meant"))
}

/// The texts that are to be parsed on their own: `kubectl get -o json` of several kinds, and logs of objects, are JSON
/// values one after the other, which is not YAML.
fn texts(source: &Source) -> Vec<(&str, Mark)> {
    let whole = vec![(&*source.text, Mark::START)];
    if !source.text.trim_start().starts_with('{') {
        return whole;
    }
    let mut stream = serde_json::Deserializer::from_str(&source.text).into_iter::<serde::de::IgnoredAny>();
    let (mut texts, mut start) = (Vec::new(), 0);
    while let Some(value) = stream.next() {
        if value.is_err() {
            return whole; // YAML in flow style, or broken: let the YAML parser say
        }
        let end = stream.byte_offset();
        let place = source.place(start);
        let Some(text) = source.text.get(start..end) else { return whole };
        texts.push((text, Mark { line: place.line, column: place.column }));
        start = end;
    }
    texts
}

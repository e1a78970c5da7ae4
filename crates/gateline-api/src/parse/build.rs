//! Events of the YAML parser to a [`Tree`] and a JSON value, in one pass and without recursion.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use granit_parser::{ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::error::Problem;
use super::scalar;
use super::tree::{Entry, Mark, Node, NodeId, Shape, Tree};

/// Surprising scalars reported for one document; more would hide the rest.
const SURPRISES: usize = 20;

/// One document.
pub(super) struct Document {
    pub(super) tree: Tree,
    pub(super) root: NodeId,
    pub(super) value: Value,
    pub(super) surprises: Vec<Surprise>,
}

/// A scalar that YAML 1.1 and 1.2 read differently.
pub(super) struct Surprise {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) value: Value,
}

/// A document that is being read.
pub(super) struct Builder {
    tree: Tree,
    /// The collections that are open, innermost last.
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    surprises: Vec<Surprise>,
    root: (NodeId, Value),
    /// Values made so far, aliases expanded.
    cost: usize,
    max_depth: usize,
    max_cost: usize,
}

/// A finished value, to be repeated by aliases.
struct Anchored {
    id: NodeId,
    value: Value,
    cost: usize,
    height: usize,
}

/// An open collection.
struct Frame {
    id: NodeId,
    anchor: usize,
    /// `Builder::cost` before it was opened.
    cost: usize,
    /// Levels within it so far.
    height: usize,
    parts: Parts,
}

enum Parts {
    Sequence(Vec<NodeId>, Vec<Value>),
    Mapping(Fields),
}

/// An open mapping.
#[derive(Default)]
struct Fields {
    entries: Vec<Entry>,
    map: Map<String, Value>,
    /// The key whose value comes next; `None` for the merge key `<<`.
    key: Option<(Option<String>, Mark)>,
    merges: Vec<(NodeId, Value)>,
}

impl Builder {
    pub(super) fn new(file: Arc<str>, max_depth: usize, max_cost: usize) -> Self {
        Self {
            tree: Tree { file, nodes: Vec::new() },
            frames: Vec::new(),
            anchors: HashMap::new(),
            surprises: Vec::new(),
            root: (0, Value::Null),
            cost: 0,
            max_depth,
            max_cost,
        }
    }

    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    pub(super) fn finish(self) -> Document {
        let (root, value) = self.root;
        Document { tree: self.tree, root, value, surprises: self.surprises }
    }

    pub(super) fn scalar(
        &mut self,
        mark: Mark,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        anchor: usize,
    ) -> Result<(), Problem> {
        let plain = style == ScalarStyle::Plain && tag.is_none();
        if plain && text == "<<" && self.expects_key() {
            return self.key(None, mark);
        }
        let value = match tag.map(Tag::core_suffix) {
            Some(Some(tag)) => scalar::tagged(tag, text)?,
            None if plain => {
                let scalar = scalar::resolve(text)?;
                if scalar.surprising && self.surprises.len() < SURPRISES {
                    let path = self.path();
                    self.surprises.push(Surprise { path, text: text.into(), value: scalar.value.clone() });
                }
                scalar.value
            }
            _ => text.into(),
        };
        let id = self.node(mark, Shape::Scalar)?;
        self.complete(id, value, anchor, 1, 0)
    }

    pub(super) fn sequence(&mut self, mark: Mark, anchor: usize) -> Result<(), Problem> {
        self.open(mark, anchor, Parts::Sequence(Vec::new(), Vec::new()))
    }

    pub(super) fn mapping(&mut self, mark: Mark, anchor: usize) -> Result<(), Problem> {
        self.open(mark, anchor, Parts::Mapping(Fields::default()))
    }

    pub(super) fn close(&mut self) -> Result<(), Problem> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let (shape, value) = match frame.parts {
            Parts::Sequence(items, values) => (Shape::Sequence(items.into()), Value::Array(values)),
            Parts::Mapping(fields) => {
                let (entries, map) = self.merged(fields)?;
                (Shape::Mapping(entries.into()), Value::Object(map))
            }
        };
        if let Some(node) = self.tree.nodes.get_mut(frame.id as usize) {
            node.shape = shape;
        }
        self.complete(frame.id, value, frame.anchor, self.cost - frame.cost, frame.height + 1)
    }

    /// Repeats a value. The budget is asked before the value is copied.
    pub(super) fn alias(&mut self, mark: Mark, anchor: usize) -> Result<(), Problem> {
        let Some(target) = self.anchors.get(&anchor) else { return Err(Problem::RecursiveAlias) };
        let (target_id, cost, height) = (target.id, target.cost, target.height);
        self.spend(cost)?;
        if self.frames.len() + height > self.max_depth {
            return Err(Problem::TooDeep(self.max_depth));
        }
        let value = self.anchors.get(&anchor).map(|target| target.value.clone()).unwrap_or_default();
        let id = self.node(mark, Shape::Alias(target_id))?;
        self.complete(id, value, 0, cost, height)
    }

    fn open(&mut self, mark: Mark, anchor: usize, parts: Parts) -> Result<(), Problem> {
        if self.expects_key() {
            return Err(Problem::ComplexKey);
        }
        if self.frames.len() >= self.max_depth {
            return Err(Problem::TooDeep(self.max_depth));
        }
        let cost = self.cost;
        let id = self.node(mark, Shape::Scalar)?;
        self.frames.push(Frame { id, anchor, cost, height: 0, parts });
        Ok(())
    }

    fn node(&mut self, mark: Mark, shape: Shape) -> Result<NodeId, Problem> {
        self.spend(1)?;
        let id = NodeId::try_from(self.tree.nodes.len()).map_err(|_| Problem::TooManyNodes(self.max_cost))?;
        self.tree.nodes.push(Node { mark, shape });
        Ok(id)
    }

    fn spend(&mut self, cost: usize) -> Result<(), Problem> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > self.max_cost { Err(Problem::TooManyNodes(self.max_cost)) } else { Ok(()) }
    }

    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { parts: Parts::Mapping(Fields { key: None, .. }), .. }))
    }

    /// A value is whole: it becomes a key, a field, an item or the document.
    fn complete(
        &mut self,
        id: NodeId,
        value: Value,
        anchor: usize,
        cost: usize,
        height: usize,
    ) -> Result<(), Problem> {
        if anchor != 0 {
            self.spend(cost)?; // the copy kept for its aliases
            self.anchors.insert(anchor, Anchored { id, value: value.clone(), cost, height });
        }
        if self.expects_key() {
            let mark = self.tree.node(id).map_or(Mark::START, |node| node.mark);
            return self.key(Some(scalar::key(&value).ok_or(Problem::ComplexKey)?), mark);
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = (id, value);
            return Ok(());
        };
        frame.height = frame.height.max(height);
        match &mut frame.parts {
            Parts::Sequence(items, values) => {
                items.push(id);
                values.push(value);
            }
            Parts::Mapping(fields) => match fields.key.take() {
                Some((Some(key), mark)) => fields.insert(key, mark, id, value),
                _ => fields.merges.push((id, value)),
            },
        }
        Ok(())
    }

    fn key(&mut self, key: Option<String>, mark: Mark) -> Result<(), Problem> {
        let Some(Frame { parts: Parts::Mapping(fields), .. }) = self.frames.last_mut() else { return Ok(()) };
        if let Some(name) = key.as_ref().filter(|name| fields.map.contains_key(*name)) {
            let first =
                fields.entries.iter().find(|entry| *entry.key == **name).map_or(mark, |entry| entry.mark);
            return Err(Problem::DuplicateKey { key: name.clone(), first: first.place(&self.tree.file) });
        }
        fields.key = Some((key, mark));
        Ok(())
    }

    /// Adds what `<<` brings, behind and below the written fields; of several mappings the first that has a key counts.
    fn merged(&self, mut fields: Fields) -> Result<(Vec<Entry>, Map<String, Value>), Problem> {
        for (id, value) in std::mem::take(&mut fields.merges) {
            match (value, self.tree.shape(id)) {
                (Value::Object(map), _) => self.merge(&mut fields, id, map),
                (Value::Array(values), Some(Shape::Sequence(items))) => {
                    for (value, item) in values.into_iter().zip(items) {
                        let Value::Object(map) = value else { return Err(Problem::Merge) };
                        self.merge(&mut fields, *item, map);
                    }
                }
                _ => return Err(Problem::Merge),
            }
        }
        Ok((fields.entries, fields.map))
    }

    /// A mapping's entries are in the order of its value.
    fn merge(&self, fields: &mut Fields, id: NodeId, map: Map<String, Value>) {
        let Some(Shape::Mapping(entries)) = self.tree.shape(id) else { return };
        for ((key, value), entry) in map.into_iter().zip(entries) {
            if !fields.map.contains_key(&key) {
                fields.insert(key, entry.mark, entry.value, value);
            }
        }
    }

    /// The path of the value that is being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.frames {
            match &frame.parts {
                Parts::Sequence(items, _) => {
                    let _ = write!(path, "[{}]", items.len());
                }
                Parts::Mapping(Fields { key: Some((Some(key), _)), .. }) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Parts::Mapping(_) => {}
            }
        }
        path
    }
}

impl Fields {
    fn insert(&mut self, key: String, mark: Mark, id: NodeId, value: Value) {
        self.entries.push(Entry { key: key.as_str().into(), mark, value: id });
        self.map.insert(key, value);
    }
}

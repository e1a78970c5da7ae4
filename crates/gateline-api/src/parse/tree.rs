use std::sync::Arc;

use gateline::model::Place;

use crate::object::Places;

/// Line and column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Mark {
    pub(super) const START: Self = Self { line: 1, column: 1 };

    pub(super) fn place(self, file: &Arc<str>) -> Place {
        Place { file: file.clone(), line: self.line, column: self.column }
    }
}

/// The shape of one document with the place of every key and value; the values themselves are in the object.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) file: Arc<str>,
    pub(super) nodes: Vec<Node>,
}

/// An index into [`Tree::nodes`].
pub(super) type NodeId = u32;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) shape: Shape,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Scalar,
    Sequence(Box<[NodeId]>),
    Mapping(Box<[Entry]>),
    /// Stands here, but its parts stand at the anchor.
    Alias(NodeId),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Box<str>,
    pub(super) mark: Mark,
    pub(super) value: NodeId,
}

impl Tree {
    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The shape, seen through an alias.
    pub(super) fn shape(&self, id: NodeId) -> Option<&Shape> {
        match &self.node(id)?.shape {
            Shape::Alias(target) => self.node(*target).map(|node| &node.shape),
            shape => Some(shape),
        }
    }

    /// The value of a field.
    pub(super) fn child_of(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.child(id, &Step::Key(key)).map(|(_, child)| child)
    }

    fn child(&self, id: NodeId, step: &Step<'_>) -> Option<(Mark, NodeId)> {
        match (self.shape(id)?, step) {
            (Shape::Mapping(entries), Step::Key(key) | Step::Bracket(key)) => {
                entries.iter().find(|entry| &*entry.key == *key).map(|entry| (entry.mark, entry.value))
            }
            (Shape::Sequence(items), Step::Bracket(index)) => {
                let item = *items.get(index.parse::<usize>().ok()?)?;
                Some((self.node(item)?.mark, item))
            }
            _ => None,
        }
    }
}

/// One step of a path: `name` or `[index or key]`.
enum Step<'a> {
    Key(&'a str),
    Bracket(&'a str),
}

/// `spec.rules[3].matches[1]`, `metadata.annotations[example.com/a]`.
fn steps(mut path: &str) -> impl Iterator<Item = Step<'_>> {
    std::iter::from_fn(move || {
        path = path.strip_prefix('.').unwrap_or(path);
        if let Some((key, rest)) = path.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            path = rest;
            return Some(Step::Bracket(key));
        }
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (key, rest) = path.split_at(end);
        path = rest;
        (!key.is_empty()).then_some(Step::Key(key))
    })
}

/// The places of one object: a document, or an item of a list.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) tree: Arc<Tree>,
    pub(super) root: NodeId,
}

impl Located {
    /// The marks of the key and of the value of the deepest part of a path that is written.
    fn find(&self, path: &str) -> Option<(Mark, Mark)> {
        let mark = self.tree.node(self.root)?.mark;
        let (mut id, mut found) = (self.root, (mark, mark));
        for step in steps(path) {
            let Some((key, child)) = self.tree.child(id, &step) else { break };
            let Some(node) = self.tree.node(child) else { break };
            (id, found) = (child, (key, node.mark));
        }
        Some(found)
    }
}

impl Places for Located {
    fn place(&self, path: &str) -> Option<Place> {
        self.find(path).map(|(_, value)| value.place(&self.tree.file))
    }

    fn key_place(&self, path: &str) -> Option<Place> {
        self.find(path).map(|(key, _)| key.place(&self.tree.file))
    }
}

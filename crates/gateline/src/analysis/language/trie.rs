use std::collections::BTreeMap;

/// The texts of a language byte by byte: exact ones, and prefixes by element.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    children: BTreeMap<u8, u32>,
    /// The exact text that ends here.
    pub(super) exact: Option<u32>,
    /// The prefix that ends here: it takes what ends here, or goes on with `/`.
    ends: Option<u32>,
    /// The longest prefix that takes everything from here on.
    under: Option<u32>,
}

/// Where a text has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum At {
    Node(u32),
    /// No text goes on like this: only the prefix counts.
    Off(Option<u32>),
}

impl Trie {
    /// Prefixes come without trailing slashes.
    pub(super) fn build(exact: &[&str], prefixes: &[&str]) -> Self {
        let mut trie = Self { nodes: vec![Node::default()] };
        for (id, text) in (0..).zip(exact) {
            let node = trie.insert(text);
            trie.nodes.get_mut(node as usize).into_iter().for_each(|node| node.exact = Some(id));
        }
        for (id, text) in (0..).zip(prefixes) {
            let node = trie.insert(text);
            trie.nodes.get_mut(node as usize).into_iter().for_each(|node| node.ends = Some(id));
        }
        trie.cover();
        trie
    }

    fn insert(&mut self, text: &str) -> u32 {
        let mut at = 0;
        for byte in text.bytes() {
            let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
            let Some(node) = self.nodes.get_mut(at as usize) else { return at };
            at = *node.children.entry(byte).or_insert(next);
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        at
    }

    /// Hands down which prefix covers a node. Parents come before their children.
    fn cover(&mut self) {
        if let Some(root) = self.nodes.first_mut() {
            root.under = root.ends;
        }
        for index in 0..self.nodes.len() {
            let Some(node) = self.nodes.get(index) else { return };
            let under = [node.under, node.ends.or(node.under)];
            let children: Vec<_> = node.children.iter().map(|(byte, child)| (*byte, *child)).collect();
            for (byte, child) in children {
                if let Some(child) = self.nodes.get_mut(child as usize) {
                    child.under = if byte == b'/' { under[1] } else { under[0] };
                }
            }
        }
    }

    pub(super) fn step(&self, at: At, byte: u8) -> At {
        let At::Node(id) = at else { return at };
        let Some(node) = self.nodes.get(id as usize) else { return At::Off(None) };
        match node.children.get(&byte) {
            Some(child) => At::Node(*child),
            None if byte == b'/' => At::Off(node.ends.or(node.under)),
            None => At::Off(node.under),
        }
    }

    /// The exact text and the longest prefix of what ends here.
    pub(super) fn found(&self, at: At) -> (Option<u32>, Option<u32>) {
        match at {
            At::Node(id) => self
                .nodes
                .get(id as usize)
                .map_or((None, None), |node| (node.exact, node.ends.or(node.under))),
            At::Off(prefix) => (None, prefix),
        }
    }

    /// The bytes that some text goes on with.
    pub(super) fn next(&self, at: At) -> impl Iterator<Item = u8> + '_ {
        let node = match at {
            At::Node(id) => self.nodes.get(id as usize),
            At::Off(_) => None,
        };
        node.into_iter().flat_map(|node| node.children.keys().copied())
    }
}

use super::candidates::Candidates;

const NONE: u32 = u32::MAX;

/// Path prefixes as a radix trie in flat vectors. A look-up finds the longest prefix; from there, each leads to the
/// next shorter one that is a prefix by elements, so that walking back needs no stack. O(length of the path).
#[derive(Debug)]
pub(super) struct Prefixes {
    nodes: Vec<Node>,
    /// For each node its label and then the first bytes of its children's labels, which are scanned here.
    bytes: Vec<u8>,
    leaves: Vec<Leaf>,
}

#[derive(Debug)]
struct Node {
    /// Where its bytes begin.
    bytes: u32,
    /// How many of them are its label, without the first byte: its parent has that.
    label: u32,
    /// The first child: children are contiguous.
    children: u32,
    /// How many.
    fan: u32,
    leaf: u32,
}

impl Default for Node {
    fn default() -> Self {
        Self { bytes: 0, label: 0, children: 0, fan: 0, leaf: NONE }
    }
}

/// A prefix that some match has.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) candidates: Candidates,
    /// The strongest position here and above.
    pub(super) first: u32,
    up: u32,
}

impl Prefixes {
    /// From distinct prefixes without trailing slashes.
    pub(super) fn build(mut prefixes: Vec<(&str, Candidates)>) -> Self {
        prefixes.sort_unstable_by(|(a, _), (b, _)| by_elements(a, b));
        let texts: Vec<&[u8]> = prefixes.iter().map(|(prefix, _)| prefix.as_bytes()).collect();
        let mut leaves: Vec<Leaf> = Vec::with_capacity(texts.len());
        let mut ancestors: Vec<(u32, &[u8])> = Vec::new();
        for (index, (&text, (_, candidates))) in (0..).zip(texts.iter().zip(prefixes)) {
            while ancestors.last().is_some_and(|(_, above)| !is_prefix(above, text)) {
                ancestors.pop();
            }
            let up = ancestors.last().map_or(NONE, |(leaf, _)| *leaf);
            let above = leaves.get(up as usize).map_or(NONE, |leaf: &Leaf| leaf.first);
            leaves.push(Leaf { first: candidates.first().min(above), candidates, up });
            ancestors.push((index, text));
        }
        let mut trie = Self { nodes: Vec::new(), bytes: Vec::new(), leaves };
        trie.grow(&texts);
        trie
    }

    /// Lays the nodes out depth first, so that what lies below one prefix lies together.
    fn grow(&mut self, texts: &[&[u8]]) {
        let at = |index: usize| texts.get(index).copied().unwrap_or_default();
        self.nodes.push(Node::default());
        // A node, the texts below it, and the part of them that is its label.
        let mut open = vec![(0, 0..texts.len(), 0..0)];
        while let Some((index, mut range, label)) = open.pop() {
            let depth = label.end;
            let mut node =
                Node { bytes: narrow(self.bytes.len()), label: narrow(label.len()), ..Node::default() };
            self.bytes.extend_from_slice(at(range.start).get(label).unwrap_or_default());
            if !range.is_empty() && at(range.start).len() == depth {
                node.leaf = range.next().map_or(NONE, narrow);
            }
            node.children = narrow(self.nodes.len());
            while let Some(&first) = at(range.start).get(depth).filter(|_| !range.is_empty()) {
                let run = texts.get(range.clone()).unwrap_or_default();
                let end = range.start + run.partition_point(|text| text.get(depth) == Some(&first));
                let label = depth + 1..depth + common(at(range.start), at(end - 1), depth);
                open.push((self.nodes.len(), range.start..end, label));
                self.nodes.push(Node::default());
                self.bytes.push(first);
                node.fan += 1;
                range.start = end;
            }
            if let Some(slot) = self.nodes.get_mut(index) {
                *slot = node;
            }
        }
    }

    /// The longest prefix of the path, by elements.
    #[inline]
    pub(super) fn longest(&self, path: &[u8]) -> Option<&Leaf> {
        let mut node = self.nodes.first()?;
        // The root takes every path, even `*`.
        let mut best = node.leaf;
        let mut rest = path;
        let mut firsts = self.bytes.get(..node.fan as usize)?;
        while let Some((first, tail)) = rest.split_first() {
            let Some(child) = firsts.iter().position(|byte| byte == first) else { break };
            let Some(next) = self.nodes.get(node.children as usize + child) else { break };
            node = next;
            let bytes = node.bytes as usize..(node.bytes + node.label + node.fan) as usize;
            let bytes = self.bytes.get(bytes).and_then(|bytes| bytes.split_at_checked(node.label as usize));
            let Some((label, children)) = bytes else { break };
            // Where every byte branches there is nothing to compare.
            let tail = if label.is_empty() { Some(tail) } else { tail.strip_prefix(label) };
            let Some(tail) = tail else { break };
            (rest, firsts) = (tail, children);
            if node.leaf != NONE && matches!(rest.first(), None | Some(b'/')) {
                best = node.leaf;
            }
        }
        self.leaves.get(best as usize)
    }

    /// The next shorter prefix.
    #[inline]
    pub(super) fn up(&self, leaf: &Leaf) -> Option<&Leaf> {
        self.leaves.get(leaf.up as usize)
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }
}

/// Indexes are below the number of bytes of the model; a router never holds 4 GiB of prefixes.
fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

/// Whether `/a` is a prefix of `/a/b` by elements.
fn is_prefix(above: &[u8], text: &[u8]) -> bool {
    text.strip_prefix(above).is_some_and(|rest| above.is_empty() || rest.first() == Some(&b'/'))
}

/// How many bytes two texts share from `depth` on; at least the one they are grouped by.
fn common(a: &[u8], b: &[u8], depth: usize) -> usize {
    a.iter().zip(b).skip(depth).take_while(|(a, b)| a == b).count()
}

/// Bytewise with `/` before all others: what is below a prefix follows it at once.
fn by_elements(a: &str, b: &str) -> std::cmp::Ordering {
    let key = |byte: u8| (byte != b'/', byte);
    a.bytes().map(key).cmp(b.bytes().map(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(prefixes: &[&'static str], path: &str) -> Vec<u32> {
        let leaf = |(position, prefix): (u32, &&'static str)| (*prefix, Candidates::one(position));
        let trie = Prefixes::build((0..).zip(prefixes).map(leaf).collect());
        let chain = std::iter::successors(trie.longest(path.as_bytes()), |leaf| trie.up(leaf));
        chain.map(|leaf| leaf.candidates.first()).collect()
    }

    #[test]
    fn prefixes_are_elements() {
        let prefixes = ["", "/v2", "/v2/a", "/v", "/v2.1", "/v2/a/b/c", "/v2-x"];
        let table: [(&str, &[u32]); 11] = [
            ("/v2", &[1, 0]),
            ("/v2/", &[1, 0]),
            ("/v2//", &[1, 0]),
            ("/v2x", &[0]),
            ("/v/2", &[3, 0]),
            ("/v2.1", &[4, 0]),
            ("/v2-x/y", &[6, 0]),
            ("/v2/a/b", &[2, 1, 0]),
            ("/v2/a/b/c/d", &[5, 2, 1, 0]),
            ("", &[0]),
            ("*", &[0]),
        ];
        for (path, expected) in table {
            assert_eq!(chain(&prefixes, path), expected, "{path}");
        }
        assert!(chain(&["/a"], "/").is_empty());
        assert!(chain(&[], "/").is_empty());
    }
}

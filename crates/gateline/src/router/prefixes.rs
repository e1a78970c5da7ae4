use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use super::candidates::Candidates;

const NONE: u32 = u32::MAX;

/// Path prefixes in one hash table. A path is hashed once, from left to right; where some prefix could end, by its length
/// and by elements, the hash so far is looked up. A prefix leads to the next shorter one by elements, so what was found
/// before need not be compared again, and walking back needs no stack. O(length of the longest prefix).
///
/// The look-ups do not wait for one another, as the steps down a trie would: with many prefixes, that is what counts.
#[derive(Debug, Default)]
pub(super) struct Prefixes {
    leaves: Vec<Leaf>,
    table: HashTable<u32>,
    hasher: RandomState,
    /// Those that occur but for 0, ascending.
    lengths: SmallVec<[usize; 2]>,
    /// The empty prefix.
    root: u32,
}

/// A prefix that some match has. One cache line.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Leaf {
    /// What it adds to the next shorter prefix.
    tail: SmallVec<[u8; 32]>,
    pub(super) candidates: Candidates,
    /// The strongest position of the shorter prefixes.
    pub(super) above: u32,
    /// The next shorter prefix.
    up: u32,
}

impl Prefixes {
    /// From distinct prefixes without trailing slashes.
    pub(super) fn build(mut prefixes: Vec<(&str, Candidates)>) -> Self {
        // Shorter ones first: what is above a prefix is there before it.
        prefixes.sort_unstable_by_key(|(prefix, candidates)| (prefix.len(), candidates.first()));
        let mut built = Self { root: NONE, ..Self::default() };
        built.lengths = prefixes.iter().map(|(prefix, _)| prefix.len()).filter(|len| *len > 0).collect();
        built.lengths.dedup();
        built.leaves.reserve_exact(prefixes.len());
        built.table.reserve(prefixes.len(), |_| 0);
        for (prefix, candidates) in prefixes {
            built.insert(prefix.as_bytes(), candidates);
        }
        built
    }

    fn insert(&mut self, prefix: &[u8], candidates: Candidates) {
        let id = u32::try_from(self.leaves.len()).unwrap_or(NONE);
        let Found { leaf: up, end, hash } = self.find(prefix);
        let strongest = |leaf: &Leaf| leaf.candidates.first().min(leaf.above);
        let above = self.leaves.get(up as usize).map_or(NONE, strongest);
        let tail = prefix.get(end..).unwrap_or_default().into();
        self.leaves.push(Leaf { tail, candidates, above, up });
        if prefix.is_empty() {
            self.root = id;
        } else {
            self.table.insert_unique(hash, id, |_| 0);
        }
    }

    /// Looks a path up.
    #[inline]
    fn find(&self, path: &[u8]) -> Found {
        // The root takes every path, even `*`.
        let mut found = Found { leaf: self.root, end: 0, hash: 0 };
        let mut hasher = self.hasher.build_hasher();
        let mut start = 0;
        for &end in &self.lengths {
            let Some((text, rest)) = path.split_at_checked(end) else { break };
            if !matches!(rest.first(), None | Some(b'/')) {
                continue;
            }
            hasher.write(text.get(start..).unwrap_or_default());
            start = end;
            found.hash = hasher.finish();
            let tail = text.get(found.end..).unwrap_or_default();
            let extends = |leaf: &Leaf| leaf.up == found.leaf && *leaf.tail == *tail;
            let same = |id: &u32| self.leaves.get(*id as usize).is_some_and(extends);
            if let Some(&leaf) = self.table.find(found.hash, same) {
                (found.leaf, found.end) = (leaf, end);
            }
        }
        found
    }

    /// The longest prefix of the path, by elements.
    #[inline]
    pub(super) fn longest(&self, path: &[u8]) -> Option<&Leaf> {
        self.leaves.get(self.find(path).leaf as usize)
    }

    /// The next shorter prefix.
    #[inline]
    pub(super) fn up(&self, leaf: &Leaf) -> Option<&Leaf> {
        self.leaves.get(leaf.up as usize)
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }
}

/// How far a look-up came.
struct Found {
    /// The longest prefix, or none.
    leaf: u32,
    /// Its length.
    end: usize,
    /// The hash of the path up to the last length that occurs.
    hash: u64,
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

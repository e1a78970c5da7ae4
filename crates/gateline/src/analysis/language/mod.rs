//! All texts there are, told apart by which patterns they match: finitely many classes, each with a short text that is in it.

mod alphabet;
mod automaton;
mod classes;
mod trie;

pub(super) use alphabet::Alphabet;
pub(super) use automaton::Automaton;
pub(super) use classes::classes;

/// Patterns over texts of an alphabet. Indexes into the lists are the ids in a [`Class`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Language<'a> {
    pub(super) alphabet: Alphabet,
    /// Distinct.
    pub(super) exact: &'a [&'a str],
    /// Distinct, by element, without trailing slashes.
    pub(super) prefixes: &'a [&'a str],
    /// All at once; `None` where there are none.
    pub(super) regexes: Option<&'a Automaton>,
    /// The longest text, in bytes.
    pub(super) longest: usize,
}

/// The texts that match the same patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) exact: Option<u32>,
    /// The longest; shorter ones of its elements match too.
    pub(super) prefix: Option<u32>,
    /// Ascending.
    pub(super) regexes: Box<[u32]>,
    /// One of the shortest texts of the class.
    pub(super) witness: Box<[u8]>,
}

/// There are more states than can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

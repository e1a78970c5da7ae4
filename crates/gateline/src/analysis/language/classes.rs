use std::collections::{HashMap, HashSet};

use regex_automata::util::primitives::StateID;

use super::alphabet::Utf8;
use super::trie::{At, Trie};
use super::{Alphabet, Automaton, Class, Language, TooLarge};

/// States of a product that are visited, at most.
const MAX_STATES: usize = 1 << 20;

/// The classes of a language, none of them empty, and none missing.
///
/// Without regular expressions O(n) in the number of patterns; with them a search through the product of the texts and the
/// automaton, breadth first: the first text found for a class is one of its shortest.
pub(in crate::analysis) fn classes(language: &Language<'_>) -> Result<Vec<Class>, TooLarge> {
    match language.regexes {
        None => Ok(plain(language)),
        Some(automaton) => Search::new(language, automaton).run(),
    }
}

/// A text has one exact pattern, or the longest prefix: nothing else tells texts apart.
fn plain(language: &Language<'_>) -> Vec<Class> {
    let exact: HashSet<&str> = language.exact.iter().copied().collect();
    let prefixes: HashMap<&str, u32> = language.prefixes.iter().copied().zip(0..).collect();
    let class = |exact, prefix, witness: &str| Class {
        exact,
        prefix,
        regexes: Box::default(),
        witness: witness.as_bytes().into(),
    };
    let mut classes = Vec::with_capacity(language.exact.len() + language.prefixes.len() + 1);
    for (id, text) in (0..).zip(language.exact).filter(|(_, text)| language.alphabet.admits(text)) {
        classes.push(class(Some(id), longest(&prefixes, text), text));
    }
    let mut regions: Vec<(Option<u32>, &str)> =
        language.prefixes.iter().zip(0..).map(|(prefix, id)| (Some(id), *prefix)).collect();
    if !prefixes.contains_key("") {
        regions.push((None, ""));
    }
    let possible = |prefix: &str| prefix.is_empty() || language.alphabet.admits(prefix);
    for (id, prefix) in regions.into_iter().filter(|(_, prefix)| possible(prefix)) {
        let free = |text: &String| !exact.contains(text.as_str()) && longest(&prefixes, text) == id;
        if let Some(text) = texts(language.alphabet, prefix).find(free) {
            classes.push(class(None, id, &text));
        }
    }
    classes
}

/// The longest of the prefixes, by elements, that a text has.
fn longest(prefixes: &HashMap<&str, u32>, text: &str) -> Option<u32> {
    let mut ends =
        text.char_indices().filter(|(_, char)| *char == '/').map(|(index, _)| index).collect::<Vec<_>>();
    ends.push(text.len());
    ends.dedup();
    let mut found = ends.into_iter().rev().filter_map(|end| prefixes.get(text.get(..end)?).copied());
    found.next().or_else(|| prefixes.get("").copied())
}

/// Texts under a prefix, as many as it takes, the readable ones first.
fn texts(alphabet: Alphabet, prefix: &str) -> impl Iterator<Item = String> + '_ {
    let labels = ["", "a", "b", "c", "x", "y", "z"].into_iter().map(str::to_owned);
    let labels = labels.chain((0_u32..1 << 20).map(|n| format!("x{n}")));
    let itself = (!prefix.is_empty() || alphabet != Alphabet::Path).then(|| prefix.to_owned());
    let separator = if alphabet == Alphabet::Path { "/" } else { "" };
    itself.into_iter().chain(labels.map(move |label| format!("{prefix}{separator}{label}")))
}

/// Where a text stands in each part of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    at: At,
    regexes: StateID,
    utf8: Utf8,
}

struct Search<'a> {
    language: &'a Language<'a>,
    automaton: &'a Automaton,
    trie: Trie,
    /// Bytes that nothing but the trie tells apart.
    alike: Vec<Vec<u8>>,
    /// What each state was reached from, and by which byte: the text backwards.
    reached: Vec<(State, u32, u8)>,
    seen: HashSet<State>,
}

impl<'a> Search<'a> {
    fn new(language: &'a Language<'a>, automaton: &'a Automaton) -> Self {
        let trie = Trie::build(language.exact, language.prefixes);
        let mut groups: HashMap<_, usize> = HashMap::new();
        let mut alike: Vec<Vec<u8>> = Vec::new();
        for byte in language.alphabet.bytes() {
            // `/` ends an element: it is never like another byte.
            let class = (automaton.class(byte), byte == b'/', utf8_class(byte, language.alphabet));
            let group = *groups.entry(class).or_insert(alike.len());
            match alike.get_mut(group) {
                Some(group) => group.push(byte),
                None => alike.push(vec![byte]),
            }
        }
        Self { language, automaton, trie, alike, reached: Vec::new(), seen: HashSet::new() }
    }

    fn run(mut self) -> Result<Vec<Class>, TooLarge> {
        let start = State { at: At::Node(0), regexes: self.automaton.start(), utf8: Utf8::Whole };
        self.push(start, u32::MAX, 0);
        let mut memo = HashMap::new();
        let mut known = HashSet::new();
        let mut classes = Vec::new();
        let (mut index, mut depth, mut level) = (0, 0, 1);
        while let Some((state, ..)) = self.reached.get(index).copied() {
            if index == level {
                (depth, level) = (depth + 1, self.reached.len());
            }
            let is_text = self.language.alphabet != Alphabet::Path || depth > 0;
            if state.utf8 == Utf8::Whole && is_text {
                let (exact, prefix) = self.trie.found(state.at);
                let regexes = self.automaton.matches(state.regexes, &mut memo);
                if known.insert((exact, prefix, regexes.clone())) {
                    classes.push(Class { exact, prefix, regexes, witness: self.text(index) });
                }
            }
            if depth < self.language.longest {
                self.expand(state, index, depth)?;
            }
            index += 1;
        }
        Ok(classes)
    }

    fn expand(&mut self, state: State, index: usize, depth: usize) -> Result<(), TooLarge> {
        let over = matches!(state.at, At::Off(_)) && self.automaton.is_dead(state.regexes);
        if over && state.utf8 == Utf8::Whole {
            return Ok(());
        }
        if self.reached.len() > MAX_STATES {
            return Err(TooLarge);
        }
        let from = u32::try_from(index).map_err(|_| TooLarge)?;
        if self.language.alphabet == Alphabet::Path && depth == 0 {
            self.follow(state, from, b'/');
            return Ok(());
        }
        let ahead: Vec<u8> = self.trie.next(state.at).collect();
        for byte in ahead {
            self.follow(state, from, byte);
        }
        for group in 0..self.alike.len() {
            // The first that no text goes on with stands for all of these.
            let leaves = |byte: &u8| matches!(self.trie.step(state.at, *byte), At::Off(_));
            let byte = self.alike.get(group).and_then(|bytes| bytes.iter().copied().find(leaves));
            if let Some(byte) = byte {
                self.follow(state, from, byte);
            }
        }
        Ok(())
    }

    fn follow(&mut self, state: State, from: u32, byte: u8) {
        let utf8 = if self.language.alphabet.is_text() { state.utf8.step(byte) } else { Some(Utf8::Whole) };
        let Some(utf8) = utf8 else { return };
        let regexes = self.automaton.step(state.regexes, byte);
        self.push(State { at: self.trie.step(state.at, byte), regexes, utf8 }, from, byte);
    }

    fn push(&mut self, state: State, from: u32, byte: u8) {
        if self.seen.insert(state) {
            self.reached.push((state, from, byte));
        }
    }

    fn text(&self, index: usize) -> Box<[u8]> {
        let mut text = Vec::new();
        let mut at = self.reached.get(index);
        while let Some((_, from, byte)) = at {
            if *from != u32::MAX {
                text.push(*byte);
            }
            at = self.reached.get(*from as usize);
        }
        text.reverse();
        text.into()
    }
}

/// Bytes that UTF-8 treats alike; without it all do.
fn utf8_class(byte: u8, alphabet: Alphabet) -> u8 {
    if !alphabet.is_text() {
        return 0;
    }
    match byte {
        0..=0x7f => 0,
        0x80..=0x8f => 1,
        0x90..=0x9f => 2,
        0xa0..=0xbf => 3,
        0xc2..=0xdf => 4,
        0xe0 => 5,
        0xe1..=0xec | 0xee..=0xef => 6,
        0xed => 7,
        0xf0 => 8,
        0xf1..=0xf3 => 9,
        0xf4 => 10,
        _ => 11,
    }
}

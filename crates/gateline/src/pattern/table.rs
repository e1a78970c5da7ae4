use std::collections::HashMap;

use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::alphabet::Unit;
use regex_automata::util::primitives::StateID;

use super::{Machine, Pattern};

/// The automaton of a regular expression as numbers: the state after a byte is `next[state * width + classes[byte]]`, and a text
/// matches if the state after its last byte is one of `accepts`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DfaTable {
    /// Of each byte.
    pub classes: Vec<u8>,
    /// How many classes there are.
    pub width: usize,
    /// The state after each class, state by state. The first state is 0.
    pub next: Vec<usize>,
    /// Ascending.
    pub accepts: Vec<usize>,
}

impl Pattern {
    /// `None` if it runs as an NFA: its automaton would be too large.
    pub(crate) fn table(&self) -> Option<DfaTable> {
        match &self.machine {
            Machine::Dfa { dfa, start } => Some(table(dfa, *start)),
            Machine::Nfa(_) => None,
        }
    }
}

/// The states that can be reached, in the order in which they are.
fn table(dfa: &dense::DFA<Vec<u32>>, start: StateID) -> DfaTable {
    let of_byte = dfa.byte_classes();
    let samples: Vec<u8> = of_byte.representatives(..).filter_map(Unit::as_u8).collect();
    let mut table = DfaTable {
        classes: (0..=u8::MAX).map(|byte| of_byte.get(byte)).collect(),
        width: samples.len(),
        next: Vec::new(),
        accepts: Vec::new(),
    };
    let (mut known, mut states) = (HashMap::from([(start, 0)]), vec![start]);
    let mut index = 0;
    while let Some(state) = states.get(index).copied() {
        if dfa.is_match_state(dfa.next_eoi_state(state)) {
            table.accepts.push(index);
        }
        for byte in &samples {
            let next = dfa.next_state(state, *byte);
            let id = *known.entry(next).or_insert_with(|| {
                states.push(next);
                states.len() - 1
            });
            table.next.push(id);
        }
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(table: &DfaTable, text: &str) -> bool {
        let step =
            |state, byte: u8| table.next[state * table.width + usize::from(table.classes[usize::from(byte)])];
        table.accepts.binary_search(&text.bytes().fold(0, step)).is_ok()
    }

    #[test]
    fn a_table_decides_as_its_pattern() {
        let texts =
            ["", "/", "/a", "/aa", "/ab", "/a/b", "/users/42/profile", "/users//profile", "/A", "/ü", "x/a"];
        for pattern in [
            "",
            "/a|/ab",
            "/users/[0-9]+/profile",
            "(?i)/a.*",
            "/[^/]+",
            ".*",
            "^/a$",
            r"/\w+\b",
            "/(a|b){2}",
        ] {
            let compiled = Pattern::compile(pattern).unwrap();
            let table = compiled.table().unwrap();
            for text in texts {
                assert_eq!(walk(&table, text), compiled.matches(text.bytes()), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn what_runs_as_an_nfa_has_no_table() {
        let compiled = Pattern::compile("(?:.*a){60}.{60}").unwrap();
        assert_eq!((compiled.dfa_bytes(), compiled.table()), (0, None));
    }
}

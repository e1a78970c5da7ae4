use std::collections::HashMap;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, Look};

/// Larger automata are not built: what they would tell stays unknown.
const MAX_DFA_BYTES: usize = 32 << 20;
const MAX_DETERMINIZE_BYTES: usize = 64 << 20;
const MAX_NFA_BYTES: usize = 16 << 20;

/// Regular expressions over whole texts, all run at once.
#[derive(Debug)]
pub(in crate::analysis) struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

impl Automaton {
    /// `None` if it grows too large. O(2^size of the patterns) in theory, bounded by the limits above.
    pub(in crate::analysis) fn build(patterns: &[Hir]) -> Option<Self> {
        let whole = |hir: &Hir| Hir::concat(vec![Hir::look(Look::Start), hir.clone(), Hir::look(Look::End)]);
        let whole: Vec<Hir> = patterns.iter().map(whole).collect();
        let config = thompson::Config::new()
            .utf8(false)
            .nfa_size_limit(Some(MAX_NFA_BYTES))
            .which_captures(WhichCaptures::None);
        let nfa = thompson::Compiler::new().configure(config).build_many_from_hir(&whole).ok()?;
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::All)
            .accelerate(false)
            .dfa_size_limit(Some(MAX_DFA_BYTES))
            .determinize_size_limit(Some(MAX_DETERMINIZE_BYTES));
        let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        Some(Self { dfa, start })
    }

    pub(super) fn start(&self) -> StateID {
        self.start
    }

    pub(super) fn step(&self, state: StateID, byte: u8) -> StateID {
        self.dfa.next_state(state, byte)
    }

    /// Bytes of one class lead everywhere to the same state.
    pub(super) fn class(&self, byte: u8) -> u8 {
        self.dfa.byte_classes().get(byte)
    }

    pub(super) fn is_dead(&self, state: StateID) -> bool {
        self.dfa.is_special_state(state) && self.dfa.is_dead_state(state)
    }

    /// The patterns that match a text that ends here, ascending.
    pub(super) fn matches(&self, state: StateID, memo: &mut HashMap<StateID, Box<[u32]>>) -> Box<[u32]> {
        let found = |state| {
            let last = self.dfa.next_eoi_state(state);
            if !self.dfa.is_match_state(last) {
                return Box::default();
            }
            let ids = (0..self.dfa.match_len(last)).map(|index| self.dfa.match_pattern(last, index));
            let mut ids: Vec<u32> = ids.filter_map(|id| u32::try_from(id.as_usize()).ok()).collect();
            ids.sort_unstable();
            ids.into()
        };
        memo.entry(state).or_insert_with(|| found(state)).clone()
    }
}

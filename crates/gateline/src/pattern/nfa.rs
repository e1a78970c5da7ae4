use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::primitives::StateID;

/// The most states that are simulated: two sets of them live on the stack.
pub(super) const MAX_STATES: usize = 1024;

/// A Thompson NFA run set by set. Slower than a DFA, but it never grows and needs no cache.
#[derive(Debug)]
pub(super) struct Nfa(NFA);

impl Nfa {
    /// `None` if it is too large to simulate.
    pub(super) fn new(nfa: NFA) -> Option<Self> {
        (nfa.states().len() <= MAX_STATES).then_some(Self(nfa))
    }

    pub(super) fn matches(&self, mut value: impl Iterator<Item = u8>) -> bool {
        let (mut now, mut then) = (States::new(), States::new());
        let mut previous = None;
        now.add(self.0.start_anchored());
        loop {
            let next = value.next();
            let matched = self.close(&mut now, previous, next);
            let Some(byte) = next else { return matched };
            then.clear();
            for &state in now.list() {
                if let Some(target) = self.step(state, byte) {
                    then.add(target);
                }
            }
            if then.list().is_empty() {
                return false;
            }
            std::mem::swap(&mut now, &mut then);
            previous = next;
        }
    }

    /// Adds all states that are reached without a byte; whether one of them matches.
    fn close(&self, states: &mut States, previous: Option<u8>, next: Option<u8>) -> bool {
        let mut matched = false;
        let mut index = 0;
        while let Some(&state) = states.list().get(index) {
            index += 1;
            match self.0.state(state) {
                State::Look { look, next: target } => {
                    // No assertion sees further than one byte.
                    let around = [previous.unwrap_or_default(), next.unwrap_or_default()];
                    let (from, to) = (usize::from(previous.is_none()), 1 + usize::from(next.is_some()));
                    let around = around.get(from..to).unwrap_or_default();
                    if self.0.look_matcher().matches(*look, around, usize::from(previous.is_some())) {
                        states.add(*target);
                    }
                }
                State::Union { alternates } => alternates.iter().for_each(|target| states.add(*target)),
                State::BinaryUnion { alt1, alt2 } => {
                    states.add(*alt1);
                    states.add(*alt2);
                }
                State::Capture { next, .. } => states.add(*next),
                State::Match { .. } => matched = true,
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) | State::Fail => {}
            }
        }
        matched
    }

    fn step(&self, state: StateID, byte: u8) -> Option<StateID> {
        match self.0.state(state) {
            State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
            State::Sparse(transitions) => transitions.matches_byte(byte),
            State::Dense(transitions) => transitions.matches_byte(byte),
            _ => None,
        }
    }
}

/// A set of states that remembers the order they came in.
struct States {
    seen: [u64; MAX_STATES / 64],
    list: [StateID; MAX_STATES],
    len: usize,
}

impl States {
    fn new() -> Self {
        Self { seen: [0; MAX_STATES / 64], list: [StateID::ZERO; MAX_STATES], len: 0 }
    }

    fn list(&self) -> &[StateID] {
        self.list.get(..self.len).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.seen = [0; MAX_STATES / 64];
        self.len = 0;
    }

    fn add(&mut self, state: StateID) {
        let bit = 1 << (state.as_usize() % 64);
        if let Some(word) = self.seen.get_mut(state.as_usize() / 64)
            && *word & bit == 0
            && let Some(slot) = self.list.get_mut(self.len)
        {
            *word |= bit;
            *slot = state;
            self.len += 1;
        }
    }
}

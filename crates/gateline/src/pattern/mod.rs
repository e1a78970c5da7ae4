//! Regular expressions as manifests write them: RE2's dialect over bytes, matched against a whole value.
//!
//! `\d`, `\w` and `\s` are ASCII; there is no look-around and there are no back-references. A pattern runs as a small DFA
//! or, where that would grow too large, as an NFA of at most 1,024 states. Neither allocates or keeps a
//! cache, so that a match costs O(bytes) or O(bytes · states), whatever the pattern and the value.

mod ambiguous;
pub(crate) mod atoms;
mod example;
mod nfa;
mod portable;
mod table;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::{primitives::StateID, start};
use regex_automata::{Anchored, MatchKind};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

pub use ambiguous::backtracks;
pub use example::example;
use nfa::Nfa;
pub use portable::unportable;
pub use table::DfaTable;

/// Longest pattern that is read, in bytes: the limit of the API for header values, the largest it has.
const MAX_PATTERN: usize = 4096;
/// Deepest nesting of groups and repetitions.
const MAX_NESTING: u32 = 64;
/// A larger NFA is refused: this is what stops `((a{1000}){1000}){1000}` early.
const MAX_NFA_BYTES: usize = 512 << 10;
/// A larger DFA is not built; the NFA runs instead.
const MAX_DFA_BYTES: usize = 128 << 10;
/// What building a DFA may use.
const MAX_DETERMINIZE_BYTES: usize = 512 << 10;

/// Why a regular expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?} is not a regular expression Gateline can run: {reason}")]
pub struct PatternError {
    /// As written.
    pub pattern: Box<str>,
    /// What is wrong: syntax, look-around, back-reference, size.
    pub reason: Box<str>,
}

/// Whether a pattern can be compiled: what `resolve` asks before it accepts a route. Bounded in time and memory.
pub fn check(pattern: &str) -> Result<(), PatternError> {
    Pattern::compile(pattern).map(|_| ())
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    machine: Machine,
    /// Alternatives of what a matching value must contain: of each set, at least one text is in it.
    pub(crate) atoms: Vec<atoms::Atoms>,
    /// The one value that matches, where there is only one.
    pub(crate) literal: Option<Box<str>>,
}

#[derive(Debug)]
enum Machine {
    Dfa { dfa: Box<dense::DFA<Vec<u32>>>, start: StateID },
    Nfa(Nfa),
}

impl Pattern {
    pub(crate) fn compile(text: &str) -> Result<Self, PatternError> {
        let refuse = |reason: String| PatternError { pattern: text.into(), reason: reason.into() };
        let hir = parse(text).map_err(refuse)?;
        let atoms = atoms::required(&hir);
        let literal = literal(&hir);
        let whole = Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]);
        let machine = Machine::build(&whole).map_err(|reason| refuse(reason.into()))?;
        Ok(Self { machine, atoms, literal })
    }

    /// Whether the whole value matches. Takes bytes one by one, so that joined and decoded values need no buffer.
    pub(crate) fn matches(&self, value: impl Iterator<Item = u8>) -> bool {
        match &self.machine {
            Machine::Dfa { dfa, start } => run(dfa, *start, value),
            Machine::Nfa(nfa) => nfa.matches(value),
        }
    }

    /// The size of its DFA in bytes; 0 if it runs as an NFA.
    pub(crate) fn dfa_bytes(&self) -> usize {
        match &self.machine {
            Machine::Dfa { dfa, .. } => dfa.memory_usage(),
            Machine::Nfa(_) => 0,
        }
    }
}

fn run(dfa: &dense::DFA<Vec<u32>>, start: StateID, value: impl Iterator<Item = u8>) -> bool {
    let mut state = start;
    for byte in value {
        state = dfa.next_state(state, byte);
        if dfa.is_special_state(state) && dfa.is_dead_state(state) {
            return false;
        }
    }
    dfa.is_match_state(dfa.next_eoi_state(state))
}

/// Reads a pattern in the one dialect that all patterns of manifests are in.
pub(crate) fn parse(text: &str) -> Result<Hir, String> {
    if text.len() > MAX_PATTERN {
        return Err(format!("it is longer than {MAX_PATTERN} bytes"));
    }
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).nest_limit(MAX_NESTING).build();
    let hir = parser.parse(text).map_err(|error| match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string(),
    })?;
    if hir.properties().look_set().contains_word_unicode() {
        return Err("Unicode word boundaries are not supported".into());
    }
    Ok(hir)
}

fn literal(hir: &Hir) -> Option<Box<str>> {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(Into::into),
        HirKind::Capture(capture) => literal(&capture.sub),
        HirKind::Empty => Some("".into()),
        // `^/foo$`: the anchors hold anyway.
        HirKind::Concat(parts) => {
            let mut rest =
                parts.iter().filter(|part| !matches!(part.kind(), HirKind::Look(Look::Start | Look::End)));
            let only = rest.next()?;
            let inner = parts.iter().position(|part| std::ptr::eq(part, only))?;
            let anchored = |parts: &[Hir], look| parts.iter().all(|part| *part.kind() == HirKind::Look(look));
            let (before, after) = (parts.get(..inner)?, parts.get(inner + 1..)?);
            (anchored(before, Look::Start) && anchored(after, Look::End)).then(|| literal(only)).flatten()
        }
        _ => None,
    }
}

impl Machine {
    fn build(hir: &Hir) -> Result<Self, &'static str> {
        let config = thompson::Config::new()
            .utf8(false)
            .nfa_size_limit(Some(MAX_NFA_BYTES))
            .which_captures(WhichCaptures::None);
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(hir);
        let nfa = nfa.map_err(|_| "it is too large: its repetitions multiply")?;
        let dfa = dense::Builder::new().configure(dfa_config()).build_from_nfa(&nfa);
        let start = |dfa: &dense::DFA<_>| dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok();
        if let Ok(dfa) = dfa
            && let Some(start) = start(&dfa)
        {
            return Ok(Self::Dfa { dfa: Box::new(dfa), start });
        }
        Nfa::new(nfa).map(Self::Nfa).ok_or("it is too large: neither its DFA nor its NFA is small enough")
    }
}

fn dfa_config() -> dense::Config {
    dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::All)
        .accelerate(false)
        .dfa_size_limit(Some(MAX_DFA_BYTES))
        .determinize_size_limit(Some(MAX_DETERMINIZE_BYTES))
}

#[cfg(test)]
mod tests;

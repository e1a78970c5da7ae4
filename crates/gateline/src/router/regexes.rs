use aho_corasick::{AhoCorasick, automaton::OverlappingState};

use super::Map;
use super::candidates::Candidates;
use super::patterns::{PatternId, Patterns};
use super::search::{Observe, Walk};
use crate::pattern::atoms::{Atoms, shortest};

/// Atoms of one automaton: those seen are remembered on the stack.
const ATOMS: usize = 1024;

/// Regular expressions over paths. One pass over the path finds which patterns may match, by a text that each needs
/// and few others do; these are then checked one by one.
#[derive(Debug, Default)]
pub(super) struct Regexes {
    entries: Vec<Entry>,
    filters: Vec<Filter>,
    /// Patterns that need no text of two bytes: all are checked. Indexes into `entries`, strongest first.
    rest: Vec<u32>,
}

#[derive(Debug)]
struct Entry {
    pattern: PatternId,
    candidates: Candidates,
}

#[derive(Debug)]
struct Filter {
    automaton: AhoCorasick,
    /// By atom: indexes into `entries`, strongest first.
    entries: Vec<Vec<u32>>,
}

impl Regexes {
    /// From distinct patterns.
    pub(super) fn build(mut patterns: Vec<(PatternId, Candidates)>, compiled: &Patterns) -> Self {
        patterns.sort_by_key(|(_, candidates)| candidates.first());
        let atoms = |id: PatternId| compiled.get(id).map(|pattern| &*pattern.atoms).unwrap_or_default();
        let mut shares: Map<&[u8], usize> = Map::default();
        for atom in patterns.iter().flat_map(|(id, _)| atoms(*id)).flatten() {
            *shares.entry(atom).or_default() += 1;
        }
        let share = |atoms: &&Atoms| -> usize { atoms.iter().filter_map(|atom| shares.get(&**atom)).sum() };
        let mut regexes = Self::default();
        let mut ids: Map<&[u8], usize> = Map::default();
        let mut by_atom: Vec<(&[u8], Vec<u32>)> = Vec::new();
        for (entry, (id, _)) in (0..).zip(&patterns) {
            let rarest =
                atoms(*id).iter().min_by_key(|atoms| (share(atoms), std::cmp::Reverse(shortest(atoms))));
            let Some(rarest) = rarest else {
                regexes.rest.push(entry);
                continue;
            };
            for atom in rarest {
                let id = *ids.entry(atom).or_insert_with(|| {
                    by_atom.push((atom, Vec::new()));
                    by_atom.len() - 1
                });
                by_atom.get_mut(id).into_iter().for_each(|(_, entries)| entries.push(entry));
            }
        }
        for chunk in by_atom.chunks(ATOMS) {
            regexes.filter(chunk);
        }
        let entry = |(pattern, candidates)| Entry { pattern, candidates };
        regexes.entries = patterns.into_iter().map(entry).collect();
        regexes
    }

    fn filter(&mut self, atoms: &[(&[u8], Vec<u32>)]) {
        if let Ok(automaton) = AhoCorasick::new(atoms.iter().map(|(atom, _)| atom)) {
            let entries = atoms.iter().map(|(_, entries)| entries.clone()).collect();
            self.filters.push(Filter { automaton, entries });
        } else {
            // Too many bytes for an automaton: check them all.
            self.rest.extend(atoms.iter().flat_map(|(_, entries)| entries));
            self.rest.sort_unstable();
            self.rest.dedup();
        }
    }

    pub(super) fn search<O: Observe>(&self, path: &str, patterns: &Patterns, walk: &mut Walk<'_, '_, O>) {
        for filter in &self.filters {
            let mut seen = [0_u64; ATOMS / 64];
            let mut state = OverlappingState::start();
            while filter.automaton.try_find_overlapping(path, &mut state).is_ok()
                && let Some(found) = state.get_match()
            {
                let atom = found.pattern().as_usize();
                let bit = 1 << (atom % 64);
                if let Some(word) = seen.get_mut(atom / 64)
                    && *word & bit == 0
                {
                    *word |= bit;
                    self.check(filter.entries.get(atom).into_iter().flatten(), path, patterns, walk);
                }
            }
        }
        self.check(self.rest.iter(), path, patterns, walk);
    }

    fn check<'e, O: Observe>(
        &self,
        entries: impl Iterator<Item = &'e u32>,
        path: &str,
        patterns: &Patterns,
        walk: &mut Walk<'_, '_, O>,
    ) {
        for entry in entries {
            let Some(entry) = self.entries.get(*entry as usize) else { continue };
            if !walk.wants(entry.candidates.first()) {
                return;
            }
            if patterns.get(entry.pattern).is_some_and(|pattern| pattern.matches(path.bytes())) {
                walk.visit(&entry.candidates);
            }
        }
    }

    pub(super) fn candidates(&self) -> impl Iterator<Item = &Candidates> {
        self.entries.iter().map(|entry| &entry.candidates)
    }

    pub(super) fn rest(&self) -> usize {
        self.rest.len()
    }
}

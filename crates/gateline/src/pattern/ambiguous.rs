use std::collections::HashSet;

use regex_automata::nfa::thompson::{self, NFA, State, Transition, WhichCaptures};
use regex_automata::util::primitives::StateID;

use super::{MAX_NFA_BYTES, parse};

/// More states than this are not looked at: pairs of them are.
const MAX_STATES: usize = 96;
/// More ways through a pattern without reading a byte are not followed.
const MAX_WAYS: usize = 4096;

/// Whether an engine that backtracks may need exponential time to find that a text does not match: some text leads from a
/// state of the pattern back to it in two ways, as `aa` does in `(a+)+`. Gateline's own engine never does.
///
/// `None` if that was not found out: the pattern is refused, has anchors or word boundaries within, repeats what may be empty
/// (engines differ in what they do then), or is large.
/// O(states^3) for at most 96 states.
#[must_use]
pub fn backtracks(pattern: &str) -> Option<bool> {
    let config = thompson::Config::new()
        .utf8(false)
        .nfa_size_limit(Some(MAX_NFA_BYTES))
        .which_captures(WhichCaptures::None);
    let hir = parse(pattern).ok()?;
    let nfa = thompson::Compiler::new().configure(config).build_from_hir(&hir).ok()?;
    let graph = Graph::new(&nfa)?;
    let mut states = 0..graph.edges.len();
    Some(states.any(|state| graph.returns_twice(state)))
}

/// An edge to the next state that reads a byte.
struct Edge {
    from: u8,
    to: u8,
    target: usize,
}

/// The states that read a byte, and how one gets from one to the next: one edge for each way.
struct Graph {
    edges: Vec<Vec<Edge>>,
}

type Pair = (usize, usize);

impl Graph {
    fn new(nfa: &NFA) -> Option<Self> {
        let reads =
            |state: &State| matches!(state, State::ByteRange { .. } | State::Sparse(_) | State::Dense(_));
        let readers: Vec<usize> =
            (0..nfa.states().len()).filter(|id| nfa.states().get(*id).is_some_and(reads)).collect();
        if readers.len() > MAX_STATES {
            return None;
        }
        let mut edges = Vec::with_capacity(readers.len());
        for reader in &readers {
            let mut own = Vec::new();
            for Transition { start, end, next } in transitions(nfa.states().get(*reader)?)? {
                for target in ways(nfa, next)? {
                    let target = readers.iter().position(|one| *one == target)?;
                    own.push(Edge { from: start, to: end, target });
                }
            }
            edges.push(own);
        }
        Some(Self { edges })
    }

    /// Two ways from a state back to it, by one text.
    fn returns_twice(&self, state: usize) -> bool {
        let origin = (state, state);
        let mut seen: HashSet<(Pair, bool)> = HashSet::from([(origin, false)]);
        let mut next = vec![(origin, false)];
        while let Some((pair, apart)) = next.pop() {
            for (pair, parted) in self.steps(pair) {
                let apart = apart || parted;
                if pair == origin && apart {
                    return true;
                }
                if seen.insert((pair, apart)) {
                    next.push((pair, apart));
                }
            }
        }
        false
    }

    /// The pairs that one byte leads to, and whether the two ways parted.
    fn steps(&self, (a, b): Pair) -> Vec<(Pair, bool)> {
        let of = |state: usize| self.edges.get(state).map(Vec::as_slice).unwrap_or_default();
        let mut steps = Vec::new();
        for (i, one) in of(a).iter().enumerate() {
            for (j, other) in of(b).iter().enumerate() {
                if one.from <= other.to && other.from <= one.to {
                    let pair = (one.target.min(other.target), one.target.max(other.target));
                    steps.push((pair, a != b || i != j));
                }
            }
        }
        steps
    }
}

fn transitions(state: &State) -> Option<Vec<Transition>> {
    match state {
        State::ByteRange { trans } => Some(vec![*trans]),
        State::Sparse(sparse) => Some(sparse.transitions.to_vec()),
        _ => None,
    }
}

/// The states that read a byte and are reached without reading one, once for each way there. `None` if there are too many, or
/// an assertion stands in the way.
fn ways(nfa: &NFA, from: StateID) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    let mut open = vec![vec![from]];
    let mut steps = 0;
    while let Some(way) = open.pop() {
        steps += 1;
        if steps > MAX_WAYS {
            return None;
        }
        let last = *way.last()?;
        let next: &[StateID] = match nfa.state(last) {
            State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => {
                found.push(last.as_usize());
                &[]
            }
            State::Union { alternates } => alternates,
            State::BinaryUnion { alt1, alt2 } => &[*alt1, *alt2],
            State::Capture { next, .. } => &[*next],
            State::Look { .. } => return None,
            State::Match { .. } | State::Fail => &[],
        };
        for to in next {
            if way.contains(to) {
                return None;
            }
            open.push(way.iter().copied().chain([*to]).collect());
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::backtracks;

    #[test]
    fn two_ways_back() {
        for pattern in ["/(a+)+", "/([a-z]+/?)+", "/(a|ab|b)*c"] {
            assert_eq!(backtracks(pattern), Some(true), "{pattern}");
        }
    }

    #[test]
    fn one_way_back() {
        for pattern in [
            "/users/[0-9]+/profile",
            "/([a-z]+/)*x",
            "/.*/.*/x",
            "/(a|b)*",
            "/api(/.*)?",
            "/(foo|bar)/v[0-9]+(/[^/]+)*",
        ] {
            assert_eq!(backtracks(pattern), Some(false), "{pattern}");
        }
        assert_eq!(backtracks("/(a*)*x"), None);
        assert_eq!(backtracks("^/a$"), None);
        assert_eq!(backtracks("("), None);
    }
}

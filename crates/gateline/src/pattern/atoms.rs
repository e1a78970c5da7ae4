use regex_syntax::hir::{Hir, HirKind};

/// Texts of which at least one stands in every value that matches.
pub(crate) type Atoms = Vec<Box<[u8]>>;

/// Shorter texts stand in almost every value and select nothing.
const MIN_ATOM: usize = 2;
/// More alternatives than this are not worth their look-ups.
const MAX_ALTERNATIVES: usize = 64;

/// What must stand in a matching value: one set for each part of the pattern that must occur.
pub(super) fn required(hir: &Hir) -> Vec<Atoms> {
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.len() >= MIN_ATOM => vec![vec![literal.0.clone()]],
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(required).collect(),
        HirKind::Alternation(branches) => any_of(branches).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// One set that covers all branches, from the longest text of each.
fn any_of(branches: &[Hir]) -> Option<Atoms> {
    let mut atoms = Vec::new();
    for branch in branches {
        atoms.extend(required(branch).into_iter().max_by_key(shortest)?);
    }
    (atoms.len() <= MAX_ALTERNATIVES).then_some(atoms)
}

/// The length of the shortest of its texts.
pub(crate) fn shortest(atoms: &Atoms) -> usize {
    atoms.iter().map(|atom| atom.len()).min().unwrap_or_default()
}

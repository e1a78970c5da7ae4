use super::index::Index;
use super::search::Search;
use super::slot::{Position, Slots};

/// The longest list that is tried one by one; longer ones are indexed by what their matches ask for.
const LONGEST_LIST: usize = 8;
/// Indexes within indexes: each level asks for one more predicate.
const MAX_DEPTH: usize = 4;

/// Matches that share a path (and, within an index, a predicate), strongest first.
#[derive(Debug)]
pub(super) enum Candidates {
    One(Position),
    List(Box<[Position]>),
    Index(Box<Index>),
}

impl Candidates {
    /// From positions in ascending order, at least one.
    pub(super) fn build(positions: Vec<Position>, slots: &Slots<'_>, depth: usize) -> Self {
        if let [only] = *positions {
            return Self::One(only);
        }
        if positions.len() > LONGEST_LIST && depth < MAX_DEPTH {
            match Index::build(positions, slots, depth) {
                Ok(index) => return Self::Index(Box::new(index)),
                Err(positions) => return Self::List(positions.into()),
            }
        }
        Self::List(positions.into())
    }

    #[cfg(test)]
    pub(super) fn one(position: u32) -> Self {
        Self::One(position)
    }

    /// The position of the strongest.
    pub(super) fn first(&self) -> Position {
        match self {
            Self::One(position) => *position,
            Self::List(list) => list.first().copied().unwrap_or(Position::MAX),
            Self::Index(index) => index.first,
        }
    }

    /// Improves on the best match found so far, if one of these does.
    #[inline]
    pub(super) fn search(&self, search: &mut Search<'_>) {
        match self {
            Self::One(position) => drop(search.take(*position)),
            Self::List(list) => {
                for position in list {
                    if search.take(*position) {
                        break;
                    }
                }
            }
            Self::Index(index) => index.search(search),
        }
    }

    pub(super) fn each(&self, visit: &mut impl FnMut(Position)) {
        match self {
            Self::One(position) => visit(*position),
            Self::List(list) => list.iter().copied().for_each(visit),
            Self::Index(index) => index.parts().for_each(|part| part.each(visit)),
        }
    }

    /// The longest list that a search may have to try one by one.
    pub(super) fn longest(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::List(list) => list.len(),
            Self::Index(index) => index.parts().map(Self::longest).max().unwrap_or_default(),
        }
    }
}

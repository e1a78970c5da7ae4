use super::conditions::{Conditions, Failure};
use super::patterns::Patterns;
use super::request::Request;
use crate::decision::Hit;

/// The precedence of a match among those of its listener: 0 is the strongest.
pub(super) type Position = u32;

/// A match of an attached route, for one of its hostnames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) hit: Hit,
    /// Index into the conditions of the router.
    pub(super) conditions: u32,
    /// Index of the attached route on its listener, and of the hostname on it.
    pub(super) hostname: (u32, u32),
}

/// No conditions.
pub(super) const FREE: u32 = u32::MAX;

/// The matches of a listener in order of precedence, with what they ask for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots<'r> {
    pub(super) list: &'r [Slot],
    pub(super) conditions: &'r [Conditions],
    pub(super) patterns: &'r Patterns,
}

impl<'r> Slots<'r> {
    pub(super) fn conditions(&self, position: Position) -> Option<&'r Conditions> {
        let slot = self.list.get(position as usize)?;
        self.conditions.get(slot.conditions as usize)
    }

    pub(super) fn failure(&self, position: Position, request: &Request<'_>) -> Option<Failure> {
        self.conditions(position)?.failure(request, self.patterns)
    }
}

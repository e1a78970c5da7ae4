use std::ops::Deref;

use super::WeightedBackend;
use crate::weight::Weights;

/// The `backendRefs` of a rule, in the order written, with their weights summed up for picking.
///
/// A read-only list: build it with `collect()` or from a `Vec`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backends {
    list: Vec<WeightedBackend>,
    weights: Weights,
}

impl Backends {
    /// The index of the backendRef that `x`, any number spread evenly over `u64`, falls to. Invalid ones keep their
    /// share; weight 0 is never picked; `None` if there are no others. O(log n), no allocation.
    #[must_use]
    pub fn pick_index(&self, x: u64) -> Option<usize> {
        self.weights.pick(x)
    }

    /// The least number that falls to a backendRef; `None` for one of weight 0.
    #[must_use]
    pub fn number(&self, index: usize) -> Option<u64> {
        self.weights.number(index)
    }

    /// The backendRef at [`Backends::pick_index`].
    #[must_use]
    pub fn pick(&self, x: u64) -> Option<&WeightedBackend> {
        self.list.get(self.pick_index(x)?)
    }
}

impl From<Vec<WeightedBackend>> for Backends {
    fn from(list: Vec<WeightedBackend>) -> Self {
        let weights = list.iter().map(|backend| backend.weight).collect();
        Self { list, weights }
    }
}

impl FromIterator<WeightedBackend> for Backends {
    fn from_iter<I: IntoIterator<Item = WeightedBackend>>(backends: I) -> Self {
        Vec::from_iter(backends).into()
    }
}

impl Deref for Backends {
    type Target = [WeightedBackend];

    fn deref(&self) -> &Self::Target {
        &self.list
    }
}

impl<'a> IntoIterator for &'a Backends {
    type Item = &'a WeightedBackend;
    type IntoIter = std::slice::Iter<'a, WeightedBackend>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

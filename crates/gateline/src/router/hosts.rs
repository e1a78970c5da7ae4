use std::ops::ControlFlow;

use super::Map;
use crate::model::HostPattern;

/// Values by hostname, found from the most specific to the least: one hash look-up for the exact name, one for
/// wildcards of one label, if there are any, one for each depth at which a wildcard occurs. O(length of the host).
#[derive(Debug)]
pub(super) struct Hosts<T> {
    pub(super) exact: Map<Box<str>, T>,
    pub(super) label: Map<Box<str>, T>,
    pub(super) wildcard: Map<Box<str>, T>,
    /// Bit n: some wildcard has n labels after its `*`. A host of 253 bytes has at most 127 labels.
    depths: u128,
    pub(super) any: Option<T>,
}

impl<T> Default for Hosts<T> {
    fn default() -> Self {
        Self { exact: Map::default(), label: Map::default(), wildcard: Map::default(), depths: 0, any: None }
    }
}

impl<T: Copy> Hosts<T> {
    pub(super) fn insert(&mut self, pattern: Option<&HostPattern>, value: T) {
        match pattern {
            Some(HostPattern::Exact(name)) => drop(self.exact.insert(name.clone(), value)),
            Some(HostPattern::Label(suffix)) => drop(self.label.insert(suffix.clone(), value)),
            Some(HostPattern::Wildcard(suffix)) => {
                self.depths |= depth(1 + dots(suffix));
                self.wildcard.insert(suffix.clone(), value);
            }
            None => self.any = Some(value),
        }
    }

    /// Calls `visit` with the value of each pattern that matches the host, until it breaks.
    #[inline]
    pub(super) fn visit(&self, host: &str, mut visit: impl FnMut(T) -> ControlFlow<()>) -> ControlFlow<()> {
        if let Some(&value) = self.exact.get(host) {
            visit(value)?;
        }
        if !self.label.is_empty()
            && let Some((_, parent)) = host.split_once('.').filter(|(label, _)| !label.is_empty())
            && let Some(&value) = self.label.get(parent)
        {
            visit(value)?;
        }
        if self.depths != 0 {
            let mut labels = 1 + dots(host);
            let mut suffix = host;
            while let Some((_, rest)) = suffix.split_once('.') {
                (labels, suffix) = (labels - 1, rest);
                if self.depths & depth(labels) != 0
                    && let Some(&value) = self.wildcard.get(suffix)
                {
                    visit(value)?;
                }
            }
        }
        self.any.map_or(ControlFlow::Continue(()), visit)
    }

    /// The value of the most specific pattern.
    pub(super) fn best(&self, host: &str) -> Option<T> {
        let mut best = None;
        let _ = self.visit(host, |value| {
            best = Some(value);
            ControlFlow::Break(())
        });
        best
    }
}

fn dots(host: &str) -> usize {
    host.bytes().filter(|byte| *byte == b'.').count()
}

/// All depths that no host reaches share the last bit.
fn depth(labels: usize) -> u128 {
    1 << labels.min(127)
}

use std::ops::ControlFlow;

use super::bucket::Bucket;
use super::conditions::Conditions;
use super::hosts::Hosts;
use super::patterns::Patterns;
use super::request::Request;
use super::search::{NEXT, Observe, Search, Walk};
use super::slot::{Position, Slot, Slots};
use crate::model::ListenerId;

/// Listeners of one entry that have the same hostname, with the matches of their routes. Most often there is one; several
/// Gateways on one port may have more.
#[derive(Debug)]
pub(super) struct Group {
    /// By name. At least one.
    pub(super) listeners: Box<[ListenerId]>,
    /// Whether one of them has filters before routing.
    pub(super) filtered: bool,
    pub(super) slots: Box<[Slot]>,
    pub(super) hosts: Hosts<u32>,
    pub(super) buckets: Box<[Bucket]>,
}

impl Group {
    pub(super) fn listener(&self) -> Option<ListenerId> {
        self.listeners.first().copied()
    }

    pub(super) fn slots<'r>(&'r self, conditions: &'r [Conditions], patterns: &'r Patterns) -> Slots<'r> {
        Slots { list: &self.slots, conditions, patterns }
    }

    /// The strongest match of a host, whatever else it asks for: rules for connections ask for nothing.
    pub(super) fn first(&self, host: &str) -> Option<Position> {
        let mut first = Position::MAX;
        let _ = self.hosts.visit(host, |bucket| {
            first = self.buckets.get(bucket as usize).map_or(first, |bucket| first.min(bucket.first));
            NEXT
        });
        (first != Position::MAX).then_some(first)
    }

    /// The strongest match. With `fallback` a host whose rules do not match falls through to the less specific one.
    pub(super) fn search<'a, O: Observe>(
        &self,
        (host, fallback): (&str, bool),
        request: &'a Request<'a>,
        slots: Slots<'a>,
        observer: &mut O,
    ) -> Option<Position> {
        let mut search = Search::new(request, slots);
        let mut walk = Walk { search: &mut search, observer };
        let _ = self.hosts.visit(host, |bucket| {
            if let Some(bucket) = self.buckets.get(bucket as usize).filter(|bucket| walk.wants(bucket.first))
            {
                bucket.search(&mut walk);
            }
            if fallback { NEXT } else { ControlFlow::Break(()) }
        });
        search.best()
    }
}

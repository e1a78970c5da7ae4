use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::{Host, HostKey, Hosts};
use crate::snapshot::Upstream;

/// Chooses among the endpoints of one backend, for one thread: of two neighbours in turn the one with fewer requests
/// under way. That is round robin while all are equally quick, and least request where one is slow.
#[derive(Debug)]
pub(crate) struct Balancer {
    hosts: RefCell<Vec<Rc<Host>>>,
    cursor: Cell<usize>,
    /// What each name stood for when `hosts` was made.
    looked_up: RefCell<Vec<Arc<Vec<SocketAddr>>>>,
}

impl Balancer {
    pub(crate) fn new(upstream: &Upstream, known: &Hosts) -> Self {
        let balancer = Self {
            hosts: RefCell::default(),
            // Threads do not start at the same endpoint.
            cursor: Cell::new(fastrand::usize(..)),
            looked_up: RefCell::default(),
        };
        balancer.rebuild(upstream, known);
        balancer
    }

    fn rebuild(&self, upstream: &Upstream, known: &Hosts) {
        let looked_up: Vec<_> = upstream.names.iter().map(|name| name.addresses()).collect();
        let addresses = upstream.addresses.iter().chain(looked_up.iter().flat_map(|list| list.iter()));
        let host = |address: &SocketAddr| known.get(HostKey { address: *address, tls: upstream.tls.clone() });
        *self.hosts.borrow_mut() = addresses.map(host).collect();
        *self.looked_up.borrow_mut() = looked_up;
    }

    fn refresh(&self, upstream: &Upstream, known: &Hosts) {
        if !upstream.names.is_empty() && self.is_stale(upstream) {
            self.rebuild(upstream, known);
        }
    }

    fn is_stale(&self, upstream: &Upstream) -> bool {
        let looked_up = self.looked_up.borrow();
        upstream.names.iter().zip(looked_up.iter()).any(|(name, before)| !name.is_still(before))
    }

    /// The endpoint with this address, where there is one that may be used.
    pub(crate) fn find(&self, upstream: &Upstream, known: &Hosts, address: SocketAddr) -> Option<Rc<Host>> {
        self.refresh(upstream, known);
        let hosts = self.hosts.borrow();
        let mut hosts = hosts.iter().filter(|host| host.key.address == address);
        hosts.find(|host| host.health.admits(Instant::now)).cloned()
    }

    /// The endpoint for the next try, another than `last` where there is one. Ejected endpoints are taken only if all
    /// are ejected. `None` if there are none.
    pub(crate) fn pick(
        &self,
        upstream: &Upstream,
        known: &Hosts,
        last: Option<&Rc<Host>>,
    ) -> Option<Rc<Host>> {
        self.refresh(upstream, known);
        let hosts = self.hosts.borrow();
        let start = self.cursor.get();
        self.cursor.set(start.wrapping_add(1));
        let turn = |offset: usize| hosts.get(start.wrapping_add(offset) % hosts.len());
        let is_last = |host: &Rc<Host>| last.is_some_and(|last| Rc::ptr_eq(last, host));
        let mut usable = (0..hosts.len())
            .filter_map(turn)
            .filter(|host| !is_last(host) && host.health.admits(Instant::now));
        let chosen = match usable.next() {
            Some(first) => {
                let second = usable.next().filter(|second| second.active() < first.active());
                second.unwrap_or(first)
            }
            None => (0..hosts.len()).find_map(turn)?,
        };
        chosen.health.taken(Instant::now);
        Some(chosen.clone())
    }
}

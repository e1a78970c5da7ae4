use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use gateline::model::{BackendId, ListenerId, Target, WeightedBackend};
use gateline::weight::Sequence;
use gateline::{Hit, RuleView};

use crate::snapshot::{Snapshot, Upstream};
use crate::upstream::{Balancer, Hosts};

/// A snapshot with what one thread adds to it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) hosts: Rc<Hosts>,
    balancers: Vec<Balancer>,
    /// One a rule: its bound on the error of a weighted split holds for one sequence, so for the requests of a rule on
    /// a thread.
    sequences: Vec<Sequence>,
}

impl State {
    pub(crate) fn new(snapshot: Arc<Snapshot>, hosts: &Rc<Hosts>) -> Self {
        Self {
            balancers: snapshot.upstreams.iter().map(|upstream| Balancer::new(upstream, hosts)).collect(),
            sequences: (0..snapshot.rules).map(|_| Sequence::new(fastrand::u64(..))).collect(),
            hosts: hosts.clone(),
            snapshot,
        }
    }

    /// The number that picks the backend for a request.
    pub(crate) fn draw(&self, hit: Hit) -> u64 {
        self.sequences.get(self.snapshot.rule_index(hit)).map_or(0, Sequence::next)
    }

    /// A backend as requests of a listener meet it.
    pub(crate) fn backend(&self, id: BackendId, listener: ListenerId) -> Option<(&Upstream, &Balancer)> {
        let index = self.snapshot.upstream(id, listener);
        Some((self.snapshot.upstreams.get(index)?, self.balancers.get(index)?))
    }

    /// The backendRef of a rule that an endpoint belongs to, if it can be used.
    pub(crate) fn backend_of<'r>(
        &self,
        view: RuleView<'r>,
        endpoint: SocketAddr,
    ) -> Option<&'r WeightedBackend> {
        view.rule.backends.into_iter().find(|backend| {
            let Target::Backend(id) = backend.target else { return false };
            self.backend(id, view.hit.listener)
                .is_some_and(|(upstream, balancer)| balancer.find(upstream, &self.hosts, endpoint).is_some())
        })
    }
}

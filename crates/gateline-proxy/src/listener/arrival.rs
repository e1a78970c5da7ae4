use std::net::SocketAddr;
use std::rc::Rc;

use gateline::model::Protocol;

use crate::l4::Flow;
use crate::worker::Worker;

/// A connection that was accepted. Counts among the open ones until it is dropped.
pub(crate) struct Arrival {
    pub(crate) worker: Rc<Worker>,
    /// Of the listener, not of the socket.
    pub(crate) port: u16,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
}

impl Arrival {
    pub(super) fn new(worker: &Rc<Worker>, port: u16, peer: SocketAddr, local: SocketAddr) -> Self {
        worker.connections.set(worker.connections.get() + 1);
        Self { worker: worker.clone(), port, peer, local }
    }

    /// The report of a connection that is passed on whole.
    pub(crate) fn flow(&self, protocol: Protocol, sni: Option<&str>) -> Flow {
        Flow::begin(&self.worker, (self.port, protocol), (self.peer, self.local), sni)
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let connections = &self.worker.connections;
        connections.set(connections.get().saturating_sub(1));
    }
}

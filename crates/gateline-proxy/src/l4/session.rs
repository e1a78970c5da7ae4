use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use gateline::model::{BackendId, ListenerId, Target};
use gateline::{Connect, Opening, RuleView};
use socket2::SockRef;
use tokio::net::UdpSocket;

use super::Flow;
use crate::snapshot::Transport;
use crate::upstream::{Active, Failure, Host};
use crate::worker::{State, Worker};

/// The datagrams of one client: they all go to one endpoint.
pub(super) struct Session {
    pub(super) flow: Flow,
    /// `None`: a backend that cannot be followed was picked, and keeps its share.
    pub(super) upstream: Option<Upstream>,
    /// The configuration that was looked at last.
    state: RefCell<Rc<State>>,
    worker: Rc<Worker>,
}

/// A socket of the session's own, connected to its endpoint.
pub(super) struct Upstream {
    pub(super) socket: UdpSocket,
    backend: String,
    host: Rc<Host>,
    _active: Active,
}

/// Why there is no session.
pub(super) enum NoSession {
    NoRoute,
    /// No endpoint, or none that can be sent to.
    NoEndpoint,
}

impl Session {
    /// Picks the backend by the weights of the rule, and an endpoint of it.
    pub(super) fn open(
        worker: &Rc<Worker>,
        port: u16,
        state: &Rc<State>,
        flow: impl FnOnce() -> Flow,
    ) -> Result<Self, NoSession> {
        let view = rule(state, port).ok_or(NoSession::NoRoute)?;
        let picked = view.rule.backends.pick(state.draw(view.hit)).ok_or(NoSession::NoRoute)?;
        let (upstream, why) = match &picked.target {
            Target::Backend(id) => (
                Some(Upstream::open(state, *id, view.hit.listener).map_err(|_| NoSession::NoEndpoint)?),
                None,
            ),
            Target::Invalid { reason, .. } => (None, Some(reason)),
        };
        let flow = flow();
        flow.hit(&state.snapshot.router, view.hit);
        if let Some(upstream) = &upstream {
            flow.backend(&upstream.backend);
            flow.endpoint(upstream.host.key.address);
        }
        if let Some(why) = why {
            flow.refused("UH", &**why);
        }
        worker.sessions.set(worker.sessions.get() + 1);
        Ok(Self { flow, upstream, state: RefCell::new(state.clone()), worker: worker.clone() })
    }

    /// Whether it goes on under a configuration: its rule must still name the backend, and that the endpoint.
    pub(super) fn stays(&self, state: &Rc<State>, port: u16) -> bool {
        if Rc::ptr_eq(&self.state.borrow(), state) {
            return true;
        }
        let stays = self.upstream.as_ref().zip(rule(state, port)).is_some_and(|(upstream, view)| {
            view.rule.backends.iter().any(|backend| match backend.target {
                Target::Backend(id) => upstream.is_of(state, id, view.hit.listener),
                Target::Invalid { .. } => false,
            })
        });
        if stays {
            self.state.replace(state.clone());
        }
        stays
    }

    /// Sends a datagram on. An error says that the endpoint is gone.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.flow.received(bytes.len());
        let Some(upstream) = &self.upstream else {
            self.flow.dropped();
            return Ok(());
        };
        // Not through the runtime, which does not know yet that a new socket can be written to.
        match SockRef::from(&upstream.socket).send(bytes) {
            Err(error) if is_gone(&error) => {
                upstream.judge(Err(error));
                Err(io::ErrorKind::ConnectionRefused.into())
            }
            Err(_) => {
                self.flow.dropped();
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let sessions = &self.worker.sessions;
        sessions.set(sessions.get().saturating_sub(1));
    }
}

impl Upstream {
    fn open(state: &State, id: BackendId, listener: ListenerId) -> io::Result<Self> {
        let none = || io::Error::from(io::ErrorKind::NotFound);
        let (upstream, balancer) = state.backend(id, listener).ok_or_else(none)?;
        let host = balancer.pick(upstream, &state.hosts, None).ok_or_else(none)?;
        let any: SocketAddr = match host.key.address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = std::net::UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        socket.connect(host.key.address)?;
        let socket = UdpSocket::from_std(socket)?;
        Ok(Self { socket, backend: upstream.name.clone(), _active: Active::new(&host), host })
    }

    fn is_of(&self, state: &State, id: BackendId, listener: ListenerId) -> bool {
        state.backend(id, listener).is_some_and(|(upstream, balancer)| {
            let address = self.host.key.address;
            upstream.name == self.backend && balancer.find(upstream, &state.hosts, address).is_some()
        })
    }

    /// What an answer, or a refusal (ICMP), says of the endpoint.
    pub(super) fn judge(&self, result: io::Result<()>) {
        self.host.judge(&result.map_err(Failure::Connect));
    }
}

/// Whether a host or a port said that it is not there.
pub(super) fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
}

fn rule(state: &State, port: u16) -> Option<RuleView<'_>> {
    let entry = state.snapshot.port(Transport::Udp, port)?.entry;
    match state.snapshot.router.connect(entry, &Opening::Udp) {
        Connect::Rule(hit) => state.snapshot.router.view(hit),
        _ => None,
    }
}

use std::rc::Rc;

use gateline::model::{BackendId, ListenerId, Protocol, Target, TlsMode};
use gateline::{MissReason, RuleView};
use tokio::io::AsyncWriteExt;

use super::Flow;
use super::copy::copy;
use crate::listener::Arrival;
use crate::upstream::{Failure, Opened, Stream};
use crate::worker::State;

/// Endpoints that are tried for one connection.
const TRIES: usize = 3;

/// A connection whose backend is known.
pub(crate) struct Passage {
    flow: Flow,
    state: Rc<State>,
    backend: BackendId,
    listener: ListenerId,
    /// The client's own TLS goes to the backend, and no other is wrapped around it.
    through: bool,
    /// Counts the connection while it lasts.
    arrival: Arrival,
}

impl Passage {
    /// Picks the backend by the weights of the rule. `None` where that is one that cannot be followed: the connection is to
    /// be reset.
    pub(crate) fn begin(
        arrival: Arrival,
        state: Rc<State>,
        view: RuleView<'_>,
        sni: Option<&str>,
    ) -> Option<Self> {
        let protocol = view.listener.protocol;
        let flow = arrival.flow(protocol, sni);
        flow.hit(&state.snapshot.router, view.hit);
        let through = protocol == Protocol::Tls && view.listener.mode == TlsMode::Passthrough;
        match pick(&state, view, through) {
            Ok(backend) => Some(Self { flow, state, backend, listener: view.hit.listener, through, arrival }),
            Err(why) => {
                flow.refused("UH", why);
                None
            }
        }
    }

    pub(crate) fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// Passes the connection on, and before it the bytes that were read already.
    pub(crate) async fn run(self, client: Stream, first: &[u8]) {
        let mut upstream = match self.connect().await {
            Ok(upstream) => upstream,
            Err(failure) => {
                let flags = if failure.is_some() { "UF" } else { "UH" };
                let why = failure.map_or_else(|| "no healthy upstream".into(), |failure| failure.to_string());
                self.flow.refused(flags, why);
                return client.reset();
            }
        };
        let Self { flow, state, arrival, .. } = self;
        // A connection may outlive many configurations.
        drop(state);
        if !first.is_empty() {
            flow.received(first.len());
            if let Err(error) = upstream.stream.write_all(first).await {
                flow.failed("UC", error.to_string());
                return client.reset();
            }
        }
        copy(client, upstream.stream, &flow).await;
        drop((upstream.active, arrival));
    }

    /// Tries further endpoints where one cannot be reached. `Err(None)`: there is none.
    async fn connect(&self) -> Result<Opened, Option<Failure>> {
        let (upstream, balancer) = self.state.backend(self.backend, self.listener).ok_or(None)?;
        self.flow.backend(&upstream.name);
        let tls = upstream.policy_tls().filter(|_| !self.through);
        let (mut last, mut failure) = (None, None);
        for _ in 0..TRIES {
            let Some(host) = balancer.pick(upstream, &self.state.hosts, last.as_ref()) else { break };
            if last.as_ref().is_some_and(|last| Rc::ptr_eq(last, &host)) {
                break;
            }
            self.flow.endpoint(host.key.address);
            match host.open(tls).await {
                Ok(opened) => return Ok(opened),
                Err(error) => {
                    tracing::debug!(backend = upstream.name, endpoint = %host.key.address, %error, "no connection");
                    failure = Some(error);
                }
            }
            last = Some(host);
        }
        Err(failure)
    }
}

fn pick(state: &State, view: RuleView<'_>, through: bool) -> Result<BackendId, String> {
    match view.rule.backends.pick(state.draw(view.hit)).map(|backend| &backend.target) {
        None => Err("no backend".into()),
        Some(Target::Invalid { reason, .. }) => Err(reason.to_string()),
        Some(Target::Backend(id)) => match state.backend(*id, view.hit.listener) {
            Some((upstream, _)) if upstream.broken_tls.is_some() && !through => {
                Err("TLS to the backend is not set up".into())
            }
            Some(_) => Ok(*id),
            None => Err("unknown backend".into()),
        },
    }
}

/// Reports a connection that no rule takes.
pub(crate) fn refuse(arrival: &Arrival, protocol: Protocol, reason: MissReason, sni: Option<&str>) {
    let why = match reason {
        MissReason::NoRule => "no route takes it",
        _ => "no listener takes it",
    };
    tracing::debug!(peer = %arrival.peer, port = arrival.port, server_name = sni, "{why}");
    arrival.flow(protocol, sni).refused("NR", why);
}

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;
use std::time::{Duration, Instant};

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::Failure;
use super::connect::connect;
use super::eject::Health;
use super::pool::{Http1, Http1Pool, Http2, Http2Pool, Stream};
use crate::tls::ClientTls;
use crate::worker::{LocalExecutor, Settings};

/// What connections may be shared for: the same address under the same TLS policy. The protocol has a pool each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostKey {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ClientTls>>,
}

/// One endpoint as one thread sees it. Outlives configurations that keep it.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) key: HostKey,
    pub(crate) health: Health,
    settings: Rc<Settings>,
    active: Cell<usize>,
    pub(super) http1: Http1Pool,
    pub(super) http2: Http2Pool,
}

/// All endpoints of a thread.
#[derive(Debug)]
pub(crate) struct Hosts {
    settings: Rc<Settings>,
    map: RefCell<HashMap<HostKey, Rc<Host>>>,
}

impl Hosts {
    pub(crate) fn new(settings: Rc<Settings>) -> Self {
        Self { settings, map: RefCell::default() }
    }

    pub(crate) fn get(&self, key: HostKey) -> Rc<Host> {
        let mut map = self.map.borrow_mut();
        let new = |key: &HostKey| {
            Rc::new(Host {
                key: key.clone(),
                health: Health::default(),
                settings: self.settings.clone(),
                active: Cell::new(0),
                http1: Http1Pool::default(),
                http2: Http2Pool::default(),
            })
        };
        map.entry(key).or_insert_with_key(new).clone()
    }

    /// Forgets endpoints that nobody names any more and closes connections that have been idle for too long.
    pub(crate) fn prune(&self, now: Instant) {
        let age = self.settings.timeouts.idle_upstream;
        self.map.borrow_mut().retain(|_, host| {
            host.http1.prune(now, age);
            host.http2.prune(now, age);
            Rc::strong_count(host) > 1
        });
    }
}

impl Host {
    /// Requests under way.
    pub(crate) fn active(&self) -> usize {
        self.active.get()
    }

    /// What the outcome says of its health.
    pub(crate) fn judge<T>(&self, result: &Result<T, Failure>) {
        match result {
            Ok(_) => self.health.succeeded(),
            Err(error @ (Failure::Connect(_) | Failure::ConnectTimeout | Failure::Tls(_))) => {
                if self.health.failed(Instant::now()) {
                    let endpoint = self.key.address;
                    tracing::warn!(%endpoint, %error, "an endpoint is left out for a while: connections fail");
                }
            }
            Err(_) => {}
        }
    }

    pub(super) fn connect_limit(&self) -> Duration {
        self.settings.timeouts.connect
    }

    pub(super) async fn connect_http1(&self) -> Result<Http1, Failure> {
        let stream = connect(&self.key, false, self.connect_limit()).await?;
        let local = stream.local();
        let (sender, connection) = http1::Builder::new()
            .max_header_size(self.settings.head_limit())
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Failure::Reset)?;
        tokio::task::spawn_local(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "upstream connection");
            }
        });
        Ok(Http1 { sender, local })
    }

    pub(super) async fn stream(&self) -> Result<Stream, Failure> {
        let limit = self.settings.limits.h2_per_endpoint;
        if let Some(stream) = self.http2.take(limit) {
            return Ok(stream);
        }
        let _turn = self.http2.connecting.lock().await;
        if let Some(stream) = self.http2.take(limit) {
            return Ok(stream);
        }
        let stream = connect(&self.key, true, self.connect_limit()).await?;
        let local = stream.local();
        let (sender, allowed) = self.handshake_http2(stream).await?;
        Ok(self.http2.put(sender, local, allowed))
    }

    async fn handshake_http2(
        &self,
        stream: super::connect::Stream,
    ) -> Result<(Http2, Rc<Cell<usize>>), Failure> {
        let (sender, mut connection) = http2::Builder::new(LocalExecutor)
            .timer(TokioTimer::new())
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(1 << 24)
            .max_header_list_size(self.settings.limits.head)
            .keep_alive_interval(self.settings.timeouts.ping)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Failure::Reset)?;
        let allowed = Rc::new(Cell::new(connection.current_max_send_streams()));
        let seen = allowed.clone();
        let mut drive = move |cx: &mut Context<'_>| {
            let polled = Pin::new(&mut connection).poll(cx);
            seen.set(connection.current_max_send_streams());
            polled
        };
        tokio::task::spawn_local(async move {
            if let Err(error) = poll_fn(&mut drive).await {
                tracing::debug!(%error, "upstream connection");
            }
        });
        Ok((sender, allowed))
    }
}

/// Counts a request for as long as it is under way.
#[derive(Debug)]
pub(crate) struct Active(Rc<Host>);

impl Active {
    pub(crate) fn new(host: &Rc<Host>) -> Self {
        host.active.set(host.active.get() + 1);
        Self(host.clone())
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get().saturating_sub(1));
    }
}

/// Keeps a connection or stream in use. Dropped before [`Lease::release`], an HTTP/1.1 connection is closed, because
/// the rest of its response is still to come.
#[derive(Debug)]
pub(crate) struct Lease {
    active: Active,
    carrier: Carrier,
}

#[derive(Debug)]
enum Carrier {
    Http1(Option<Http1>),
    Http2 { stream: Stream },
}

impl Lease {
    /// The other end.
    pub(crate) fn endpoint(&self) -> SocketAddr {
        self.active.0.key.address
    }

    /// Our end of the connection.
    pub(crate) fn local(&self) -> Option<SocketAddr> {
        match &self.carrier {
            Carrier::Http1(connection) => connection.as_ref()?.local,
            Carrier::Http2 { stream } => stream.connection.local,
        }
    }

    pub(super) fn http1(active: Active, connection: Http1) -> Self {
        Self { active, carrier: Carrier::Http1(Some(connection)) }
    }

    pub(super) fn http2(active: Active, stream: Stream) -> Self {
        Self { active, carrier: Carrier::Http2 { stream } }
    }

    /// Gives the connection back: both bodies have been seen to their end.
    pub(crate) fn release(mut self) {
        if let Carrier::Http1(connection) = &mut self.carrier
            && let Some(connection) = connection.take()
        {
            let host = &self.active.0;
            host.http1.put(connection, host.settings.limits.idle_per_endpoint);
        }
    }
}

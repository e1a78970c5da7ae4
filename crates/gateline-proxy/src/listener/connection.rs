use std::cell::Cell;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;

use gateline::model::Protocol;
use gateline::{Connect, Opening};
use http::HeaderValue;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_io_timeout::TimeoutWriter;

use super::{Arrival, secure};
use crate::forward;
use crate::l4::{Passage, refuse};
use crate::metrics::PortMetrics;
use crate::snapshot::Transport;
use crate::upstream::Stream;
use crate::worker::{LocalExecutor, Settings, Worker};

/// The client's end of a connection, as its requests see it.
pub(crate) struct Client {
    pub(crate) worker: Rc<Worker>,
    /// Of the listener, not of the socket.
    pub(crate) port: u16,
    pub(crate) secure: bool,
    pub(crate) sni: Option<String>,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    /// The peer's address for `X-Forwarded-For`.
    pub(crate) address_text: HeaderValue,
    pub(crate) metrics: Rc<PortMetrics>,
    /// Whether a request has come.
    pub(crate) seen: Cell<bool>,
    _arrival: Arrival,
}

impl Client {
    pub(super) fn new(arrival: Arrival, secure: bool, sni: Option<String>) -> Self {
        let Arrival { ref worker, port, peer, local } = arrival;
        let text = peer.ip().to_string();
        let metrics = worker.metrics(port, secure);
        metrics.open();
        Self {
            worker: worker.clone(),
            port,
            secure,
            sni,
            peer,
            local,
            address_text: HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("unknown")),
            metrics,
            seen: Cell::new(false),
            _arrival: arrival,
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.metrics.close();
    }
}

pub(super) fn spawn(
    worker: &Rc<Worker>,
    port: u16,
    stream: TcpStream,
    peer: SocketAddr,
    stop: watch::Receiver<()>,
) {
    let local = canonical(stream.local_addr().unwrap_or(peer));
    let arrival = Arrival::new(worker, port, canonical(peer), local);
    tokio::task::spawn_local(async move {
        // Only a hint to the kernel.
        let _ = stream.set_nodelay(true);
        serve(arrival, stream, stop).await;
    });
}

/// IPv4 as such, although the socket takes it as IPv6.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

async fn serve(arrival: Arrival, stream: TcpStream, stop: watch::Receiver<()>) {
    let state = arrival.worker.state();
    let connect = match state.snapshot.port(Transport::Tcp, arrival.port) {
        Some(port) if port.secure => {
            drop(state);
            return secure::serve(arrival, stream, stop).await;
        }
        Some(port) => state.snapshot.router.connect(port.entry, &Opening::Tcp),
        // Of a listener that is gone: 404.
        None => Connect::Http,
    };
    match connect {
        Connect::Http => {
            drop(state);
            serve_http(Client::new(arrival, false, None), stream, None, stop).await;
        }
        Connect::Rule(hit) => {
            let passage = state.snapshot.router.view(hit);
            match passage.and_then(|view| Passage::begin(arrival, state.clone(), view, None)) {
                Some(passage) => {
                    drop(state);
                    passage.run(Stream::Plain(stream), &[]).await;
                }
                None => Stream::Plain(stream).reset(),
            }
        }
        Connect::Refuse(miss) => {
            refuse(&arrival, Protocol::Tcp, miss.reason, None);
            Stream::Plain(stream).reset();
        }
        // Only a server name chooses an HTTPS listener.
        Connect::Https(_) => {}
    }
}

pub(super) async fn serve_http<S>(client: Client, stream: S, h2: Option<bool>, mut stop: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let client = Rc::new(client);
    let settings = &client.worker.settings;
    let builder = builder(settings, h2);
    let service = service_fn({
        let client = client.clone();
        move |request| forward::serve(client.clone(), request)
    });
    let mut stream = TimeoutWriter::new(stream);
    // A client that reads nothing must not hold a backend for ever.
    stream.set_timeout(settings.timeouts.stream_idle);
    let stream = TokioIo::new(Box::pin(stream));
    let mut connection = pin!(builder.serve_connection_with_upgrades(stream, service));
    let idle = async {
        tokio::time::sleep(settings.timeouts.request_head).await;
        if client.seen.get() {
            pending::<()>().await;
        }
    };
    let mut idle = pin!(idle);
    let mut stopping = false;
    loop {
        tokio::select! {
            biased;
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(peer = %client.peer, %error, "a connection broke off");
                }
                return;
            }
            _ = stop.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            // Hyper watches over heads, but not over a client that never says which HTTP it speaks.
            () = &mut idle => return,
        }
    }
}

fn builder(settings: &Settings, h2: Option<bool>) -> auto::Builder<LocalExecutor> {
    let builder = auto::Builder::new(LocalExecutor);
    let mut builder = match h2 {
        Some(true) => builder.http2_only(),
        Some(false) => builder.http1_only(),
        None => builder,
    };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.timeouts.request_head)
        .max_buf_size(settings.head_limit().max(8_192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(settings.timeouts.ping)
        .enable_connect_protocol()
        .max_concurrent_streams(settings.limits.streams)
        .max_header_list_size(settings.limits.head)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1 << 20);
    builder
}

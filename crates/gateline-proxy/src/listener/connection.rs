use std::cell::Cell;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;

use http::HeaderValue;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::forward::serve;
use crate::metrics::PortMetrics;
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
}

impl Drop for Client {
    fn drop(&mut self) {
        self.metrics.close();
        let connections = &self.worker.connections;
        connections.set(connections.get().saturating_sub(1));
    }
}

pub(super) fn spawn(
    worker: &Rc<Worker>,
    port: u16,
    stream: TcpStream,
    peer: SocketAddr,
    stop: watch::Receiver<()>,
) {
    let state = worker.state();
    let secure = state.snapshot.ports.get(&port).is_some_and(|port| port.tls.is_some());
    let local = canonical(stream.local_addr().unwrap_or(peer));
    let peer = canonical(peer);
    let text = peer.ip().to_string();
    let metrics = worker.metrics(port, secure);
    metrics.open();
    worker.connections.set(worker.connections.get() + 1);
    let client = Client {
        worker: worker.clone(),
        port,
        secure,
        sni: None,
        peer,
        local,
        address_text: HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("unknown")),
        metrics,
        seen: Cell::new(false),
    };
    tokio::task::spawn_local(async move {
        // Only a hint to the kernel.
        let _ = stream.set_nodelay(true);
        if secure {
            serve_tls(client, stream, stop).await;
        } else {
            serve_http(client, stream, None, stop).await;
        }
    });
}

/// IPv4 as such, although the socket takes it as IPv6.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

async fn serve_tls(mut client: Client, stream: TcpStream, stop: watch::Receiver<()>) {
    let limit = client.worker.settings.timeouts.handshake;
    let Ok(Some((stream, sni))) = timeout(limit, handshake(&client, stream)).await else { return };
    client.sni = sni;
    let h2 = stream.get_ref().1.alpn_protocol() == Some(crate::tls::H2);
    serve_http(client, stream, Some(h2), stop).await;
}

/// `None` where no listener takes the server name: the connection is closed, as Envoy does.
async fn handshake(client: &Client, stream: TcpStream) -> Option<(TlsStream<TcpStream>, Option<String>)> {
    let peer = client.peer;
    let hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await;
    let started =
        hello.inspect_err(|error| tracing::debug!(%peer, %error, "the client does not speak TLS")).ok()?;
    let sni = started.client_hello().server_name().map(str::to_owned);
    let state = client.worker.state();
    let tls = state.snapshot.ports.get(&client.port)?.tls.as_ref()?;
    let Some(config) = tls.choose(sni.as_deref()).cloned() else {
        tracing::debug!(%peer, port = client.port, server_name = ?sni, "no HTTPS listener takes this server name");
        return None;
    };
    match started.into_stream(config).await {
        Ok(stream) => Some((stream, sni)),
        Err(error) => {
            tracing::debug!(%peer, server_name = ?sni, %error, "the TLS handshake failed");
            None
        }
    }
}

async fn serve_http<S>(client: Client, stream: S, h2: Option<bool>, mut stop: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let client = Rc::new(client);
    let settings = &client.worker.settings;
    let builder = builder(settings, h2);
    let service = service_fn({
        let client = client.clone();
        move |request| serve(client.clone(), request)
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

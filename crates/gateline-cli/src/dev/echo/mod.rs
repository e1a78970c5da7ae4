//! The echo backend: answers for every Service that has no endpoints, with the request it saw and its own name.
//!
//! HTTP/1.1 and HTTP/2 with prior knowledge share each port. What is not HTTP comes back as it went, after the name. See
//! docs/cli.md for the answers.

mod bytes;
mod grpc;
mod http;
mod websocket;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::thread;

use ::bytes::Bytes;
use ::http::{HeaderName, Request, Response, header};
use gateline::model::BackendName;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::runtime::{Builder, Handle};

/// Says which backend answered: `namespace/service:port`.
const BACKEND: HeaderName = HeaderName::from_static("x-echo-backend");

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// What a backend is spoken to in.
#[derive(Clone, Debug)]
pub(crate) enum Speech {
    /// HTTP in the clear.
    Http,
    /// Whatever the client of a TCPRoute, or of a TLSRoute that ends here, says.
    Bytes,
    /// The same inside the client's own TLS.
    Tls(Arc<ServerConfig>),
    /// Datagrams.
    Datagrams,
}

/// One thread that serves a loopback port for each backend it was asked for.
pub(crate) struct Echo {
    runtime: Handle,
    addresses: BTreeMap<(BackendName, &'static str), SocketAddr>,
}

impl Echo {
    /// Starts the thread. It ends with the process.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name("echo".into())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
        Ok(Self { runtime: handle, addresses: BTreeMap::new() })
    }

    /// Where a backend is echoed: the same address each time it is asked for.
    pub(crate) fn address(&mut self, backend: &BackendName, speech: &Speech) -> io::Result<SocketAddr> {
        let key = (backend.clone(), speech.name());
        if let Some(address) = self.addresses.get(&key) {
            return Ok(*address);
        }
        let loopback = (Ipv4Addr::LOCALHOST, 0);
        let address = if let Speech::Datagrams = speech {
            let socket = UdpSocket::bind(loopback)?;
            socket.set_nonblocking(true)?;
            let address = socket.local_addr()?;
            self.runtime.spawn(bytes::datagrams(socket, backend.clone()));
            address
        } else {
            let listener = TcpListener::bind(loopback)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            self.runtime.spawn(accept(listener, Arc::new(backend.clone()), speech.clone()));
            address
        };
        self.addresses.insert(key, address);
        Ok(address)
    }
}

impl Speech {
    fn name(&self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Bytes => "bytes",
            Self::Tls(_) => "tls",
            Self::Datagrams => "datagrams",
        }
    }
}

async fn accept(listener: TcpListener, backend: Arc<BackendName>, speech: Speech) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, mostly: wait for some to be closed.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let backend = Arc::clone(&backend);
        let speech = speech.clone();
        tokio::spawn(async move {
            match speech {
                Speech::Bytes => return drop(bytes::stream(stream, &backend).await),
                Speech::Tls(config) => return drop(bytes::secure(stream, config, &backend).await),
                Speech::Http | Speech::Datagrams => {}
            }
            let service = service_fn(move |request| {
                let backend = Arc::clone(&backend);
                async move { answer(request, &backend).await }
            });
            let server = auto::Builder::new(TokioExecutor::new());
            // A connection that breaks is the client's business.
            let _ = server.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, backend: &BackendName) -> Result<Response<Body>, hyper::Error> {
    let mut response = if grpc::asked(&request) {
        grpc::answer(request)
    } else if websocket::asked(&request) {
        websocket::answer(request)
    } else {
        http::answer(request, backend).await?
    };
    if let Ok(name) = backend.to_string().parse() {
        response.headers_mut().insert(BACKEND, name);
    }
    Ok(response)
}

fn header_is<B>(request: &Request<B>, name: header::HeaderName, test: impl Fn(&str) -> bool) -> bool {
    request.headers().get(name).and_then(|value| value.to_str().ok()).is_some_and(test)
}

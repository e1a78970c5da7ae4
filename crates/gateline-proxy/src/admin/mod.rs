//! The admin server and the look-up of names: one thread beside the serving ones.

mod dump;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::future::join_all;
use hickory_resolver::TokioResolver;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::ProxyError;
use crate::metrics::Metrics;
use crate::snapshot::Snapshot;
use crate::upstream::{Name, refresh};

/// How long a new configuration waits for names it brings.
const FIRST_LOOK_UP: Duration = Duration::from_secs(2);

/// What the admin endpoints show.
pub(crate) struct Shared {
    snapshot: ArcSwap<Snapshot>,
    metrics: Arc<Metrics>,
    pub(crate) ready: AtomicBool,
}

impl Shared {
    pub(crate) fn new(snapshot: Arc<Snapshot>, metrics: Arc<Metrics>) -> Self {
        Self { snapshot: ArcSwap::new(snapshot), metrics, ready: AtomicBool::new(false) }
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    pub(crate) fn set(&self, snapshot: Arc<Snapshot>) {
        self.snapshot.store(snapshot);
    }
}

type LookUp = (Vec<Arc<Name>>, oneshot::Sender<()>);

/// The outside of the thread; it ends when this is dropped.
pub(crate) struct Admin {
    pub(crate) address: Option<SocketAddr>,
    look_ups: mpsc::UnboundedSender<LookUp>,
}

impl Admin {
    pub(crate) fn start(address: Option<SocketAddr>, shared: Arc<Shared>) -> Result<Self, ProxyError> {
        let bind = |address: SocketAddr| -> std::io::Result<std::net::TcpListener> {
            let socket = std::net::TcpListener::bind(address)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let fail = |source| ProxyError::Admin {
            address: address.unwrap_or_else(|| ([0, 0, 0, 0], 0).into()),
            source,
        };
        let socket = address.map(bind).transpose().map_err(fail)?;
        let address = socket.as_ref().and_then(|socket| socket.local_addr().ok());
        let (look_ups, inbox) = mpsc::unbounded_channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ProxyError::Thread)?;
        std::thread::Builder::new()
            .name("gateline-admin".into())
            .spawn(move || {
                tokio::task::LocalSet::new().block_on(&runtime, async move {
                    if let Some(socket) = socket.and_then(|socket| TcpListener::from_std(socket).ok()) {
                        tokio::task::spawn_local(listen(socket, shared));
                    }
                    look_up(inbox).await;
                });
            })
            .map_err(ProxyError::Thread)?;
        Ok(Self { address, look_ups })
    }

    /// Looks up the names of a snapshot, now and whenever their time is up, for as long as it or a later one has them.
    pub(crate) fn look_up(&self, snapshot: &Snapshot) {
        let fresh: Vec<_> = snapshot.names().filter(|name| name.addresses().is_empty()).cloned().collect();
        if fresh.is_empty() {
            return;
        }
        let (done, mut waiting) = oneshot::channel();
        if self.look_ups.send((fresh, done)).is_err() {
            return;
        }
        let end = Instant::now() + FIRST_LOOK_UP;
        while Instant::now() < end && matches!(waiting.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

async fn look_up(mut inbox: mpsc::UnboundedReceiver<LookUp>) {
    let mut resolver = None;
    while let Some((names, done)) = inbox.recv().await {
        if resolver.is_none() {
            let built = TokioResolver::builder_tokio().and_then(hickory_resolver::ResolverBuilder::build);
            match built {
                Ok(built) => resolver = Some(Arc::new(built)),
                Err(error) => tracing::error!(%error, "no resolver for names"),
            }
        }
        let Some(resolver) = &resolver else { continue };
        let first = join_all(names.iter().map(|name| refresh(name, resolver))).await;
        for (name, next) in names.iter().zip(first) {
            tokio::task::spawn_local(keep_fresh(Arc::downgrade(name), next, resolver.clone()));
        }
        // Whoever asked may have stopped waiting.
        let _ = done.send(());
    }
}

async fn keep_fresh(name: Weak<Name>, mut next: Instant, resolver: Arc<TokioResolver>) {
    loop {
        tokio::time::sleep_until(next.into()).await;
        let Some(name) = name.upgrade() else { return };
        next = refresh(&name, &resolver).await;
    }
}

async fn listen(socket: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = socket.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let shared = shared.clone();
        let service = service_fn(move |request| {
            let response = answer(&request, &shared);
            async { Ok::<_, Infallible>(response) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(10))
            .serve_connection(TokioIo::new(stream), service);
        tokio::task::spawn_local(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "admin connection");
            }
        });
    }
}

fn answer<B>(request: &Request<B>, shared: &Shared) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; charset=UTF-8";
    if request.method() != Method::GET {
        return page(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET only\n".into());
    }
    match request.uri().path() {
        "/ready" if shared.ready.load(Ordering::Relaxed) => page(StatusCode::OK, TEXT, "LIVE\n".into()),
        "/ready" => page(StatusCode::SERVICE_UNAVAILABLE, TEXT, "INITIALIZING\n".into()),
        "/stats/prometheus" => page(StatusCode::OK, TEXT, shared.metrics.prometheus()),
        "/config_dump" => page(StatusCode::OK, "application/json", dump::config(&shared.snapshot())),
        "/" => page(StatusCode::OK, TEXT, "/ready\n/stats/prometheus\n/config_dump\n".into()),
        _ => page(StatusCode::NOT_FOUND, TEXT, "not found\n".into()),
    }
}

fn page(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, max-age=0"));
    response
}

//! Models made by hand, backends, and clients.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use gateline::filter::Filters;
use gateline::model::{
    AttachedHostname, AttachedRoute, Backend, BackendId, BackendName, BackendProtocol, HostPattern, Listener,
    ListenerName, Match, ObjectName, Origin, PathMatch, Protocol, Route, RouteId, RouteKind, Rule, Target,
    Timeouts, Timestamp, TlsMode, WeightedBackend,
};
use gateline_api::Resolution;
use gateline_api::resolve::{Certificate, Endpoint, ListenerTls, Upstream};
use gateline_proxy::{Config, Ports, Proxy};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.threads = 1;
    config.addresses = vec![[127, 0, 0, 1].into()];
    config.ports = Ports::Ephemeral;
    config
}

/// A proxy that serves `resolution`, and the address of its listener of port 80.
pub(crate) fn start(config: Config, resolution: &Resolution) -> (Proxy, SocketAddr) {
    let proxy = Proxy::start(config).unwrap();
    proxy.apply(resolution).unwrap();
    let address = proxy.addresses().values().next().unwrap()[0];
    (proxy, address)
}

pub(crate) fn listener(port: u16, hostname: Option<&str>) -> Listener {
    let protocol = if port == 443 { Protocol::Https } else { Protocol::Http };
    Listener {
        name: ListenerName {
            gateway: ObjectName::new("infra", "gateway"),
            set: None,
            section: format!("{port}-{}", hostname.unwrap_or("any")).into(),
        },
        port,
        protocol,
        mode: TlsMode::default(),
        hostname: hostname.map(|hostname| HostPattern::parse(hostname).unwrap()),
        filters: Vec::new(),
        attached: Vec::new(),
        origin: Origin::default(),
    }
}

/// A rule for a prefix of the path (empty for all).
pub(crate) fn rule(prefix: &str, backends: &[(BackendId, u32)]) -> Rule {
    let backend = |(id, weight): &(BackendId, u32)| WeightedBackend {
        target: Target::Backend(*id),
        weight: *weight,
        filters: Filters::default(),
        origin: Origin::default(),
    };
    Rule {
        name: None,
        matches: vec![Match {
            path: PathMatch::Prefix(prefix.into()),
            method: None,
            headers: Vec::new(),
            query: Vec::new(),
            origin: Origin::default(),
        }],
        filters: Filters::default(),
        backends: backends.iter().map(backend).collect(),
        timeouts: Timeouts::default(),
        retry: None,
        session: None,
        origin: Origin::default(),
        ..Rule::default()
    }
}

pub(crate) fn add_backend(
    resolution: &mut Resolution,
    protocol: BackendProtocol,
    endpoints: &[SocketAddr],
) -> BackendId {
    let id = BackendId(u32::try_from(resolution.model.backends.len()).unwrap());
    let name = BackendName {
        kind: "Service".into(),
        object: ObjectName::new("default", format!("b{}", id.0)),
        port: Some(80),
    };
    resolution.model.backends.push(Backend { name, protocol, origin: None });
    let endpoints = endpoints.iter().copied().map(Endpoint::Address).collect();
    resolution.upstreams.push(Upstream { known: true, endpoints, ..Upstream::default() });
    id
}

/// Attaches a route with these rules to a listener; a hostname of the route is the listener's.
pub(crate) fn add_route(
    resolution: &mut Resolution,
    kind: RouteKind,
    mut listener: Listener,
    rules: Vec<Rule>,
) {
    let id = RouteId(u32::try_from(resolution.model.routes.len()).unwrap());
    let name = ObjectName::new("default", format!("route-{}", id.0));
    resolution.model.routes.push(Route { kind, name, created: None, rules, origin: Origin::default() });
    let hostnames = vec![AttachedHostname { written: None, effective: listener.hostname.clone() }];
    listener.attached.push(AttachedRoute { route: id, hostnames });
    resolution.model.listeners.push(listener);
    resolution.tls.push(None);
}

/// One listener on port 80 with one HTTPRoute.
pub(crate) fn simple(resolution: &mut Resolution, rules: Vec<Rule>) {
    add_route(resolution, RouteKind::Http, listener(80, None), rules);
}

/// One listener, one rule, one plain backend.
pub(crate) fn to(endpoints: &[SocketAddr]) -> Resolution {
    let mut resolution = Resolution::default();
    let backend = add_backend(&mut resolution, BackendProtocol::Unspecified, endpoints);
    simple(&mut resolution, vec![rule("", &[(backend, 1)])]);
    resolution
}

/// A backend with a handler; counts its connections and requests.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    pub(crate) requests: Arc<AtomicUsize>,
    /// Heads and bodies in the order of arrival.
    pub(crate) seen: Arc<Mutex<Vec<(http::request::Parts, Bytes)>>>,
}

impl Server {
    pub(crate) fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn last(&self) -> (http::request::Parts, Bytes) {
        self.seen.lock().unwrap().last().cloned().unwrap()
    }
}

/// A backend that reads each request as a whole and answers with what `answer` makes of it, after its delay.
pub(crate) async fn server(
    answer: impl Fn(&http::request::Parts, &Bytes) -> (Duration, Response<Full<Bytes>>) + Send + Sync + 'static,
) -> Server {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        address: socket.local_addr().unwrap(),
        connections: Arc::default(),
        requests: Arc::default(),
        seen: Arc::default(),
    };
    let (answer, own) = (Arc::new(answer), server.clone());
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            own.connections.fetch_add(1, Ordering::SeqCst);
            let (answer, own) = (answer.clone(), own.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (answer, own) = (answer.clone(), own.clone());
                async move {
                    own.requests.fetch_add(1, Ordering::SeqCst);
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await?.to_bytes();
                    let (delay, response) = answer(&parts, &body);
                    own.seen.lock().unwrap().push((parts, body));
                    tokio::time::sleep(delay).await;
                    Ok::<_, hyper::Error>(response)
                }
            });
            tokio::spawn(async move {
                // Clients may go whenever they like.
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    server
}

/// A backend that answers every request with its own name.
pub(crate) async fn named(name: &'static str) -> Server {
    server(move |_, _| (Duration::ZERO, Response::new(Full::from(name)))).await
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

pub(crate) type Http1 = http1::SendRequest<Full<Bytes>>;

pub(crate) async fn http1_on(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Http1 {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender
}

pub(crate) async fn http1_to(address: SocketAddr) -> Http1 {
    http1_on(TcpStream::connect(address).await.unwrap()).await
}

pub(crate) async fn http2_on<B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> http2::SendRequest<B>
where
    B: http_body::Body<Data = Bytes, Error = Infallible> + Unpin + Send + 'static,
{
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

pub(crate) fn get(host: &str, path: &str) -> Request<Full<Bytes>> {
    Request::builder().uri(path).header("host", host).body(Full::default()).unwrap()
}

/// One GET on a connection of its own: status, headers, body.
pub(crate) async fn fetch(address: SocketAddr, path: &str) -> (u16, http::HeaderMap, String) {
    exchange(address, get("example.com", path)).await
}

pub(crate) async fn exchange(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> (u16, http::HeaderMap, String) {
    read(http1_to(address).await.send_request(request).await.unwrap()).await
}

pub(crate) async fn read(response: Response<Incoming>) -> (u16, http::HeaderMap, String) {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

/// An authority and what it signs.
pub(crate) struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pub(crate) certificate: rustls_pki_types::CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: rcgen::Issuer::new(params, key), certificate }
    }

    /// A certificate for DNS names and, where they have a scheme, URIs.
    pub(crate) fn sign(&self, names: &[&str]) -> Certificate {
        let (uris, hosts): (Vec<&str>, Vec<&str>) =
            names.iter().copied().partition(|name| name.contains("://"));
        let hosts: Vec<String> = hosts.into_iter().map(str::to_owned).collect();
        let mut params = rcgen::CertificateParams::new(hosts.clone()).unwrap();
        for uri in uris {
            params.subject_alt_names.push(rcgen::SanType::URI(uri.try_into().unwrap()));
        }
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certificate {
            secret: ObjectName::new("infra", "cert"),
            chain: vec![certificate.der().clone()],
            key: rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            names: hosts,
            not_before: Timestamp(0),
            not_after: Timestamp(i64::MAX),
        }
    }
}

pub(crate) fn listener_tls(certificates: Vec<Certificate>) -> ListenerTls {
    let certificates = certificates.into_iter().map(Arc::new).collect();
    ListenerTls { certificates, ..ListenerTls::default() }
}

/// Waits for what happens soon, and no longer than a slow machine may take.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), wait).await.is_ok(), "waited in vain: {what}");
}

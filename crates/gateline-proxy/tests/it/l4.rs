//! TLSRoutes and TCPRoutes: connections that are passed on whole.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateline::filter::Filters;
use gateline::model::{
    BackendId, BackendProtocol, Listener, Origin, Protocol, RouteKind, Rule, Target, TlsMode, WeightedBackend,
};
use gateline_api::Resolution;
use gateline_api::resolve::{Certificate, UpstreamTls};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::*;
use crate::tls::{connect, server_config};

pub(crate) fn of(protocol: Protocol, port: u16, hostname: Option<&str>) -> Listener {
    Listener { protocol, ..listener(port, hostname) }
}

fn tls(hostname: &str, mode: TlsMode) -> Listener {
    Listener { mode, ..of(Protocol::Tls, 443, Some(hostname)) }
}

/// A rule that asks for nothing.
pub(crate) fn all(backends: &[(BackendId, u32)]) -> Rule {
    rule("", backends)
}

fn tcp(resolution: &mut Resolution, backends: &[(BackendId, u32)]) {
    add_route(resolution, RouteKind::Tcp, of(Protocol::Tcp, 9000, None), vec![all(backends)]);
}

/// Says its name, then sends back what it gets until the other side has ended.
async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin, name: &str) -> io::Result<()> {
    stream.write_all(format!("{name}\n").as_bytes()).await?;
    let mut buffer = vec![0; 4_096];
    loop {
        match stream.read(&mut buffer).await? {
            0 => break,
            count => stream.write_all(&buffer[..count]).await?,
        }
    }
    stream.write_all(b"end").await?;
    stream.shutdown().await
}

/// Such a backend; behind TLS where it has a certificate.
async fn backend(name: &'static str, certificate: Option<Certificate>) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let acceptor =
        certificate.map(|certificate| TlsAcceptor::from(Arc::new(server_config(certificate, None))));
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                match acceptor {
                    Some(acceptor) => echo(acceptor.accept(stream).await?, name).await,
                    None => echo(stream, name).await,
                }
            });
        }
    });
    address
}

/// What comes back for `text`, with the name of the backend before it.
async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, text: &str) -> io::Result<String> {
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn talk_to(address: SocketAddr) -> io::Result<String> {
    talk(TcpStream::connect(address).await?, "x").await
}

#[tokio::test]
async fn bytes_pass_both_ways_and_each_way_ends_by_itself() {
    let mut resolution = Resolution::default();
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("a", None).await]);
    tcp(&mut resolution, &[(id, 1)]);
    let (_proxy, address) = start(config(), &resolution);
    let text = "0123456789".repeat(100_000);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut hello = [0; 2];
    stream.read_exact(&mut hello).await.unwrap();
    assert_eq!(&hello, b"a\n", "the backend may speak first");
    let (mut read, mut write) = stream.into_split();
    let sent = text.clone();
    tokio::spawn(async move {
        write.write_all(sent.as_bytes()).await.unwrap();
        write.shutdown().await.unwrap();
    });
    let mut answer = String::new();
    read.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, text + "end", "what comes after the client's end passes too");
}

#[tokio::test]
async fn weights_count_connections_and_invalid_backends_keep_their_share() {
    let mut resolution = Resolution::default();
    let a = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("a", None).await]);
    let b = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("b", None).await]);
    let zero = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("zero", None).await]);
    let invalid = WeightedBackend {
        target: Target::Invalid { reference: "default/none:80".into(), reason: "BackendNotFound".into() },
        weight: 20,
        filters: Filters::default(),
        origin: Origin::default(),
    };
    let mut rule = all(&[(a, 50), (b, 30), (zero, 0)]);
    rule.backends = rule.backends.iter().cloned().chain([invalid]).collect();
    add_route(&mut resolution, RouteKind::Tcp, of(Protocol::Tcp, 9000, None), vec![rule]);
    let (_proxy, address) = start(config(), &resolution);
    let mut counts: BTreeMap<String, i32> = BTreeMap::new();
    for _ in 0..100 {
        let answer = match talk_to(address).await {
            Ok(answer) => answer,
            Err(error) => format!("{:?}", error.kind()),
        };
        *counts.entry(answer).or_default() += 1;
    }
    let near = |name: &str, share: i32| counts.get(name).is_some_and(|count| (count - share).abs() <= 4);
    assert!(near("a\nxend", 50) && near("b\nxend", 30), "{counts:?}");
    assert!(near("ConnectionReset", 20), "{counts:?}");
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_gives_way_to_another() {
    let mut resolution = Resolution::default();
    let endpoints = [nobody().await, backend("a", None).await];
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &endpoints);
    tcp(&mut resolution, &[(id, 1)]);
    let (proxy, address) = start(config(), &resolution);
    for _ in 0..10 {
        assert_eq!(talk_to(address).await.unwrap(), "a\nxend");
    }
    let mut alone = Resolution::default();
    let id = add_backend(&mut alone, BackendProtocol::Unspecified, &[nobody().await]);
    tcp(&mut alone, &[(id, 1)]);
    proxy.apply(&alone).unwrap();
    assert_eq!(talk_to(address).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn connections_go_on_under_a_new_configuration() {
    let mut resolution = Resolution::default();
    let a = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("a", None).await]);
    let b = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("b", None).await]);
    let mut next = Resolution::default();
    next.model.backends.clone_from(&resolution.model.backends);
    next.upstreams.clone_from(&resolution.upstreams);
    tcp(&mut resolution, &[(a, 1)]);
    tcp(&mut next, &[(b, 1)]);
    let (proxy, address) = start(config(), &resolution);
    let mut old = TcpStream::connect(address).await.unwrap();
    let mut hello = [0; 2];
    old.read_exact(&mut hello).await.unwrap();
    proxy.apply(&next).unwrap();
    assert_eq!(talk_to(address).await.unwrap(), "b\nxend");
    proxy.apply(&Resolution::default()).unwrap();
    assert_eq!(talk(old, "still").await.unwrap(), "stillend");
    assert!(TcpStream::connect(address).await.is_err(), "the listener is gone");
}

#[tokio::test]
async fn an_idle_connection_is_reset() {
    let mut resolution = Resolution::default();
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("a", None).await]);
    tcp(&mut resolution, &[(id, 1)]);
    let mut config = config();
    config.timeouts.idle_tcp = Duration::from_millis(300);
    let (_proxy, address) = start(config, &resolution);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut buffer = [0; 2];
    stream.read_exact(&mut buffer).await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        stream.write_all(b"y").await.unwrap();
        stream.read_exact(&mut buffer[..1]).await.unwrap();
    }
    let ended = stream.read(&mut buffer).await;
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

/// One port: HTTPS, TLS that passes through, TLS that ends here.
async fn mixed(gateway: &Authority, theirs: &Authority) -> Resolution {
    let mut resolution = Resolution::default();
    let http = add_backend(&mut resolution, BackendProtocol::Unspecified, &[named("http").await.address]);
    let secure = backend("secure", Some(theirs.sign(&["pass.example.com"]))).await;
    let secure = add_backend(&mut resolution, BackendProtocol::Unspecified, &[secure]);
    let plain = backend("plain", None).await;
    let plain = add_backend(&mut resolution, BackendProtocol::Unspecified, &[plain]);
    let web = of(Protocol::Https, 443, Some("*.example.com"));
    add_route(&mut resolution, RouteKind::Http, web, vec![rule("", &[(http, 1)])]);
    let pass = tls("pass.example.com", TlsMode::Passthrough);
    add_route(&mut resolution, RouteKind::Tls, pass, vec![all(&[(secure, 1)])]);
    let end = tls("end.example.com", TlsMode::Terminate);
    add_route(&mut resolution, RouteKind::Tls, end, vec![all(&[(plain, 1)])]);
    let certificate = |name| Some(listener_tls(vec![gateway.sign(&[name])]));
    resolution.tls[0] = certificate("*.example.com");
    resolution.tls[2] = certificate("end.example.com");
    resolution
}

#[tokio::test]
async fn the_server_name_decides_who_ends_tls() {
    let (gateway, theirs) = (Authority::new(), Authority::new());
    let (_proxy, address) = start(config(), &mixed(&gateway, &theirs).await);

    let stream = connect(address, &theirs.certificate, "pass.example.com", &[]).await.unwrap();
    assert_eq!(talk(stream, "x").await.unwrap(), "secure\nxend");
    assert!(connect(address, &gateway.certificate, "pass.example.com", &[]).await.is_err());

    let stream = connect(address, &gateway.certificate, "end.example.com", &["h2"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), None, "what it carries need not be HTTP");
    assert_eq!(talk(stream, "x").await.unwrap(), "plain\nxend");

    let stream = connect(address, &gateway.certificate, "www.example.com", &["http/1.1"]).await.unwrap();
    let mut client = http1_on(stream).await;
    let answer = read(client.send_request(get("www.example.com", "/")).await.unwrap()).await;
    assert_eq!((answer.0, answer.2.as_str()), (200, "http"));
    // A wildcard certificate lets a client ask for a host that another listener has.
    let answer = read(client.send_request(get("pass.example.com", "/")).await.unwrap()).await;
    assert_eq!(answer.0, 421);
}

/// The bytes that a server answers a `ClientHello` with, which comes in pieces.
async fn answer_to_hello(address: SocketAddr, name: &str, piece: usize) -> io::Result<Vec<u8>> {
    let config = client_config();
    let name = rustls_pki_types::ServerName::try_from(name.to_owned()).unwrap();
    let mut client = rustls::ClientConnection::new(config, name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    for piece in hello.chunks(piece) {
        stream.write_all(piece).await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut answer = vec![0; 64];
    let count = stream.read(&mut answer).await?;
    answer.truncate(count);
    Ok(answer)
}

fn client_config() -> Arc<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

#[tokio::test]
async fn a_name_that_nobody_takes_is_closed_without_an_alert() {
    const HANDSHAKE: u8 = 22;
    let (gateway, theirs) = (Authority::new(), Authority::new());
    let mut resolution = mixed(&gateway, &theirs).await;
    let broken = tls("broken.org", TlsMode::Passthrough);
    let mut rule = all(&[]);
    rule.backends = vec![WeightedBackend {
        target: Target::Invalid { reference: "default/none:80".into(), reason: "BackendNotFound".into() },
        weight: 1,
        filters: Filters::default(),
        origin: Origin::default(),
    }]
    .into();
    add_route(&mut resolution, RouteKind::Tls, broken, vec![rule]);
    let (_proxy, address) = start(config(), &resolution);
    for name in ["other.org", "broken.org"] {
        match answer_to_hello(address, name, 4_096).await {
            Ok(bytes) => assert_eq!(bytes, b"", "{name}"),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{name}"),
        }
    }
    for name in ["pass.example.com", "end.example.com", "www.example.com"] {
        let answer = answer_to_hello(address, name, 40).await.unwrap();
        assert_eq!(answer[0], HANDSHAKE, "{name}, in pieces of 40 bytes");
    }
}

#[tokio::test]
async fn a_client_hello_has_a_limit_in_time_and_size() {
    let (gateway, theirs) = (Authority::new(), Authority::new());
    let resolution = mixed(&gateway, &theirs).await;
    let mut hasty = config();
    hasty.timeouts.handshake = Duration::from_millis(200);
    let (_hasty, address) = start(hasty, &resolution);
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(&[22, 3, 1]).await.unwrap();
    let mut answer = Vec::new();
    // The end may be a reset; that it ends is what counts.
    let _ = tokio::time::timeout(Duration::from_secs(5), slow.read_to_end(&mut answer)).await.unwrap();
    assert_eq!(answer, b"");

    // Records that say they are parts of a ClientHello of 60,000 bytes: refused long before the time is over.
    let (_proxy, address) = start(config(), &resolution);
    let mut long = TcpStream::connect(address).await.unwrap();
    let mut bytes = vec![22, 3, 1, 0x3f, 0xfc, 1, 0, 0xea, 0x60, 3, 3];
    bytes.resize(5 + 0x3ffc, 0);
    bytes.extend([22, 3, 1, 0x3f, 0xfc]);
    bytes.resize(2 * (5 + 0x3ffc), 0);
    let _ = long.write_all(&bytes).await;
    let _ = tokio::time::timeout(Duration::from_secs(5), long.read_to_end(&mut answer)).await.unwrap();

    let mut http = TcpStream::connect(address).await.unwrap();
    http.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut alert = Vec::new();
    let _ = http.read_to_end(&mut alert).await;
    assert_eq!(alert.first(), Some(&21), "an alert says that this is not TLS: {alert:?}");
}

#[tokio::test]
async fn a_policy_puts_tls_around_what_ended_here_and_never_around_what_passes() {
    let (gateway, theirs) = (Authority::new(), Authority::new());
    let mut resolution = mixed(&gateway, &theirs).await;
    let inner = backend("inner", Some(theirs.sign(&["inner.example.com"]))).await;
    resolution.upstreams[2].endpoints = vec![gateline_api::resolve::Endpoint::Address(inner)];
    let policy = |hostname: &str| UpstreamTls {
        hostname: hostname.into(),
        roots: Some(vec![theirs.certificate.clone()]),
        san: Vec::new(),
    };
    resolution.upstreams[1].tls = Some(policy("inner.example.com"));
    resolution.upstreams[2].tls = Some(policy("inner.example.com"));
    let (proxy, address) = start(config(), &resolution);
    let stream = connect(address, &gateway.certificate, "end.example.com", &[]).await.unwrap();
    assert_eq!(talk(stream, "x").await.unwrap(), "inner\nxend");
    let stream = connect(address, &theirs.certificate, "pass.example.com", &[]).await.unwrap();
    assert_eq!(talk(stream, "x").await.unwrap(), "secure\nxend");

    for (tls, broken) in [(Some(policy("another.example.com")), false), (None, true)] {
        resolution.upstreams[2].tls = tls;
        resolution.upstreams[2].broken_tls = broken;
        proxy.apply(&resolution).unwrap();
        let answer = match connect(address, &gateway.certificate, "end.example.com", &[]).await {
            Ok(stream) => talk(stream, "x").await.map_err(|error| error.kind()),
            Err(error) => Err(error.kind()),
        };
        assert!(answer.is_err(), "{answer:?}");
    }
}

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use gateline::model::{BackendProtocol, ObjectName, RouteKind};
use gateline_api::Resolution;
use gateline_api::resolve::{Certificate, ClientValidation, SubjectAltName, UpstreamTls};
use http::Request;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::support::*;

pub(crate) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

pub(crate) async fn connect(
    address: SocketAddr,
    root: &CertificateDer<'static>,
    name: &str,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    connect_as(None, address, root, name, alpn).await
}

pub(crate) async fn connect_as(
    client: Option<Certificate>,
    address: SocketAddr,
    root: &CertificateDer<'static>,
    name: &str,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some(client) => builder.with_client_auth_cert(client.chain, client.key).unwrap(),
    };
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name.to_owned()).unwrap(), stream).await
}

/// HTTPS listeners for each hostname, all to one backend.
pub(crate) fn https(authority: &Authority, hostnames: &[&str], backend: SocketAddr) -> Resolution {
    let mut resolution = Resolution::default();
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend]);
    for (index, hostname) in hostnames.iter().enumerate() {
        add_route(
            &mut resolution,
            RouteKind::Http,
            listener(443, Some(hostname)),
            vec![rule("", &[(id, 1)])],
        );
        resolution.tls[index] = Some(listener_tls(vec![authority.sign(&[hostname])]));
    }
    resolution
}

#[tokio::test]
async fn chooses_certificates_by_server_name() {
    let (authority, backend) = (Authority::new(), named("a").await);
    let resolution = https(&authority, &["one.example.com", "*.example.com"], backend.address);
    let (_proxy, address) = start(config(), &resolution);
    for name in ["one.example.com", "two.example.com"] {
        let stream = connect(address, &authority.certificate, name, &["http/1.1"]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        let (status, _, body) =
            read(http1_on(stream).await.send_request(get(name, "/")).await.unwrap()).await;
        assert_eq!((status, body.as_str()), (200, "a"));
        assert_eq!(backend.last().0.headers["x-forwarded-proto"], "https");
    }
    assert!(connect(address, &authority.certificate, "other.org", &[]).await.is_err());
}

#[tokio::test]
async fn agrees_on_http2_and_refuses_misdirected_requests() {
    let (authority, backend) = (Authority::new(), named("a").await);
    let resolution = https(&authority, &["one.example.com", "two.example.com"], backend.address);
    let (_proxy, address) = start(config(), &resolution);
    let stream =
        connect(address, &authority.certificate, "one.example.com", &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut client = http2_on(stream).await;
    for (host, status) in [("one.example.com", 200), ("two.example.com", 421)] {
        let request = Request::get(format!("https://{host}/")).body(Full::<Bytes>::default()).unwrap();
        assert_eq!(client.send_request(request).await.unwrap().status(), status, "{host}");
    }
}

/// GEP-91. In TLS 1.3 a client learns only with the first answer that its certificate was refused.
#[tokio::test]
async fn validates_client_certificates() {
    let (authority, stranger, backend) = (Authority::new(), Authority::new(), named("a").await);
    let cases = [
        ("the authority's", Some(&authority), true, true),
        ("another authority's", Some(&stranger), false, true),
        ("none", None, false, true),
    ];
    for optional in [false, true] {
        let mut resolution = https(&authority, &["one.example.com"], backend.address);
        let roots = vec![authority.certificate.clone()];
        resolution.tls[0].as_mut().unwrap().client = Some(ClientValidation { roots, optional });
        let (_proxy, address) = start(config(), &resolution);
        for (what, signer, strict, lenient) in cases {
            let client = signer.map(|signer| signer.sign(&["client"]));
            let before = backend.count();
            let answer = async {
                let root = &authority.certificate;
                let stream = connect_as(client, address, root, "one.example.com", &[]).await.ok()?;
                http1_on(stream).await.send_request(get("one.example.com", "/")).await.ok()
            };
            let status = answer.await.map(|response| response.status().as_u16());
            let accepted = if optional { lenient } else { strict };
            assert_eq!(status, accepted.then_some(200), "{what}, optional: {optional}");
            assert_eq!(backend.count() - before, usize::from(accepted), "{what}, optional: {optional}");
        }
    }
}

/// For clients with a certificate of an authority only, if there is one.
pub(crate) fn server_config(certificate: Certificate, clients: Option<&Authority>) -> ServerConfig {
    let builder =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.certificate.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let mut config = builder.with_single_cert(certificate.chain, certificate.key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// A backend that speaks HTTP over TLS.
pub(crate) async fn tls_backend(certificate: Certificate) -> SocketAddr {
    tls_backend_for(certificate, None).await
}

/// The same, to clients with a certificate of an authority only, if there is one.
async fn tls_backend_for(certificate: Certificate, clients: Option<&Authority>) -> SocketAddr {
    let acceptor = TlsAcceptor::from(Arc::new(server_config(certificate, clients)));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(|_| async {
                    Ok::<_, std::convert::Infallible>(http::Response::new(Full::<Bytes>::from("secure")))
                });
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn verifies_backends() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let backend =
        tls_backend(authority.sign(&["db.internal", "*.pool.internal", "spiffe://cluster/db"])).await;
    let host = |name: &str| SubjectAltName::Hostname(name.into());
    let uri = |uri: &str| SubjectAltName::Uri(uri.into());
    let cases = [
        ("its name", "db.internal", &authority, vec![], 200),
        ("another name", "other.internal", &authority, vec![], 503),
        ("another authority", "db.internal", &stranger, vec![], 503),
        ("any one name", "sni.only", &authority, vec![host("x.y"), host("db.internal")], 200),
        ("a wildcard of the certificate", "sni.only", &authority, vec![host("a.pool.internal")], 200),
        ("a wildcard of the policy", "sni.only", &authority, vec![host("*.internal")], 200),
        ("the same wildcard", "sni.only", &authority, vec![host("*.pool.internal")], 200),
        ("another wildcard", "sni.only", &authority, vec![host("*.db.internal"), host("*.nal")], 503),
        ("a URI", "sni.only", &authority, vec![uri("spiffe://cluster/db")], 200),
        ("no such name", "db.internal", &authority, vec![host("x.y"), uri("spiffe://cluster/other")], 503),
        ("a name, another authority", "db.internal", &stranger, vec![host("db.internal")], 503),
    ];
    for (what, hostname, root, san, status) in cases {
        let mut resolution = to(&[backend]);
        resolution.upstreams[0].tls =
            Some(UpstreamTls { hostname: hostname.into(), roots: Some(vec![root.certificate.clone()]), san });
        let (_proxy, address) = start(config(), &resolution);
        assert_eq!(fetch(address, "/").await.0, status, "{what}");
    }
}

/// GEP-3155.
#[tokio::test]
async fn shows_the_certificate_of_its_gateway() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let backend = tls_backend_for(authority.sign(&["db.internal"]), Some(&authority)).await;
    let mut resolution = to(&[backend]);
    let roots = Some(vec![authority.certificate.clone()]);
    resolution.upstreams[0].tls =
        Some(UpstreamTls { hostname: "db.internal".into(), roots, san: Vec::new() });
    let gateway = resolution.model.listeners[0].name.gateway.clone();
    let other = ObjectName::new("default", "other");
    for (what, gateway, signer, accepted) in [
        ("the authority's", &gateway, &authority, true),
        ("another authority's", &gateway, &stranger, false),
        ("another Gateway's", &other, &authority, false),
    ] {
        let certificate = Arc::new(signer.sign(&["gateway"]));
        resolution.clients = [(gateway.clone(), certificate)].into();
        let (_proxy, address) = start(config(), &resolution);
        assert_eq!(fetch(address, "/").await.0 == 200, accepted, "{what}");
    }
}

/// HTTP/2 is agreed on by ALPN, and a policy that does not fit is as strict as for HTTP.
#[tokio::test]
async fn verifies_grpc_backends() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let backend = tls_backend(authority.sign(&["grpc.internal"])).await;
    for (hostname, root, passes) in [
        ("grpc.internal", &authority, true),
        ("other.internal", &authority, false),
        ("grpc.internal", &stranger, false),
    ] {
        let mut resolution = Resolution::default();
        let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend]);
        add_route(&mut resolution, RouteKind::Grpc, listener(80, None), vec![rule("", &[(id, 1)])]);
        let roots = Some(vec![root.certificate.clone()]);
        resolution.upstreams[0].tls = Some(UpstreamTls { hostname: hostname.into(), roots, san: vec![] });
        let (_proxy, address) = start(config(), &resolution);
        let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
        let request = Request::post("http://a/s/m").header("content-type", "application/grpc");
        let response = client.send_request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
        let unavailable = response.headers().get("grpc-status").is_some_and(|code| code == "14");
        assert_eq!(unavailable, !passes, "{hostname}");
        let (_, _, body) = read(response).await;
        assert_eq!(body == "secure", passes, "{hostname}");
    }
}

#[tokio::test]
async fn broken_tls_is_never_sent_in_the_clear() {
    let backend = named("a").await;
    let mut resolution = to(&[backend.address]);
    resolution.upstreams[0].broken_tls = true;
    let (_proxy, address) = start(config(), &resolution);
    assert_eq!(fetch(address, "/").await.0, 500);
    assert_eq!(backend.count(), 0);
}

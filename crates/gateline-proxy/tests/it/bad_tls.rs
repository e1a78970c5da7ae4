//! One certificate or authority that rustls does not take is the trouble of its listener or backend, and of no other.

use std::net::SocketAddr;
use std::sync::Arc;

use gateline::model::{BackendProtocol, ObjectName, RouteKind};
use gateline_api::Resolution;
use gateline_api::resolve::{Certificate, ClientValidation, UpstreamTls};
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::*;
use crate::tls::{connect, https, provider, tls_backend};

/// A certificate whose key is none.
fn unusable(authority: &Authority, name: &str) -> Certificate {
    let mut certificate = authority.sign(&[name]);
    certificate.key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(vec![1, 2, 3]));
    certificate
}

fn no_certificate() -> CertificateDer<'static> {
    CertificateDer::from(vec![1, 2, 3])
}

async fn status(address: SocketAddr, authority: &Authority, name: &str) -> Option<u16> {
    let stream = connect(address, &authority.certificate, name, &["http/1.1"]).await.ok()?;
    let response = http1_on(stream).await.send_request(get(name, "/")).await.ok()?;
    Some(response.status().as_u16())
}

#[tokio::test]
async fn of_a_listener() {
    let (authority, backend) = (Authority::new(), named("a").await);
    let mut resolution = https(&authority, &["bad.example.com", "good.example.com"], backend.address);
    let (proxy, address) = start(config(), &resolution);
    assert_eq!(status(address, &authority, "bad.example.com").await, Some(200));
    resolution.tls[0] = Some(listener_tls(vec![unusable(&authority, "bad.example.com")]));
    proxy.apply(&resolution).unwrap();
    assert_eq!(status(address, &authority, "bad.example.com").await, None);
    assert_eq!(status(address, &authority, "good.example.com").await, Some(200));
    // One of its two certificates.
    let both = vec![unusable(&authority, "bad.example.com"), authority.sign(&["bad.example.com"])];
    resolution.tls[0] = Some(listener_tls(both));
    proxy.apply(&resolution).unwrap();
    assert_eq!(status(address, &authority, "bad.example.com").await, Some(200));
}

/// Clients that cannot be verified are not let in.
#[tokio::test]
async fn of_the_authorities_of_clients() {
    let (authority, backend) = (Authority::new(), named("a").await);
    let mut resolution = https(&authority, &["bad.example.com", "good.example.com"], backend.address);
    resolution.tls[0].as_mut().unwrap().client =
        Some(ClientValidation { roots: vec![no_certificate()], optional: false });
    let (_proxy, address) = start(config(), &resolution);
    assert_eq!(status(address, &authority, "bad.example.com").await, None);
    assert_eq!(status(address, &authority, "good.example.com").await, Some(200));
}

/// Two backends that speak TLS, the first for requests to host `a`, the other for `b`.
async fn two_backends(authority: &Authority) -> Resolution {
    let mut resolution = Resolution::default();
    for (index, host) in ["a", "b"].into_iter().enumerate() {
        let address = tls_backend(authority.sign(&["db.internal"])).await;
        let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[address]);
        let listener = listener(80, Some(host));
        add_route(&mut resolution, RouteKind::Http, listener, vec![rule("", &[(id, 1)])]);
        let roots = Some(vec![authority.certificate.clone()]);
        resolution.upstreams[index].tls =
            Some(UpstreamTls { hostname: "db.internal".into(), roots, san: Vec::new() });
    }
    resolution
}

async fn answers(address: SocketAddr) -> [u16; 2] {
    let one = async |host| {
        let mut client = http1_to(address).await;
        client.send_request(get(host, "/")).await.unwrap().status().as_u16()
    };
    [one("a").await, one("b").await]
}

#[tokio::test]
async fn of_the_authorities_of_a_backend() {
    let authority = Authority::new();
    let mut resolution = two_backends(&authority).await;
    resolution.upstreams[0].tls.as_mut().unwrap().roots = Some(vec![no_certificate()]);
    let (_proxy, address) = start(config(), &resolution);
    assert_eq!(answers(address).await, [500, 200]);
}

#[tokio::test]
async fn of_a_gateway_to_its_backends() {
    let authority = Authority::new();
    let mut resolution = two_backends(&authority).await;
    let shown = Arc::new(unusable(&authority, "gateway"));
    let gateway = &mut resolution.model.listeners[0].name.gateway;
    *gateway = ObjectName::new("default", "another");
    resolution.clients = [(gateway.clone(), shown)].into();
    let (_proxy, address) = start(config(), &resolution);
    assert_eq!(answers(address).await, [500, 200]);
}

#[tokio::test]
async fn sessions_survive_a_configuration_that_does_not_concern_them() {
    let (authority, backend) = (Authority::new(), named("a").await);
    let mut resolution = https(&authority, &["one.example.com"], backend.address);
    let (proxy, address) = start(config(), &resolution);
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.clone()).unwrap();
    let client =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let client = Arc::new(client.with_root_certificates(roots).with_no_client_auth());
    let handshake = async || {
        let name = ServerName::try_from("one.example.com").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let stream = TlsConnector::from(client.clone()).connect(name, stream).await.unwrap();
        let kind = stream.get_ref().1.handshake_kind();
        // The tickets come with the answer.
        http1_on(stream).await.send_request(get("one.example.com", "/")).await.unwrap();
        kind
    };
    assert_eq!(handshake().await, Some(HandshakeKind::Full));
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend.address]);
    add_route(&mut resolution, RouteKind::Http, listener(80, None), vec![rule("", &[(id, 1)])]);
    proxy.apply(&resolution).unwrap();
    assert_eq!(handshake().await, Some(HandshakeKind::Resumed));
    resolution.tls[0] = Some(listener_tls(vec![authority.sign(&["one.example.com"])]));
    proxy.apply(&resolution).unwrap();
    assert_eq!(handshake().await, Some(HandshakeKind::Full));
}

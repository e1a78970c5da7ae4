//! UDPRoutes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateline::model::{BackendId, BackendProtocol, Protocol, RouteKind};
use gateline_api::Resolution;
use gateline_proxy::{Config, Proxy};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::l4::{all, of};
use crate::support::*;

fn udp(resolution: &mut Resolution, backends: &[(BackendId, u32)]) {
    add_route(resolution, RouteKind::Udp, of(Protocol::Udp, 5300, None), vec![all(backends)]);
}

/// Answers with its name and what it got; tells where that came from.
async fn backend(name: &'static str) -> (SocketAddr, Arc<Mutex<BTreeSet<SocketAddr>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let peers = Arc::<Mutex<BTreeSet<_>>>::default();
    let seen = peers.clone();
    tokio::spawn(async move {
        let mut buffer = vec![0; 65_535];
        loop {
            let (length, peer) = socket.recv_from(&mut buffer).await.unwrap();
            seen.lock().unwrap().insert(peer);
            let answer = [name.as_bytes(), b":", &buffer[..length]].concat();
            // A client may be gone.
            let _ = socket.send_to(&answer, peer).await;
        }
    });
    (address, peers)
}

fn start(config: Config, resolution: &Resolution) -> (Proxy, SocketAddr) {
    let proxy = Proxy::start(config).unwrap();
    proxy.apply(resolution).unwrap();
    let address = proxy.udp_addresses()[&5300][0];
    (proxy, address)
}

/// A client that is connected, so that it hears only whom it speaks to.
async fn client(address: SocketAddr) -> UdpSocket {
    let any = if address.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
    let socket = UdpSocket::bind(any).await.unwrap();
    socket.connect(address).await.unwrap();
    socket
}

async fn ask(client: &UdpSocket, text: &[u8]) -> Option<String> {
    client.send(text).await.unwrap();
    let mut buffer = vec![0; 65_535];
    let length = timeout(Duration::from_millis(500), client.recv(&mut buffer)).await.ok()?.ok()?;
    Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

#[tokio::test]
async fn a_session_stays_with_its_endpoint() {
    let mut resolution = Resolution::default();
    let (a, peers) = backend("a").await;
    let (b, _) = backend("b").await;
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[a, b]);
    udp(&mut resolution, &[(id, 1)]);
    let (_proxy, address) = start(config(), &resolution);
    let mut answers = BTreeMap::<String, usize>::new();
    for _ in 0..4 {
        let client = client(address).await;
        let first = ask(&client, b"x").await.unwrap();
        for _ in 0..5 {
            assert_eq!(ask(&client, b"x").await.unwrap(), first);
        }
        *answers.entry(first).or_default() += 1;
    }
    assert_eq!(answers, BTreeMap::from([("a:x".into(), 2), ("b:x".into(), 2)]));
    assert_eq!(peers.lock().unwrap().len(), 2, "a socket for each session");
    let long = vec![b'y'; 8_000];
    assert_eq!(ask(&client(address).await, &long).await.unwrap().len(), 8_002);
    assert_eq!(ask(&client(address).await, b"").await.unwrap().len(), 2, "an empty datagram is one too");
}

#[tokio::test]
async fn answers_leave_from_the_address_that_was_asked() {
    let mut resolution = Resolution::default();
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("a").await.0]);
    udp(&mut resolution, &[(id, 1)]);
    for (any, hosts) in [("0.0.0.0", &["127.0.0.1", "127.0.0.2"][..]), ("::", &["::1", "127.0.0.3"])] {
        let mut config = config();
        config.addresses = vec![any.parse().unwrap()];
        let (_proxy, address) = start(config, &resolution);
        for host in hosts {
            let client = client(SocketAddr::new(host.parse().unwrap(), address.port())).await;
            assert_eq!(ask(&client, b"x").await.as_deref(), Some("a:x"), "{any} {host}");
        }
    }
}

#[tokio::test]
async fn weights_count_sessions() {
    let mut resolution = Resolution::default();
    let ids = [backend("a").await.0, backend("b").await.0, backend("zero").await.0];
    let ids = ids.map(|address| add_backend(&mut resolution, BackendProtocol::Unspecified, &[address]));
    udp(&mut resolution, &[(ids[0], 70), (ids[1], 30), (ids[2], 0)]);
    let (_proxy, address) = start(config(), &resolution);
    let mut counts = BTreeMap::<String, i32>::new();
    for _ in 0..100 {
        *counts.entry(ask(&client(address).await, b"x").await.unwrap()).or_default() += 1;
    }
    assert!((counts["a:x"] - 70).abs() <= 4 && counts.len() == 2, "{counts:?}");
}

#[tokio::test]
async fn a_session_outlives_a_configuration_that_keeps_its_endpoint() {
    let mut resolution = Resolution::default();
    let (address_a, peers) = backend("a").await;
    let a = add_backend(&mut resolution, BackendProtocol::Unspecified, &[address_a]);
    let b = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend("b").await.0]);
    let bare = |resolution: &Resolution| Resolution {
        upstreams: resolution.upstreams.clone(),
        model: gateline::Model { backends: resolution.model.backends.clone(), ..Default::default() },
        ..Default::default()
    };
    let (mut both, mut other) = (bare(&resolution), bare(&resolution));
    udp(&mut resolution, &[(a, 1)]);
    udp(&mut both, &[(a, 1), (b, 1_000)]);
    udp(&mut other, &[(b, 1)]);
    let (proxy, address) = start(config(), &resolution);
    let client = client(address).await;
    assert_eq!(ask(&client, b"1").await.unwrap(), "a:1");
    proxy.apply(&both).unwrap();
    assert_eq!(ask(&client, b"2").await.unwrap(), "a:2");
    assert_eq!(peers.lock().unwrap().len(), 1);
    proxy.apply(&other).unwrap();
    assert_eq!(ask(&client, b"3").await.unwrap(), "b:3");
}

#[tokio::test]
async fn sessions_end_when_idle_and_are_counted() {
    let mut resolution = Resolution::default();
    let (backend, peers) = backend("a").await;
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[backend]);
    udp(&mut resolution, &[(id, 1)]);
    let mut config = config();
    config.timeouts.idle_udp = Duration::from_millis(300);
    config.limits.sessions = 1;
    let (_proxy, address) = start(config, &resolution);
    let (first, second) = (client(address).await, client(address).await);
    assert_eq!(ask(&first, b"x").await.unwrap(), "a:x");
    assert_eq!(ask(&second, b"y").await, None, "there is room for one");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(ask(&second, b"z").await.unwrap(), "a:z");
    assert_eq!(peers.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_endpoint_that_says_it_is_gone_gives_way_to_another() {
    let mut resolution = Resolution::default();
    let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[gone, backend("a").await.0]);
    udp(&mut resolution, &[(id, 1)]);
    let (_proxy, address) = start(config(), &resolution);
    for _ in 0..3 {
        let client = client(address).await;
        let answered = async { while ask(&client, b"x").await.is_none() {} };
        timeout(Duration::from_secs(5), answered).await.unwrap();
    }
}

//! Session persistence (GEP-1619).

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use gateline::model::{BackendProtocol, RouteKind, SessionKind, SessionPersistence};
use gateline_api::Resolution;
use http::{HeaderMap, HeaderValue};

use crate::support::*;

fn cookie() -> SessionPersistence {
    let kind = SessionKind::Cookie { permanent: false, path: "/".into() };
    SessionPersistence { name: None, kind, absolute_timeout: None, idle_timeout: None }
}

fn header() -> SessionPersistence {
    let name = Some("X-Session".into());
    SessionPersistence { name, kind: SessionKind::Header, absolute_timeout: None, idle_timeout: None }
}

/// The body of the answer and what the client sends with its next request.
async fn visit(address: SocketAddr, path: &str, carried: &HeaderMap) -> (String, HeaderMap) {
    let mut request = get("a", path);
    request.headers_mut().extend(carried.clone());
    let (status, told, body) = exchange(address, request).await;
    assert_eq!(status, 200);
    let mut next = carried.clone();
    if let Some(cookie) = told.get("set-cookie") {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        next.insert("cookie", HeaderValue::from_str(&pair).unwrap());
    }
    if let Some(session) = told.get("x-session") {
        next.insert("x-session", session.clone());
    }
    (body, next)
}

#[tokio::test]
async fn stays_with_one_endpoint() {
    let servers = [named("1").await, named("2").await, named("3").await];
    let endpoints = servers.each_ref().map(|server| server.address);
    for session in [cookie(), header()] {
        let mut resolution = to(&endpoints);
        resolution.model.routes[0].rules[0].session = Some(session.clone());
        let (proxy, address) = start(config(), &resolution);
        let mut first = BTreeSet::new();
        let mut clients = Vec::new();
        for _ in 0..9 {
            let (body, carried) = visit(address, "/", &HeaderMap::new()).await;
            first.insert(body.clone());
            clients.push((body, carried));
        }
        assert_eq!(first.len(), 3, "new clients are spread");
        for (body, carried) in &clients {
            for _ in 0..10 {
                let (again, next) = visit(address, "/", carried).await;
                assert_eq!((&again, &next), (body, carried), "nothing new is told");
            }
        }
        // Another process, as after a restart.
        let (_second, other) = start(config(), &resolution);
        for (body, carried) in &clients {
            assert_eq!(&visit(other, "/", carried).await.0, body);
        }
        // An endpoint that is gone: a new one, and it stays.
        let gone = servers.iter().position(|server| server.address == endpoints[0]).unwrap();
        let mut fewer = to(&endpoints[1..]);
        fewer.model.routes[0].rules[0].session = Some(session);
        proxy.apply(&fewer).unwrap();
        let (_, carried) = clients.iter().find(|(body, _)| *body == (gone + 1).to_string()).unwrap();
        let (body, moved) = visit(address, "/", carried).await;
        assert_ne!(&moved, carried);
        for _ in 0..10 {
            assert_eq!(visit(address, "/", &moved).await.0, body);
        }
    }
}

/// A session counts more than weights, even where a backend takes no new clients any more.
#[tokio::test]
async fn counts_more_than_weights() {
    let (stable, canary) = (named("stable").await, named("canary").await);
    let split = |weights: [u32; 2]| {
        let mut resolution = Resolution::default();
        let a = add_backend(&mut resolution, BackendProtocol::Unspecified, &[stable.address]);
        let b = add_backend(&mut resolution, BackendProtocol::Unspecified, &[canary.address]);
        let mut rule = rule("", &[(a, weights[0]), (b, weights[1])]);
        rule.session = Some(cookie());
        simple(&mut resolution, vec![rule]);
        resolution
    };
    let (proxy, address) = start(config(), &split([70, 30]));
    let mut canaries = Vec::new();
    for _ in 0..100 {
        let (body, carried) = visit(address, "/", &HeaderMap::new()).await;
        canaries.extend((body == "canary").then_some(carried));
    }
    assert!(canaries.len().abs_diff(30) <= 5, "{} of 100", canaries.len());
    proxy.apply(&split([1, 0])).unwrap();
    for carried in &canaries {
        assert_eq!(visit(address, "/", carried).await.0, "canary");
    }
    assert_eq!(visit(address, "/", &HeaderMap::new()).await.0, "stable");
}

#[tokio::test]
async fn belongs_to_its_rule() {
    let servers = [named("1").await, named("2").await];
    let mut resolution = Resolution::default();
    let endpoints = servers.each_ref().map(|server| server.address);
    let backend = add_backend(&mut resolution, BackendProtocol::Unspecified, &endpoints);
    let mut rules = vec![rule("/a", &[(backend, 1)]), rule("/b", &[(backend, 1)])];
    for rule in &mut rules {
        rule.session = Some(header());
    }
    simple(&mut resolution, rules);
    let (_proxy, address) = start(config(), &resolution);
    let (_, carried) = visit(address, "/a", &HeaderMap::new()).await;
    let (_, other) = visit(address, "/b", &carried).await;
    assert_ne!(carried["x-session"], other["x-session"]);
}

/// An endpoint that does not answer any more is left at once, without a failed request.
#[tokio::test]
async fn moves_when_its_endpoint_cannot_be_reached() {
    let alive = named("alive").await;
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = dead.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        let (mut stream, _) = dead.accept().await.unwrap();
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 4096]).await.unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\ndead";
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await.unwrap();
    });
    let mut resolution = to(&[endpoint, alive.address]);
    resolution.model.routes[0].rules[0].session = Some(cookie());
    let (_proxy, address) = start(config(), &resolution);
    let mut carried = HeaderMap::new();
    while carried.is_empty() {
        let (body, next) = visit(address, "/", &HeaderMap::new()).await;
        if body == "dead" {
            carried = next;
        }
    }
    answering.await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut request = http::Request::post("/").header("host", "a").body("payload".into()).unwrap();
    request.headers_mut().extend(carried.clone());
    let (status, told, body) = exchange(address, request).await;
    assert_eq!((status, body.as_str()), (200, "alive"));
    assert_eq!(alive.last().1, "payload");
    assert!(told.contains_key("set-cookie"));
}

#[tokio::test]
async fn holds_for_grpc() {
    let servers = [named("1").await, named("2").await, named("3").await];
    let endpoints = servers.each_ref().map(|server| server.address);
    let mut resolution = Resolution::default();
    let backend = add_backend(&mut resolution, BackendProtocol::H2c, &endpoints);
    let mut rule = rule("", &[(backend, 1)]);
    rule.session = Some(header());
    add_route(&mut resolution, RouteKind::Grpc, listener(80, None), vec![rule]);
    let (_proxy, address) = start(config(), &resolution);
    let (body, carried) = visit(address, "/s/m", &HeaderMap::new()).await;
    for _ in 0..20 {
        assert_eq!(visit(address, "/s/m", &carried).await.0, body);
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateline::model::{BackendProtocol, Retry, RouteKind};
use gateline_api::Resolution;
use gateline_api::resolve::Endpoint;
use gateline_proxy::{Ports, ProxyError};
use http::{Request, Response};
use http_body_util::Full;

use crate::support::*;

#[tokio::test]
async fn swaps_under_load_without_a_failed_request() {
    let (one, two) = (named("one").await, named("two").await);
    let mut threads = config();
    threads.threads = 2;
    let (proxy, address) = start(threads, &to(&[one.address]));
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let stop = stop.clone();
            tokio::spawn(async move {
                let (mut client, mut count) = (http1_to(address).await, 0);
                while !stop.load(Ordering::SeqCst) {
                    client.ready().await.unwrap();
                    let (status, _, _) = read(client.send_request(get("a", "/")).await.unwrap()).await;
                    assert_eq!(status, 200);
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut round = 0;
    while round < 50 || one.count() + two.count() <= 100 {
        round += 1;
        let next = if round % 2 == 0 { &two } else { &one };
        proxy.apply(&to(&[next.address])).unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut total = 0;
    for client in clients {
        total += client.await.unwrap();
    }
    assert!(total > 100 && one.count() > 0 && two.count() > 0, "{total} requests");
}

#[tokio::test]
async fn a_bad_configuration_changes_nothing() {
    let backend = named("a").await;
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().port();
    let mut own = config();
    own.ports = Ports::Map([(80, 0), (443, 0)].into());
    let (proxy, address) = start(own, &to(&[backend.address]));

    let mut more = to(&[backend.address]);
    add_route(&mut more, RouteKind::Http, listener(taken, None), vec![]);
    let error = proxy.apply(&more).unwrap_err();
    assert!(matches!(error, ProxyError::Bind { port, .. } if port == taken), "{error}");

    assert_eq!(fetch(address, "/").await.0, 200);
    assert_eq!(proxy.addresses().len(), 1);
    drop(holder);
    proxy.apply(&more).unwrap();
    assert_eq!(proxy.addresses().len(), 2);
}

#[tokio::test]
async fn listeners_come_and_go() {
    let backend = named("a").await;
    let (proxy, address) = start(config(), &to(&[backend.address]));
    let mut client = http1_to(address).await;
    assert_eq!(client.send_request(get("a", "/")).await.unwrap().status(), 200);
    let mut other = Resolution::default();
    let id = add_backend(&mut other, BackendProtocol::Unspecified, &[backend.address]);
    add_route(&mut other, RouteKind::Http, listener(81, None), vec![rule("", &[(id, 1)])]);
    proxy.apply(&other).unwrap();
    let now = proxy.addresses()[&81][0];
    assert_eq!(fetch(now, "/").await.0, 200);
    until("the old socket is closed", async || tokio::net::TcpStream::connect(address).await.is_err()).await;
}

#[tokio::test]
async fn finishes_what_is_under_way() {
    let slow = server(|_, _| (Duration::from_millis(500), Response::new(Full::from("done")))).await;
    let (proxy, address) = start(config(), &to(&[slow.address]));
    let request = tokio::spawn(fetch(address, "/"));
    until("the backend is asked", async || slow.count() > 0).await;
    let stopping = tokio::task::spawn_blocking(move || proxy.shutdown(Duration::from_secs(10)));
    let (status, _, body) = request.await.unwrap();
    assert_eq!((status, body.as_str()), (200, "done"));
    tokio::time::timeout(Duration::from_secs(3), stopping).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

/// GOAWAY: the stream under way ends well, no other begins, the connection ends.
#[tokio::test]
async fn finishes_http2_streams() {
    let slow = server(|_, _| (Duration::from_millis(700), Response::new(Full::from("done")))).await;
    let (proxy, address) = start(config(), &to(&[slow.address]));
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = || Request::get("http://a/").body(()).unwrap();
    let (response, _) = client.send_request(request(), true).unwrap();
    until("the backend is asked", async || slow.count() > 0).await;
    let stopping = tokio::task::spawn_blocking(move || proxy.shutdown(Duration::from_secs(10)));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "the socket is closed");
    let later = match client.ready().await {
        Ok(mut client) => match client.send_request(request(), true) {
            Ok((response, _)) => response.await.map(drop),
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    assert!(later.unwrap_err().is_go_away(), "no stream begins after GOAWAY");
    let mut response = response.await.unwrap();
    assert_eq!(response.body_mut().data().await.unwrap().unwrap(), "done");
    tokio::time::timeout(Duration::from_secs(3), stopping).await.unwrap().unwrap();
    connection.await.unwrap().unwrap();
    assert_eq!(slow.count(), 1);
}

#[tokio::test]
async fn looks_names_up() {
    let backend = named("a").await;
    let mut resolution = to(&[]);
    resolution.upstreams[0].endpoints = vec![Endpoint::Name("localhost".into(), backend.address.port())];
    // `localhost` may also be ::1, where nobody listens.
    resolution.model.routes[0].rules[0].retry = Some(Retry { attempts: 3, codes: vec![], backoff: None });
    let (_proxy, address) = start(config(), &resolution);
    for _ in 0..5 {
        assert_eq!(fetch(address, "/").await.0, 200);
    }
}

/// A static endpoint stands in place of what the manifests say.
#[tokio::test]
async fn takes_endpoints_from_its_configuration() {
    let (manifest, own) = (named("manifest").await, named("own").await);
    let mut config = config();
    config.backends.insert("default/b0:80".into(), vec![Endpoint::Address(own.address)]);
    let (_proxy, address) = start(config, &to(&[manifest.address]));
    assert_eq!(fetch(address, "/").await.2, "own");
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_request() {
    let slow = server(|_, _| (Duration::from_secs(30), Response::default())).await;
    let (ended, mut end) = tokio::sync::mpsc::unbounded_channel();
    let mut watched = config();
    watched.observer = Some(Arc::new(move |_| ended.send(()).unwrap()));
    let (_proxy, address) = start(watched, &to(&[slow.address]));
    let request = tokio::time::timeout(Duration::from_millis(200), async {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    assert!(request.await.is_err());
    assert_eq!(slow.count(), 1);
    tokio::time::timeout(Duration::from_secs(3), end.recv()).await.unwrap().unwrap();
}

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;

#[tokio::test]
async fn forwards_and_keeps_connections() {
    let backend = named("a").await;
    let (_proxy, address) = start(config(), &to(&[backend.address]));
    let mut client = http1_to(address).await;
    for _ in 0..10 {
        client.ready().await.unwrap();
        let (status, _, body) =
            read(client.send_request(get("example.com", "/x?y=%2f")).await.unwrap()).await;
        assert_eq!((status, body.as_str()), (200, "a"));
    }
    assert_eq!(backend.connections.load(Ordering::SeqCst), 1);
    let (parts, _) = backend.last();
    assert_eq!(parts.uri, "/x?y=%2f");
    assert_eq!(parts.headers["host"], "example.com");
}

#[tokio::test]
async fn cleans_headers() {
    let backend = server(|_, _| {
        let response =
            Response::builder().header("connection", "x-hop").header("x-hop", "1").header("x-end", "2");
        (Duration::ZERO, response.body(Full::default()).unwrap())
    })
    .await;
    let (_proxy, address) = start(config(), &to(&[backend.address]));
    let mut request = get("example.com", "/");
    for (name, value) in [
        ("connection", "keep-alive, x-private"),
        ("x-private", "1"),
        ("keep-alive", "5"),
        ("te", "gzip, trailers"),
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "mine"),
        ("x-kept", "yes"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let (_, headers, _) = exchange(address, request).await;
    assert!(!headers.contains_key("x-hop") && headers["x-end"] == "2");
    let (parts, _) = backend.last();
    for gone in ["x-private", "keep-alive", "connection"] {
        assert!(!parts.headers.contains_key(gone), "{gone}");
    }
    assert_eq!(parts.headers["te"], "trailers");
    assert_eq!(parts.headers["x-forwarded-for"], "1.1.1.1,127.0.0.1");
    assert_eq!(parts.headers["x-forwarded-proto"], "http");
    assert_eq!(parts.headers["x-request-id"].len(), 36);
    assert_eq!(parts.headers["x-kept"], "yes");
}

#[tokio::test]
async fn speaks_http2_in_the_clear() {
    let backend = named("a").await;
    let (_proxy, address) = start(config(), &to(&[backend.address]));
    let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
    let request = Request::get("http://example.com/two").body(Full::<Bytes>::default()).unwrap();
    let (status, _, body) = read(client.send_request(request).await.unwrap()).await;
    assert_eq!((status, body.as_str()), (200, "a"));
    let (parts, _) = backend.last();
    assert_eq!(
        (parts.version, parts.headers["host"].to_str().unwrap()),
        (http::Version::HTTP_11, "example.com")
    );
}

/// What a raw request gets for a first line.
async fn raw(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn refuses_what_is_not_clean() {
    let backend = named("a").await;
    let (_proxy, address) = start(config(), &to(&[backend.address]));
    let cases = [
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", "400"),
        ("CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n", "405"),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx", "400"),
        ("GET http://other.example/p HTTP/1.1\r\nhost: a\r\n\r\n", "200"),
    ];
    for (request, status) in cases {
        let line = raw(address, request).await;
        assert!(line.contains(status), "{request:?} got {line:?}");
    }
    let (parts, _) = backend.last();
    assert_eq!(parts.headers["host"], "other.example", "the absolute form wins");
    assert_eq!(backend.count(), 1);
    let long = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    assert!(raw(address, &long).await.contains("431"));
}

#[tokio::test]
async fn answers_expect_continue() {
    let backend = named("a").await;
    let (_proxy, address) = start(config(), &to(&[backend.address]));
    let head = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n";
    assert!(raw(address, head).await.contains("100"));
}

/// 64 MiB go through in both directions although nobody keeps them, and a reader that stops holds the writer up.
#[tokio::test]
async fn streams_large_bodies() {
    const SIZE: usize = 64 << 20;
    let backend = server(|_, body| (Duration::ZERO, Response::new(Full::from(body.clone())))).await;
    let (_proxy, address) = start(config(), &to(&[backend.address]));
    let request =
        Request::post("/").header("host", "a").body(Full::from(Bytes::from(vec![7; SIZE]))).unwrap();
    let mut body = http1_to(address).await.send_request(request).await.unwrap().into_body();
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        total += frame.unwrap().into_data().unwrap().len();
    }
    assert_eq!(total, SIZE);
}

#[tokio::test]
async fn a_slow_reader_holds_the_backend_up() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backend = socket.local_addr().unwrap();
    let (progress, written) = tokio::sync::watch::channel(0_usize);
    tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.unwrap();
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 268435456\r\n\r\n").await.unwrap();
        let chunk = vec![0; 1 << 20];
        while stream.write_all(&chunk).await.is_ok() {
            progress.send_modify(|sent| *sent += 1);
        }
    });
    let (_proxy, address) = start(config(), &to(&[backend]));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sent = *written.borrow();
    assert!(sent < 64, "{sent} MiB of 256 were taken from the backend for a client that reads nothing");
}

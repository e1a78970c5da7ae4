//! Peers that stop in the middle.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gateline::model::BackendProtocol;
use gateline_proxy::Config;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;

const LIMIT: Duration = Duration::from_millis(300);

fn impatient() -> Config {
    let mut config = config();
    config.timeouts.stream_idle = Some(LIMIT);
    config.timeouts.request_head = LIMIT;
    config
}

/// A backend that reads a head, writes this, and then does nothing.
async fn silent(answer: &'static [u8]) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = socket.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await.unwrap();
                stream.write_all(answer).await.unwrap();
                std::future::pending::<()>().await;
            });
        }
    });
    address
}

/// All that a raw client gets until the proxy closes, and how long that took.
async fn until_closed(stream: &mut TcpStream) -> (String, Duration) {
    let (began, mut all) = (Instant::now(), Vec::new());
    let reading = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all));
    // A reset ends the connection as well.
    let _ = reading.await.unwrap();
    (String::from_utf8_lossy(&all).into_owned(), began.elapsed())
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let backend = named("a").await;
    let (_proxy, address) = start(impatient(), &to(&[backend.address]));
    for head in
        ["GET / HTTP/1.1\r\nhost: a\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", "PRI * HTTP/2.0\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let began = Instant::now();
        let mut refused = false;
        for byte in head.bytes() {
            refused = stream.write_all(&[byte]).await.is_err();
            if refused || began.elapsed() > Duration::from_secs(5) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        let (answer, _) = until_closed(&mut stream).await;
        assert!(began.elapsed() < Duration::from_secs(3), "{head:?} {refused} {answer:?}");
        assert!(!answer.contains("200"), "{answer:?}");
    }
    assert_eq!(backend.count(), 0);
}

/// The second head of a connection is watched as the first is.
#[tokio::test]
async fn so_is_a_later_head() {
    let backend = named("a").await;
    let (_proxy, address) = start(impatient(), &to(&[backend.address]));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HT").await.unwrap();
    let (answer, took) = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.matches("200").count() == 1, "{answer}");
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn a_request_body_that_stalls_is_408() {
    let backend = named("a").await;
    let (_proxy, address) = start(impatient(), &to(&[backend.address]));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    let (answer, took) = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(took >= LIMIT && took < Duration::from_secs(3), "{took:?}");
}

/// A backend that takes nothing is as bad as a client that sends nothing.
#[tokio::test]
async fn a_backend_that_does_not_read_is_not_waited_for() {
    let backend = silent(b"").await;
    let (_proxy, address) = start(impatient(), &to(&[backend]));
    let body = Full::from(Bytes::from(vec![0; 64 << 20]));
    let request = Request::post("/").header("host", "a").body(body).unwrap();
    let mut client = http1_to(address).await;
    let status = tokio::time::timeout(Duration::from_secs(10), client.send_request(request)).await.unwrap();
    assert_eq!(status.unwrap().status(), 408);
}

#[tokio::test]
async fn a_response_body_that_stalls_is_broken_off() {
    let backend = silent(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
    let (_proxy, address) = start(impatient(), &to(&[backend]));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let (answer, took) = until_closed(&mut stream).await;
    assert!(answer.ends_with("\r\n\r\nabc"), "{answer}");
    assert!(took >= LIMIT && took < Duration::from_secs(3), "{took:?}");

    let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
    let request = Request::get("http://a/").body(Full::<Bytes>::default()).unwrap();
    let body = client.send_request(request).await.unwrap().into_body();
    let collected = tokio::time::timeout(Duration::from_secs(3), body.collect()).await.unwrap();
    assert!(collected.is_err(), "the stream must be reset");
}

/// A request body that moves keeps a silent response alive, and the other way round.
#[tokio::test]
async fn what_moves_is_not_cut_off() {
    let (parts, body) = tokio::sync::mpsc::channel::<Bytes>(1);
    let backend = crate::grpc::echo_backend().await;
    let mut resolution = to(&[backend]);
    resolution.model.backends[0].protocol = BackendProtocol::H2c;
    let (_proxy, address) = start(impatient(), &resolution);
    let frames = futures_util::stream::unfold(body, |mut body| async {
        Some((Ok::<_, Infallible>(Frame::data(body.recv().await?)), body))
    });
    let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
    let request = Request::post("http://a/").body(StreamBody::new(Box::pin(frames))).unwrap();
    let sending = tokio::spawn(async move {
        for _ in 0..10 {
            tokio::time::sleep(LIMIT / 3).await;
            parts.send(Bytes::from("x")).await.unwrap();
        }
    });
    let body = client.send_request(request).await.unwrap().into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "xxxxxxxxxx");
    sending.await.unwrap();
}

/// A client that stops reading loses its connection, and the backend its request.
#[tokio::test]
async fn a_client_that_does_not_read_is_let_go() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backend = socket.local_addr().unwrap();
    let (_proxy, address) = start(impatient(), &to(&[backend]));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let (mut stream, _) = socket.accept().await.unwrap();
    let _ = stream.read(&mut [0; 4096]).await.unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").await.unwrap();
    let writing = async { while stream.write_all(&[0; 8_192]).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(10), writing).await.unwrap();
}

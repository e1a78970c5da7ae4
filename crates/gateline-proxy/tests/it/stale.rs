//! Connections that their peer ends just as a request leaves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gateline::model::{BackendProtocol, Retry};
use http::Request;
use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;

#[derive(Clone, Copy, PartialEq)]
enum End {
    Close,
    Reset,
    /// HTTP/2 only.
    GoAway,
}

impl End {
    fn of(self, stream: &TcpStream) {
        if self == Self::Reset {
            stream.set_zero_linger().unwrap();
        }
    }
}

/// Answers the first request of its first connection, then reads another there and ends the connection instead. Answers
/// all on later connections. Counts the requests it read.
async fn http1_backend(end: End) -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, count) = (socket.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let requests = count.clone();
    tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = socket.accept().await.unwrap();
            for request in 0.. {
                let mut head = [0; 4096];
                if stream.read(&mut head).await.unwrap_or(0) == 0 {
                    break;
                }
                requests.fetch_add(1, Ordering::SeqCst);
                if connection == 0 && request == 1 {
                    end.of(&stream);
                    break;
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            }
        }
    });
    (address, count)
}

fn request(method: &str, body: &'static str) -> Request<Full<Bytes>> {
    Request::builder().method(method).uri("/").header("host", "a").body(Full::from(body)).unwrap()
}

#[tokio::test]
async fn a_safe_request_is_sent_again_when_a_used_connection_ends() {
    for end in [End::Close, End::Reset] {
        for (method, body, recorded, status) in [
            ("GET", "", false, 200),
            ("DELETE", "", false, 200),
            ("PUT", "abc", true, 200),
            // What may have had an effect, and what is not there any more, is sent once.
            ("POST", "", false, 502),
            ("POST", "abc", true, 502),
            ("PUT", "abc", false, 502),
        ] {
            let (backend, count) = http1_backend(end).await;
            let mut resolution = to(&[backend]);
            if recorded {
                let retry = Retry { attempts: 1, codes: vec![599], backoff: None };
                resolution.model.routes[0].rules[0].retry = Some(retry);
            }
            let (_proxy, address) = start(config(), &resolution);
            assert_eq!(fetch(address, "/").await.0, 200);
            assert_eq!(exchange(address, request(method, body)).await.0, status, "{method} {body:?}");
            assert_eq!(count.load(Ordering::SeqCst), if status == 200 { 3 } else { 2 }, "{method} {body:?}");
        }
    }
}

#[tokio::test]
async fn a_new_connection_that_ends_is_not_tried_again() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backend = socket.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let connections = count.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = socket.accept().await.unwrap();
            connections.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await;
        }
    });
    let (_proxy, address) = start(config(), &to(&[backend]));
    assert_eq!(fetch(address, "/").await.0, 502);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// [`http1_backend`] in HTTP/2.
async fn http2_backend(end: End) -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, count) = (socket.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let requests = count.clone();
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = socket.accept().await.unwrap();
            tokio::spawn(serve_http2(stream, connection == 0, end, requests.clone()));
        }
    });
    (address, count)
}

async fn serve_http2(mut stream: TcpStream, ends: bool, end: End, requests: Arc<AtomicUsize>) -> Option<()> {
    stream.read_exact(&mut [0; 24]).await.ok()?;
    stream.write_all(&frame(4, 0, 0, &[])).await.ok()?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        stream.read_exact(&mut vec![0; usize::try_from(length).unwrap()]).await.ok()?;
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if head[3] == 4 && head[4] == 0 {
            stream.write_all(&frame(4, 1, 0, &[])).await.ok()?;
        }
        if head[3] != 1 {
            continue;
        }
        requests.fetch_add(1, Ordering::SeqCst);
        if ends && id > 1 {
            end.of(&stream);
            if end == End::GoAway {
                stream.write_all(&frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0])).await.ok()?;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            return None;
        }
        // `:status: 200` is entry 8 of the static table of HPACK.
        stream.write_all(&frame(1, 5, id, &[0x88])).await.ok()?;
    }
}

#[tokio::test]
async fn the_same_in_http2() {
    for end in [End::Close, End::Reset, End::GoAway] {
        for (method, status) in [("GET", 200), ("POST", if end == End::GoAway { 503 } else { 502 })] {
            let (backend, count) = http2_backend(end).await;
            let mut resolution = to(&[backend]);
            resolution.model.backends[0].protocol = BackendProtocol::H2c;
            let (_proxy, address) = start(config(), &resolution);
            assert_eq!(fetch(address, "/").await.0, 200);
            assert_eq!(exchange(address, request(method, "")).await.0, status, "{method}");
            assert_eq!(count.load(Ordering::SeqCst), if status == 200 { 3 } else { 2 }, "{method}");
        }
    }
}

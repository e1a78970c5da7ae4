//! Connections that change protocol.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use gateline::model::BackendProtocol;
use gateline_api::Resolution;
use http::Request;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;

/// Sends text messages back.
async fn websocket_backend() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = socket.accept().await.unwrap();
        let mut peer = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(message)) = peer.next().await {
            if message.is_text() {
                peer.send(message).await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn tunnels_websockets() {
    let backend = websocket_backend().await;
    let (_proxy, address) = start(config(), &to(&[backend]));
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, response) =
        tokio_tungstenite::client_async("ws://example.com/chat", stream).await.unwrap();
    assert_eq!(response.status(), 101);
    for text in ["one", "two"] {
        client.send(text.into()).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap().into_text().unwrap().as_str(), text);
    }
}

/// RFC 8441: a WebSocket as one stream of an HTTP/2 connection, beside others. The backend sees HTTP/1.1.
#[tokio::test]
async fn tunnels_websockets_over_http2() {
    let backend = websocket_backend().await;
    let refusing = named("no WebSocket").await;
    let mut resolution = Resolution::default();
    let chat = add_backend(&mut resolution, BackendProtocol::WebSocket, &[backend]);
    let other = add_backend(&mut resolution, BackendProtocol::Unspecified, &[refusing.address]);
    let mut rules = vec![rule("/chat", &[(chat, 1)]), rule("", &[(other, 1)])];
    rules[0].matches[0].method = Some(http::Method::GET);
    simple(&mut resolution, rules);
    let (_proxy, address) = start(config(), &resolution);
    let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
    let connect = |path: &str| {
        let mut request = Request::connect(format!("http://a{path}")).body(Full::<Bytes>::default()).unwrap();
        request.extensions_mut().insert(hyper::ext::Protocol::from_static("websocket"));
        request
    };
    // The server's settings come with its first answer.
    assert_eq!(
        client.send_request(Request::get("http://a/").body(Full::default()).unwrap()).await.unwrap().status(),
        200
    );
    let response = client.send_request(connect("/chat")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("sec-websocket-accept"));
    let stream = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    let role = tokio_tungstenite::tungstenite::protocol::Role::Client;
    let mut tunnel = tokio_tungstenite::WebSocketStream::from_raw_socket(stream, role, None).await;
    for text in ["one", "two"] {
        tunnel.send(text.into()).await.unwrap();
        assert_eq!(tunnel.next().await.unwrap().unwrap().into_text().unwrap().as_str(), text);
    }
    // A success without a change of protocol must not look like a tunnel.
    assert_eq!(client.send_request(connect("/other")).await.unwrap().status(), 502);
}

/// Each side may stop sending and still read.
#[tokio::test]
async fn half_closes_tunnels() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backend = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.unwrap();
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).await.unwrap();
        stream.write_all(b"HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n").await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        stream.write_all(&all).await.unwrap();
    });
    let (_proxy, address) = start(config(), &to(&[backend]));
    let mut request = get("example.com", "/");
    request.headers_mut().insert("connection", "upgrade".parse().unwrap());
    request.headers_mut().insert("upgrade", "echo".parse().unwrap());
    let response = http1_to(address).await.send_request(request).await.unwrap();
    assert_eq!(response.status(), 101);
    let mut tunnel = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    tunnel.write_all(b"hello").await.unwrap();
    tunnel.shutdown().await.unwrap();
    let mut back = String::new();
    tunnel.read_to_string(&mut back).await.unwrap();
    assert_eq!(back, "hello");
}

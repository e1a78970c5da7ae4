use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gateline::model::{BackendProtocol, RouteKind};
use gateline_api::Resolution;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::support::*;

/// Sends back what comes, as it comes, and then `grpc-status: 0`.
struct Echo(Option<Incoming>);

impl Body for Echo {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = self.0.as_mut() else { return Poll::Ready(None) };
        if let Some(frame) = ready!(Pin::new(body).poll_frame(cx)) {
            return Poll::Ready(Some(frame));
        }
        self.0 = None;
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", "0".parse().unwrap());
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }
}

pub(crate) async fn echo_backend() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            let service = service_fn(|request: Request<Incoming>| async {
                let response = Response::builder().header("content-type", "application/grpc");
                Ok::<_, Infallible>(response.body(Echo(Some(request.into_body()))).unwrap())
            });
            tokio::spawn(
                hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .max_concurrent_streams(2)
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

fn resolution(endpoints: &[SocketAddr]) -> Resolution {
    let mut resolution = Resolution::default();
    let backend = add_backend(&mut resolution, BackendProtocol::Unspecified, endpoints);
    add_route(&mut resolution, RouteKind::Grpc, listener(80, None), vec![rule("/pkg.Echo", &[(backend, 1)])]);
    resolution
}

type Messages = mpsc::Sender<Bytes>;

fn call(
    path: &str,
) -> (Messages, Request<impl Body<Data = Bytes, Error = Infallible> + Unpin + Send + 'static>) {
    let (sender, receiver) = mpsc::channel(1);
    let frames = futures_util::stream::unfold(receiver, |mut receiver| async {
        let message: Bytes = receiver.recv().await?;
        Some((Ok::<_, Infallible>(Frame::data(message)), receiver))
    });
    let body = StreamBody::new(Box::pin(frames));
    let uri = format!("http://example.com{path}");
    let request = Request::post(uri).header("content-type", "application/grpc").header("te", "trailers");
    (sender, request.body(body).unwrap())
}

#[tokio::test]
async fn streams_both_ways_with_trailers() {
    let (_proxy, address) = start(config(), &resolution(&[echo_backend().await]));
    let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
    let (messages, request) = call("/pkg.Echo/Chat");
    let response = client.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    for text in ["one", "two", "three"] {
        messages.send(Bytes::from(text)).await.unwrap();
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), text, "each message comes back before the next is sent");
    }
    drop(messages);
    let trailers = body.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(trailers["grpc-status"], "0");
}

/// The backend allows two streams a connection; more run at once all the same.
#[tokio::test]
async fn opens_further_connections_when_streams_run_out() {
    let (_proxy, address) = start(config(), &resolution(&[echo_backend().await]));
    let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
    let mut open = Vec::new();
    for _ in 0..6 {
        let (messages, request) = call("/pkg.Echo/Chat");
        let answer = client.send_request(request);
        let response =
            tokio::time::timeout(std::time::Duration::from_secs(5), answer).await.unwrap().unwrap();
        open.push((messages, response));
    }
    assert_eq!(open.len(), 6);
}

#[tokio::test]
async fn its_own_answers_are_grpc() {
    for (endpoints, path, status) in [(vec![], "/pkg.Echo/Chat", "14"), (vec![], "/pkg.Other/Chat", "12")] {
        let (_proxy, address) = start(config(), &resolution(&endpoints));
        let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
        let (_messages, request) = call(path);
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["grpc-status"], status);
        assert_eq!(response.headers()["content-type"], "application/grpc");
    }
}

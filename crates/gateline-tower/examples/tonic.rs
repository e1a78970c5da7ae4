//! Gateline in front of a tonic server: the rules of a GRPCRoute decide, the service is the backend.
//!
//! `cargo run -p gateline-tower --example tonic`, then call `shop.Catalog/Get` on localhost:3000. The messages are plain text,
//! so that the example needs no protocol buffers.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Buf, BufMut};
use gateline_tower::{FilterLayer, LimitLayer, RouteLayer, RouterHandle, clock_since};
use http::{Request, Response};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::BoxFuture;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tower::{BoxError, Service};

#[cfg(not(test))]
mod shared;
#[cfg(test)]
use super::shared;

/// Messages as text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, item: String, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(item.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// What protoc would generate for the service `shop.Catalog` with one method.
#[derive(Clone, Copy, Debug)]
struct Catalog;

impl NamedService for Catalog {
    const NAME: &'static str = "shop.Catalog";
}

impl Service<Request<Body>> for Catalog {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async { Ok(Grpc::new(Text).unary(Get, request).await) })
    }
}

struct Get;

impl UnaryService<String> for Get {
    type Response = String;
    type Future = Ready<Result<tonic::Response<String>, Status>>;

    fn call(&mut self, request: tonic::Request<String>) -> Self::Future {
        ready(Ok(tonic::Response::new(format!("the item {}", request.into_inner()))))
    }
}

/// Serves until the task is dropped.
pub(crate) async fn serve(listener: TcpListener) -> Result<(), BoxError> {
    Server::builder()
        .layer(LimitLayer::new([shared::limit()], clock_since(Instant::now())))
        .layer(RouteLayer::new(RouterHandle::new(shared::router()?), shared::PORT))
        .layer(FilterLayer::new())
        .add_service(Catalog)
        .serve_with_incoming(TcpIncoming::from(listener))
        .await?;
    Ok(())
}

#[cfg(not(test))]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    serve(TcpListener::bind("127.0.0.1:3000").await?).await
}

//! Gateline under hyper alone: a tower service for each connection.
//!
//! `cargo run -p gateline-tower --example hyper`, then `curl -i localhost:3000/api/items`.

use std::convert::Infallible;
use std::time::Instant;

use bytes::Bytes;
use gateline_tower::{ClientAddr, FilterLayer, LimitLayer, Matched, RouteLayer, RouterHandle, clock_since};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{BoxError, ServiceBuilder, service_fn};

#[cfg(not(test))]
mod shared;
#[cfg(test)]
use super::shared;

/// Says what reached it.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let backend = request.extensions().get::<Matched>().and_then(Matched::backend_name);
    let backend = backend.map(ToString::to_string).unwrap_or_default();
    let tenant = request.headers().get("x-tenant").and_then(|value| value.to_str().ok()).unwrap_or("nobody");
    let body = format!("{backend} got {} for {tenant}", request.uri());
    Ok(Response::new(Full::from(body)))
}

/// Serves until the task is dropped.
pub(crate) async fn serve(listener: TcpListener) -> Result<(), BoxError> {
    let service = ServiceBuilder::new()
        .layer(LimitLayer::new([shared::limit()], clock_since(Instant::now())))
        .layer(RouteLayer::new(RouterHandle::new(shared::router()?), shared::PORT))
        .layer(FilterLayer::new())
        .service(service_fn(echo));
    loop {
        let (stream, peer) = listener.accept().await?;
        // For limits by client address.
        let service = ServiceBuilder::new()
            .map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(ClientAddr(peer.ip()));
                request
            })
            .service(service.clone());
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
            // An error is the client's: it went away, or did not speak HTTP.
            let _closed = connection.await;
        });
    }
}

#[cfg(not(test))]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    serve(TcpListener::bind("127.0.0.1:3000").await?).await
}

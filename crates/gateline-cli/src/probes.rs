//! Probes and metrics of a controller, over HTTP.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateline_controller::Metrics;
use http::{Method, Request, Response, StatusCode};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::error::CliError;

/// Serves `/live`, `/ready` and `/metrics` for as long as the process lives.
pub(crate) async fn serve(address: SocketAddr, metrics: Arc<Metrics>) -> Result<(), CliError> {
    let fail = |source| CliError::Io { what: "cannot serve the probes", source };
    let socket = TcpListener::bind(address).await.map_err(fail)?;
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = socket.accept().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let metrics = metrics.clone();
            let service = service_fn(move |request| {
                let response = answer(&request, &metrics);
                async { Ok::<_, Infallible>(response) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "probe");
                }
            });
        }
    });
    Ok(())
}

fn answer<B>(request: &Request<B>, metrics: &Metrics) -> Response<String> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/live") => (StatusCode::OK, "live\n".to_owned()),
        (&Method::GET, "/ready") if metrics.ready() => (StatusCode::OK, "ready\n".to_owned()),
        (&Method::GET, "/ready") => {
            (StatusCode::SERVICE_UNAVAILABLE, "not every kind is listed yet\n".to_owned())
        }
        (&Method::GET, "/metrics") => (StatusCode::OK, metrics.prometheus()),
        _ => (StatusCode::NOT_FOUND, "/live\n/ready\n/metrics\n".to_owned()),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    response
}

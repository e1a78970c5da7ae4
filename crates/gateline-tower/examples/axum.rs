//! Gateline in front of an axum application: the rules decide, the application is the backend.
//!
//! `cargo run -p gateline-tower --example axum`, then `curl -i localhost:3000/api/items`.

use std::time::Instant;

use axum::Router;
use axum::extract::{Extension, Request};
use axum::routing::any;
use gateline_tower::{FilterLayer, LimitLayer, Matched, RouteLayer, RouterHandle, clock_since};
use tokio::net::TcpListener;
use tower::{BoxError, ServiceBuilder};

#[cfg(not(test))]
mod shared;
#[cfg(test)]
use super::shared;

/// Says what reached it.
async fn echo(Extension(matched): Extension<Matched>, request: Request) -> String {
    let backend = matched.backend_name().map(ToString::to_string).unwrap_or_default();
    let tenant = request.headers().get("x-tenant").and_then(|value| value.to_str().ok()).unwrap_or("nobody");
    format!("{backend} got {} for {tenant}", request.uri())
}

/// Serves until the task is dropped.
pub(crate) async fn serve(listener: TcpListener) -> Result<(), BoxError> {
    // Around the whole router and not `Router::layer`: the path is rewritten before axum looks at it.
    let application = ServiceBuilder::new()
        .layer(LimitLayer::new([shared::limit()], clock_since(Instant::now())))
        .layer(RouteLayer::new(RouterHandle::new(shared::router()?), shared::PORT))
        .layer(FilterLayer::new())
        .service(Router::new().route("/v1/{*rest}", any(echo)));
    let application = Router::new().fallback_service(application);
    Ok(axum::serve(listener, application).await?)
}

#[cfg(not(test))]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    serve(TcpListener::bind("127.0.0.1:3000").await?).await
}

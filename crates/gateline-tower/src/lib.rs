//! tower Layers that route, filter and limit requests under the Gateway API, for axum, hyper, tonic and anything else that
//! takes `http::Request`.
//!
//! - [`LimitLayer`] lets requests pass while every one of its limits has a token, and answers 429 otherwise.
//! - [`RouteLayer`] decides which rule takes a request; answers redirects, preflights, fixed answers and errors by itself;
//!   and leaves [`Matched`] in the extensions of the others.
//! - [`FilterLayer`] applies the filters of that rule and of the backendRef that was picked, on the way in and out.
//!
//! [`RouterHandle`] swaps the configuration while requests go on. The layers work alone or together, are `Clone`, box nothing
//! on the way of a request that passes, and take any request body; an answer has the body [`ResponseBody`].
//!
//! ```
//! use std::sync::Arc;
//! use std::time::{Duration, Instant};
//!
//! use gateline::limit::Quota;
//! use gateline::{Model, Options, Router};
//! use gateline_tower::{FilterLayer, Limit, LimitLayer, RouteLayer, RouterHandle, clock_since};
//! use http::{Request, Response};
//! use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let router = RouterHandle::new(Router::compile(Arc::new(Model::default()), &Options::default())?);
//! let limit = Limit::all(Quota::new(100, Duration::from_secs(1)));
//! let service = ServiceBuilder::new()
//!     .layer(LimitLayer::new([limit], clock_since(Instant::now())))
//!     .layer(RouteLayer::new(router, 80))
//!     .layer(FilterLayer::new())
//!     .service(service_fn(|_: Request<String>| async { Ok::<_, BoxError>(Response::new(String::new())) }));
//!
//! let request = Request::get("http://shop.example/").body(String::new())?;
//! assert_eq!(service.oneshot(request).await?.status(), 404, "an empty model has no rule that takes it");
//! # Ok(())
//! # }
//! ```
//!
//! [docs/embedding.md](https://github.com/gateline/gateline/blob/main/docs/embedding.md) shows more.

mod answer;
mod body;
mod filter;
mod future;
mod handle;
mod limit;
mod matched;
mod route;

pub use body::ResponseBody;
pub use filter::{FilterFuture, FilterLayer, FilterService};
pub use future::ResponseFuture;
pub use handle::RouterHandle;
pub use limit::{ClientAddr, Limit, LimitLayer, LimitService, clock_since};
pub use matched::{Matched, ServerName};
pub use route::{RouteLayer, RouteService};

/// Compiles and runs the code of the page. Only here, because a published crate does not contain it.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;

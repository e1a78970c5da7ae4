//! What the layers promise beyond what the examples show.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gateline::limit::{Nanos, Quota};
use gateline::model::{AttachedHostname, HostPattern, Listener, ObjectName, Protocol};
use gateline::{Model, Options, Router};
use gateline_tower::{
    ClientAddr, FilterLayer, Limit, LimitLayer, Matched, ResponseBody, RouteLayer, RouterHandle, ServerName,
};
use http::header::{HOST, RETRY_AFTER};
use http::{HeaderName, Request, Response};
use http_body_util::Full;
use tower::{Layer, Service, ServiceExt, service_fn};

#[allow(dead_code, reason = "the limit is for the examples")]
#[path = "../examples/shared/mod.rs"]
mod shared;

type Body = Full<Bytes>;

/// Answers with the path it got, and with the port of the backend in a header if the request was routed.
async fn echo(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(Full::from(request.uri().path().to_owned()));
    if let Some(backend) = request.extensions().get::<Matched>().and_then(Matched::backend_name) {
        response.headers_mut().insert("x-backend", backend.to_string().parse().unwrap());
    }
    Ok(response)
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).header(HOST, "shop.example").body(Body::default()).unwrap()
}

#[tokio::test]
async fn a_swap_changes_all_clones_and_no_request_on_its_way() {
    let handle = RouterHandle::new(shared::router().unwrap());
    let service = RouteLayer::new(handle.clone(), shared::PORT).layer(service_fn(echo));
    let clone = service.clone();
    let answer = service.clone().oneshot(get("/api/x")).await.unwrap();
    assert_eq!(answer.headers()["x-backend"], "shop/api:80");

    let router = handle.load();
    let before = handle.swap(Router::compile(Arc::new(Model::default()), &Options::default()).unwrap());
    assert!(Arc::ptr_eq(&before, &router));
    for service in [service, clone] {
        assert_eq!(service.oneshot(get("/api/x")).await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn authorities_that_are_none_are_400() {
    let service =
        RouteLayer::new(RouterHandle::new(shared::router().unwrap()), shared::PORT).layer(service_fn(echo));
    let bad = Request::get("/api").header(HOST, "a b").body(Body::default()).unwrap();
    assert_eq!(service.clone().oneshot(bad).await.unwrap().status(), 400);
    assert_eq!(service.oneshot(get("/api")).await.unwrap().status(), 200);
}

/// Listeners of two hosts: a connection that was made for one may not ask for the other (RFC 9110 section 15.5.20).
#[tokio::test]
async fn a_request_on_the_connection_of_another_listener_is_421() {
    let mut model = Model::clone(shared::router().unwrap().model());
    let listener = model.listeners.pop().unwrap();
    for host in ["shop.example", "bank.example"] {
        let host = HostPattern::parse(host).unwrap();
        let mut listener =
            Listener { protocol: Protocol::Https, hostname: Some(host.clone()), ..listener.clone() };
        listener.name.section = host.suffix().into();
        for attached in &mut listener.attached {
            attached.hostnames = vec![AttachedHostname { written: None, effective: Some(host.clone()) }];
        }
        model.listeners.push(listener);
    }
    let router = RouterHandle::new(Router::compile(Arc::new(model), &Options::default()).unwrap());
    let service = RouteLayer::new(router, shared::PORT).layer(service_fn(echo));
    for (server_name, expected) in [("shop.example", 200), ("bank.example", 421)] {
        let mut request = get("/api");
        request.extensions_mut().insert(ServerName(server_name.into()));
        assert_eq!(service.clone().oneshot(request).await.unwrap().status(), expected, "{server_name}");
    }
}

#[tokio::test]
async fn the_listeners_of_one_gateway() {
    let handle = RouterHandle::new(shared::router().unwrap());
    for (gateway, expected) in [("web", 200), ("other", 404)] {
        let layer =
            RouteLayer::new(handle.clone(), shared::PORT).of_gateway(ObjectName::new("infra", gateway));
        let answer = layer.layer(service_fn(echo)).oneshot(get("/api")).await.unwrap();
        assert_eq!(answer.status(), expected, "{gateway}");
    }
}

#[tokio::test]
async fn filters_without_a_route_change_nothing() {
    let answer = FilterLayer::new().layer(service_fn(echo)).oneshot(get("/api/x")).await.unwrap();
    assert!(answer.headers().is_empty());
}

/// A clock that the test moves.
fn clock() -> (Arc<AtomicU64>, impl Fn() -> Nanos + Clone) {
    let time = Arc::new(AtomicU64::new(0));
    let read = time.clone();
    (time, move || Nanos(read.load(Ordering::Relaxed)))
}

async fn status<S>(service: &S, request: Request<Body>) -> u16
where
    S: Service<Request<Body>, Response = Response<ResponseBody<Body>>, Error = Infallible> + Clone,
{
    service.clone().oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn clones_limit_together() {
    let (time, clock) = clock();
    let layer = LimitLayer::new([Limit::all(Quota::new(2, Duration::from_secs(3)))], clock);
    let (one, two) = (layer.layer(service_fn(echo)), layer.clone().layer(service_fn(echo)));
    assert_eq!(status(&one, get("/")).await, 200);
    assert_eq!(status(&two, get("/")).await, 200);
    let refused = one.clone().oneshot(get("/")).await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()[RETRY_AFTER], "2");
    assert_eq!(status(&two, get("/")).await, 429);
    time.store(1_500_000_000, Ordering::Relaxed);
    assert_eq!(status(&two, get("/")).await, 200);
    assert_eq!(status(&one, get("/")).await, 429);
}

#[tokio::test]
async fn a_request_that_one_limit_refuses_uses_up_none_of_the_others() {
    let (_, clock) = clock();
    let hour = Duration::from_hours(1);
    let by_key = Limit::by_header(HeaderName::from_static("x-api-key"), Quota::new(1, hour), 100, 7);
    let service = LimitLayer::new([Limit::all(Quota::new(3, hour)), by_key], clock).layer(service_fn(echo));
    let with = |key: &str| {
        let mut request = get("/");
        request.headers_mut().insert("x-api-key", key.parse().unwrap());
        request
    };
    assert_eq!(status(&service, with("a")).await, 200);
    for _ in 0..10 {
        assert_eq!(status(&service, with("a")).await, 429);
    }
    assert_eq!(status(&service, with("b")).await, 200);
    // Without the header only the common limit counts: its last token.
    assert_eq!(status(&service, get("/")).await, 200);
    assert_eq!(status(&service, get("/")).await, 429);
}

#[tokio::test]
async fn clients_and_what_has_no_bucket_of_its_own() {
    let (_, clock) = clock();
    let hour = Duration::from_hours(1);
    let service = LimitLayer::new([Limit::by_client(Quota::new(1, hour), 100, 7)], clock.clone())
        .layer(service_fn(echo));
    let from = |address: &str| {
        let mut request = get("/");
        request.extensions_mut().insert(ClientAddr(address.parse().unwrap()));
        request
    };
    for (request, expected) in [(from("10.0.0.1"), 200), (from("10.0.0.1"), 429), (from("::1"), 200)] {
        assert_eq!(status(&service, request).await, expected);
    }
    // No address, or a key that is too long: one bucket for all of them.
    assert_eq!((status(&service, get("/")).await, status(&service, get("/")).await), (200, 429));
    let by_key = Limit::by_header(HeaderName::from_static("x-api-key"), Quota::new(1, hour), 100, 7);
    let service = LimitLayer::new([by_key], clock).layer(service_fn(echo));
    let long = |letter: &str| {
        let mut request = get("/");
        request.headers_mut().insert("x-api-key", letter.repeat(257).parse().unwrap());
        request
    };
    assert_eq!((status(&service, long("a")).await, status(&service, long("b")).await), (200, 429));
}

/// `call` reaches the very service that `poll_ready` was asked about: one that checks it is never called unready.
#[tokio::test]
async fn readiness_is_that_of_the_inner_service() {
    let (_, clock) = clock();
    let limits = [Limit::all(Quota::new(100, Duration::from_secs(1)))];
    let inner = tower::limit::ConcurrencyLimit::new(service_fn(echo), 1);
    let mut service = LimitLayer::new(limits, clock).layer(
        RouteLayer::new(RouterHandle::new(shared::router().unwrap()), shared::PORT)
            .layer(FilterLayer::new().layer(inner)),
    );
    // The second is answered without the inner service; its permit is there for the third.
    for (path, expected) in [("/api/x", 200), ("/teapot", 418), ("/api/y", 200)] {
        let answer = service.ready().await.unwrap().call(get(path)).await.unwrap();
        assert_eq!(answer.status(), expected);
    }
}

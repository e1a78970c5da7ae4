//! Starts each example and talks to it.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tower::BoxError;

#[path = "../examples/axum.rs"]
mod axum_example;
#[path = "../examples/hyper.rs"]
mod hyper_example;
#[path = "../examples/shared/mod.rs"]
mod shared;
#[path = "../examples/tonic.rs"]
mod tonic_example;

type TestResult = Result<(), BoxError>;

/// Starts an example on a port of its own.
async fn start<F>(serve: impl FnOnce(TcpListener) -> F) -> Result<SocketAddr, BoxError>
where
    F: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener));
    Ok(address)
}

async fn send(request: Request<Empty<Bytes>>) -> Result<Response<Bytes>, BoxError> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request).await?.into_parts();
    Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
}

async fn get(address: SocketAddr, path: &str) -> Result<Response<Bytes>, BoxError> {
    send(Request::get(format!("http://{address}{path}")).body(Empty::new())?).await
}

/// The same application under axum and under hyper.
async fn behaves(address: SocketAddr) -> TestResult {
    let forwarded = get(address, "/api/items?q=1").await?;
    assert_eq!(forwarded.status(), 200);
    assert_eq!(forwarded.body(), "shop/api:80 got /v1/items?q=1 for shop");
    assert_eq!(forwarded.headers()["x-served-by"], "gateline");

    let moved = get(address, "/old/items?q=1").await?;
    assert_eq!(moved.status(), 301);
    // The port of the listener, not the one that the test happens to have.
    assert_eq!(moved.headers()[LOCATION], "http://127.0.0.1/api/items?q=1");

    let fixed = get(address, "/teapot").await?;
    assert_eq!((fixed.status().as_u16(), &fixed.body()[..]), (418, &b"short and stout"[..]));
    assert_eq!(fixed.headers()[CONTENT_TYPE], "text/plain");

    assert_eq!(get(address, "/broken").await?.status(), 500);
    assert_eq!(get(address, "/elsewhere").await?.status(), 404);

    let with_key =
        || Request::get(format!("http://{address}/api/items")).header("x-api-key", "k").body(Empty::new());
    for _ in 0..3 {
        assert_eq!(send(with_key()?).await?.status(), 200);
    }
    let refused = send(with_key()?).await?;
    assert_eq!((refused.status().as_u16(), &refused.headers()[RETRY_AFTER]), (429, &"1".parse()?));
    Ok(())
}

#[tokio::test]
async fn axum() -> TestResult {
    behaves(start(axum_example::serve).await?).await
}

#[tokio::test]
async fn hyper() -> TestResult {
    behaves(start(hyper_example::serve).await?).await
}

async fn call(
    address: SocketAddr,
    path: &'static str,
    key: Option<&'static str>,
) -> Result<String, BoxError> {
    let channel =
        tonic::transport::Channel::builder(Uri::try_from(format!("http://{address}"))?).connect().await?;
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await?;
    let mut request = tonic::Request::new("pen".to_owned());
    if let Some(key) = key {
        request.metadata_mut().insert("x-api-key", key.parse()?);
    }
    let answer = client.unary(request, http::uri::PathAndQuery::from_static(path), tonic_example::Text).await;
    Ok(match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => format!("{:?}", status.code()),
    })
}

#[tokio::test]
async fn tonic() -> TestResult {
    let address = start(tonic_example::serve).await?;
    assert_eq!(call(address, "/shop.Catalog/Get", None).await?, "the item pen");
    // No GRPCRoute takes it.
    assert_eq!(call(address, "/shop.Basket/Get", None).await?, "Unimplemented");
    // A rule without backends.
    assert_eq!(call(address, "/broken", None).await?, "Unavailable");
    for _ in 0..3 {
        assert_eq!(call(address, "/shop.Catalog/Get", Some("k")).await?, "the item pen");
    }
    assert_eq!(call(address, "/shop.Catalog/Get", Some("k")).await?, "Unavailable");
    Ok(())
}

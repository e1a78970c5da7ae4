//! An HTTP request is answered with itself, in the shape of the echo server of the Gateway API's conformance tests.

use std::collections::BTreeMap;

use bytes::Bytes;
use gateline::model::BackendName;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde::Serialize;

use super::Body;

#[derive(Serialize)]
struct Seen<'a> {
    path: &'a str,
    host: &'a str,
    method: &'a str,
    proto: String,
    headers: BTreeMap<&'a str, Vec<String>>,
    namespace: &'a str,
    service: &'a str,
    port: Option<u16>,
    /// Bytes of the request's body.
    body: u64,
}

pub(super) async fn answer(
    request: Request<Incoming>,
    backend: &BackendName,
) -> Result<Response<Body>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let seen = Seen {
        path: parts.uri.path_and_query().map_or("/", |path| path.as_str()),
        host: parts.uri.authority().map(::http::uri::Authority::as_str).or(host).unwrap_or_default(),
        method: parts.method.as_str(),
        proto: format!("{:?}", parts.version),
        headers: by_name(&parts.headers),
        namespace: &backend.object.namespace,
        service: &backend.object.name,
        port: backend.port,
        body: length(body).await?,
    };
    let mut text = serde_json::to_vec_pretty(&seen).unwrap_or_default();
    text.push(b'\n');
    let mut response =
        Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn by_name(headers: &HeaderMap) -> BTreeMap<&str, Vec<String>> {
    let mut sorted = BTreeMap::<&str, Vec<String>>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        sorted.entry(name.as_str()).or_default().push(value);
    }
    sorted
}

/// Reads a body to its end and forgets it.
async fn length(mut body: Incoming) -> Result<u64, hyper::Error> {
    let mut length = 0_u64;
    while let Some(frame) = body.frame().await {
        length = length.saturating_add(frame?.data_ref().map_or(0, |data| data.len() as u64));
    }
    Ok(length)
}

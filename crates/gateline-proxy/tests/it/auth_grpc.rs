//! `ExternalAuth` over gRPC: a server that speaks `envoy.service.auth.v3`, bytes written and read here by hand.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gateline::filter::{AuthProtocol, ExternalAuth, Filters};
use gateline::model::{BackendProtocol, Rule};
use gateline_api::Resolution;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use crate::auth::asks;
use crate::support::*;

/// A field of length-delimited type. Lengths of two bytes, the upper of which may be 0, are as good as of one.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    let [low, high] = [length & 0x7f | 0x80, length >> 7].map(|part| u8::try_from(part).unwrap());
    [&[number << 3 | 2, low, high], value].concat()
}

fn header(name: &str, value: &str, option: &[u8]) -> Vec<u8> {
    [field(1, &[field(1, name.as_bytes()), field(2, value.as_bytes())].concat()), option.to_vec()].concat()
}

/// `status {}` and an `ok_response`.
fn yes(parts: &[Vec<u8>]) -> Vec<u8> {
    [field(1, &[]), field(3, &parts.concat())].concat()
}

/// The value of the first field on the way of numbers.
fn at(message: &[u8], way: &[u64]) -> Option<Vec<u8>> {
    let Some((first, rest)) = way.split_first() else { return Some(message.to_vec()) };
    fields(message).into_iter().find(|(number, _)| number == first).and_then(|(_, value)| at(&value, rest))
}

/// Numbers become their decimal text.
fn fields(mut message: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(message: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = message.split_first().unwrap();
            *message = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let number = varint(&mut message);
        let value = match tag & 7 {
            0 => number.to_string().into_bytes(),
            kind => {
                assert_eq!(kind, 2, "numbers and bytes are all there is");
                message.split_off(..usize::try_from(number).unwrap()).unwrap().to_vec()
            }
        };
        fields.push((tag >> 3, value));
    }
    fields
}

/// The requests that came: path and message.
type Seen = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Answers every call with this message and status.
async fn check_server(message: Vec<u8>, status: &'static str) -> (SocketAddr, Seen) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (socket.local_addr().unwrap(), Seen::default());
    let own = seen.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            let (message, seen) = (message.clone(), own.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (message, seen) = (message.clone(), seen.clone());
                async move {
                    let path = request.uri().path().to_owned();
                    let asked = request.into_body().collect().await.unwrap().to_bytes();
                    assert_eq!(asked[0], 0, "not compressed");
                    assert_eq!(asked[1..5], u32::try_from(asked.len() - 5).unwrap().to_be_bytes());
                    seen.lock().unwrap().push((path, asked[5..].to_vec()));
                    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
                    let bytes = [&[0][..], &length, &message].concat();
                    let trailers = HeaderMap::from_iter([(
                        http::HeaderName::from_static("grpc-status"),
                        HeaderValue::from_static(status),
                    )]);
                    let frames = [Frame::data(Bytes::from(bytes)), Frame::trailers(trailers)];
                    let body = StreamBody::new(futures_util::stream::iter(frames.map(Ok::<_, Infallible>)));
                    let response = Response::builder().header("content-type", "application/grpc");
                    Ok::<_, Infallible>(response.body(body).unwrap())
                }
            });
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, seen)
}

fn guarded(auth: SocketAddr, app: SocketAddr, listed: &[&'static str], body: u32) -> Resolution {
    let mut resolution = Resolution::default();
    let app = add_backend(&mut resolution, BackendProtocol::Unspecified, &[app]);
    let auth = add_backend(&mut resolution, BackendProtocol::Unspecified, &[auth]);
    let request_headers = listed.iter().map(|name| http::HeaderName::from_static(name)).collect();
    let filter = ExternalAuth { body, ..asks(auth, AuthProtocol::Grpc { request_headers }) };
    let filters = Filters { auth: vec![filter], ..Filters::default() };
    simple(&mut resolution, vec![Rule { filters, ..rule("", &[(app, 1)]) }]);
    resolution
}

fn post() -> Request<Full<Bytes>> {
    let request = Request::post("/a?b=c").header("host", "shop.example").header("x-user", "forged");
    let request = request.header("x-list", "own").header("x-token", "t").header("x-token", "u");
    request.body(Full::from("body")).unwrap()
}

#[tokio::test]
async fn describes_the_request() {
    let (auth, seen) = check_server(yes(&[]), "0").await;
    let app = named("app").await;
    let (_proxy, address) = start(config(), &guarded(auth, app.address, &[], 100));
    let (status, _, answer) = exchange(address, post()).await;
    assert_eq!((status, answer.as_str()), (200, "app"));
    assert_eq!(app.last().1, "body");
    let (path, message) = seen.lock().unwrap().pop().unwrap();
    assert_eq!(path, "/envoy.service.auth.v3.Authorization/Check");
    let text = |way: &[u64]| at(&message, way).map(|value| String::from_utf8(value).unwrap());
    // attributes.request.http: method, path, host, scheme, size, protocol, body.
    let expected = [
        (2, "POST"),
        (4, "/a?b=c"),
        (5, "shop.example"),
        (6, "http"),
        (9, "4"),
        (10, "HTTP/1.1"),
        (11, "body"),
    ];
    for (number, value) in expected {
        assert_eq!(text(&[1, 4, 2, number]).as_deref(), Some(value), "{number}");
    }
    // attributes.source.address.socket_address.address and attributes.request.time.seconds
    assert_eq!(text(&[1, 1, 1, 1, 2]).as_deref(), Some("127.0.0.1"));
    assert!(text(&[1, 4, 1, 1]).is_some_and(|seconds| seconds.parse::<u64>().unwrap() > 1_700_000_000));
    let headers = fields(&at(&message, &[1, 4, 2]).unwrap()).into_iter().filter(|(number, _)| *number == 3);
    let headers: Vec<_> = headers
        .map(|(_, entry)| [1, 2].map(|number| String::from_utf8(at(&entry, &[number]).unwrap()).unwrap()))
        .collect();
    assert!(headers.contains(&["x-token".into(), "t,u".into()]), "{headers:?}");
}

#[tokio::test]
async fn shows_listed_headers_only() {
    let (auth, seen) = check_server(yes(&[]), "0").await;
    let app = named("app").await;
    let (_proxy, address) = start(config(), &guarded(auth, app.address, &["x-token"], 0));
    assert_eq!(exchange(address, post()).await.0, 200);
    let (_, message) = seen.lock().unwrap().pop().unwrap();
    let http = at(&message, &[1, 4, 2]).unwrap();
    assert_eq!(fields(&http).iter().filter(|(number, _)| *number == 3).count(), 1);
    assert_eq!((at(&http, &[3, 1]), at(&http, &[11])), (Some(b"x-token".to_vec()), None));
}

#[tokio::test]
async fn changes_the_request() {
    let append = [0x12, 2, 8, 1];
    let add_if_absent = [0x18, 1];
    let message = yes(&[
        field(2, &header("x-user", "alice", &[])),
        field(2, &header("x-list", "more", &append)),
        field(2, &header("x-new", "n", &add_if_absent)),
        field(2, &header("x-list", "never", &add_if_absent)),
        field(2, &header("host", "evil.example", &[])),
        field(2, &header(":authority", "evil.example", &[])),
        field(2, &header("content-length", "1", &[])),
        field(5, b"x-token"),
        field(5, b"host"),
    ]);
    let (auth, _) = check_server(message, "0").await;
    let app = named("app").await;
    let (_proxy, address) = start(config(), &guarded(auth, app.address, &[], 0));
    assert_eq!(exchange(address, post()).await.0, 200);
    let (request, body) = app.last();
    let values =
        |name| request.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(
        (values("x-user"), values("x-list"), values("x-new")),
        (vec!["alice"], vec!["own", "more"], vec!["n"])
    );
    assert_eq!((values("host"), values("x-token")), (vec!["shop.example"], vec![]));
    assert_eq!(body, "body");
}

/// `response_headers_to_add`: of whatever the client is answered, by a backend or not.
#[tokio::test]
async fn changes_the_response() {
    let (overwrite, add_if_absent, overwrite_if_present) = ([0x18, 2], [0x18, 1], [0x18, 3]);
    let message = yes(&[
        field(6, &header("x-list", "more", &[])),
        field(6, &header("x-own", "the server's", &overwrite)),
        field(6, &header("x-new", "n", &add_if_absent)),
        field(6, &header("x-list", "never", &add_if_absent)),
        field(6, &header("x-none", "never", &overwrite_if_present)),
        field(6, &header("content-length", "1", &overwrite)),
        field(6, &header("connection", "close", &overwrite)),
    ]);
    let (auth, _) = check_server(message, "0").await;
    let app = server(|_, _| {
        let response = Response::builder().header("x-list", "own").header("x-own", "the backend's");
        (std::time::Duration::ZERO, response.body(Full::from("app")).unwrap())
    });
    let app = app.await;
    let mut resolution = guarded(auth, app.address, &[], 0);
    let mut without_backend = rule("/none", &[]);
    without_backend.filters = resolution.model.routes[0].rules[0].filters.clone();
    resolution.model.routes[0].rules.push(without_backend);
    let (_proxy, address) = start(config(), &resolution);
    let (status, headers, body) = exchange(address, post()).await;
    assert_eq!((status, body.as_str()), (200, "app"));
    let values = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(
        (values("x-list"), values("x-own"), values("x-new")),
        (vec!["own", "more"], vec!["the server's"], vec!["n"])
    );
    assert!(!headers.contains_key("x-none") && !headers.contains_key("connection"));
    assert!(!app.last().0.headers.contains_key("x-new"), "the request is left alone");

    let (status, headers, _) = exchange(address, get("shop.example", "/none")).await;
    assert_eq!((status, headers["x-new"].as_bytes()), (500, &b"n"[..]));
}

/// What one server says stands in the refusal of the next.
#[tokio::test]
async fn a_later_refusal_has_it_too() {
    let (first, _) = check_server(yes(&[field(6, &header("x-first", "1", &[]))]), "0").await;
    let (second, _) = check_server(field(1, &[8, 7]), "0").await;
    let app = named("app").await;
    let mut resolution = guarded(first, app.address, &[], 0);
    let second = add_backend(&mut resolution, BackendProtocol::Unspecified, &[second]);
    let filter = asks(second, AuthProtocol::Grpc { request_headers: Vec::new() });
    resolution.model.routes[0].rules[0].filters.auth.push(filter);
    let (_proxy, address) = start(config(), &resolution);
    let (status, headers, _) = exchange(address, post()).await;
    assert_eq!((status, headers["x-first"].as_bytes(), app.count()), (403, &b"1"[..], 0));
}

#[tokio::test]
async fn changes_the_query() {
    let pair = |key: &str, value: &str| [field(1, key.as_bytes()), field(2, value.as_bytes())].concat();
    let message = yes(&[field(7, &pair("user", "alice")), field(8, b"b")]);
    let (auth, _) = check_server(message, "0").await;
    let app = named("app").await;
    let (_proxy, address) = start(config(), &guarded(auth, app.address, &[], 0));
    assert_eq!(exchange(address, post()).await.0, 200);
    assert_eq!(app.last().0.uri, "/a?user=alice");

    let (auth, _) = check_server(yes(&[field(7, &pair("user", "a b"))]), "0").await;
    let (_proxy, address) = start(config(), &guarded(auth, app.address, &[], 0));
    assert_eq!(exchange(address, post()).await.0, 502, "not URL-encoded");
    assert_eq!(app.count(), 1);
}

#[tokio::test]
async fn refuses_as_the_server_says() {
    let denied = |parts: &[Vec<u8>]| [field(1, &[8, 16]), field(2, &parts.concat())].concat();
    let full = denied(&[
        field(1, &[8, 0x91, 3]),
        field(2, &header("www-authenticate", "Basic", &[])),
        field(3, b"no"),
    ]);
    let cases = [
        (full, 401, "no"),
        (denied(&[]), 403, ""),
        // 200 is no refusal.
        (denied(&[field(1, &[8, 0xc8, 1])]), 403, ""),
        (field(1, &[8, 7]), 403, ""),
    ];
    let app = named("app").await;
    for (message, expected, text) in cases {
        let (auth, _) = check_server(message, "0").await;
        let (_proxy, address) = start(config(), &guarded(auth, app.address, &[], 0));
        let (status, headers, body) = exchange(address, post()).await;
        assert_eq!((status, body.as_str()), (expected, text));
        assert_eq!(headers.contains_key("www-authenticate"), expected == 401);
    }
    assert_eq!(app.count(), 0);
}

/// Nothing that is not understood is a yes.
#[tokio::test]
async fn an_unclear_answer_is_no_yes() {
    let app = named("app").await;
    let bad_name = yes(&[field(2, &header("a b", "c", &[]))]);
    for (message, status) in [(yes(&[]), "2"), (vec![], "0"), (vec![0xff, 0xff], "0"), (bad_name, "0")] {
        let (auth, _) = check_server(message.clone(), status).await;
        let (_proxy, address) = start(config(), &guarded(auth, app.address, &[], 0));
        assert_eq!(exchange(address, post()).await.0, 502, "{message:?}");
    }
    let (_proxy, address) = start(config(), &guarded(nobody().await, app.address, &[], 0));
    assert_eq!(exchange(address, post()).await.0, 503);
    let not_grpc = named("no gRPC").await;
    let (_proxy, address) = start(config(), &guarded(not_grpc.address, app.address, &[], 0));
    assert_eq!(exchange(address, post()).await.0, 502);
    assert_eq!(app.count(), 0);
}

//! `ExternalAuth` over HTTP, with servers on loopback.

use std::time::Duration;

use bytes::Bytes;
use gateline::filter::{AuthProtocol, Cors, CorsOrigin, ExternalAuth, Filters, Redirect};
use gateline::model::{
    BackendId, BackendProtocol, HeaderMatch, Listener, Origin, RouteKind, Rule, Target, ValueMatch,
};
use gateline_api::Resolution;
use gateline_proxy::Config;
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::Full;
use tokio::net::TcpStream;

use crate::support::*;

pub(crate) fn asks(server: BackendId, protocol: AuthProtocol) -> ExternalAuth {
    ExternalAuth { target: Target::Backend(server), protocol, body: 0, origin: Origin::default() }
}

fn names(list: &[&'static str]) -> Vec<HeaderName> {
    list.iter().map(|name| HeaderName::from_static(name)).collect()
}

fn http(path: &str, request: &[&'static str], response: &[&'static str]) -> AuthProtocol {
    let (request_headers, response_headers) = (names(request), names(response));
    AuthProtocol::Http { path: path.into(), request_headers, response_headers }
}

/// One rule with a filter that asks `auth`, and a backend.
fn guarded(
    auth: std::net::SocketAddr,
    app: std::net::SocketAddr,
    filter: impl Fn(BackendId) -> ExternalAuth,
) -> Resolution {
    let mut resolution = Resolution::default();
    let app = add_backend(&mut resolution, BackendProtocol::Unspecified, &[app]);
    let auth = add_backend(&mut resolution, BackendProtocol::Unspecified, &[auth]);
    let filters = Filters { auth: vec![filter(auth)], ..Filters::default() };
    simple(&mut resolution, vec![Rule { filters, ..rule("", &[(app, 1)]) }]);
    resolution
}

/// Lets those in who say `let me in`, and says who they are.
async fn guard() -> Server {
    server(|parts, _| {
        let allowed = parts.headers.get("authorization").is_some_and(|value| value == "let me in");
        let response = if allowed {
            let response =
                Response::builder().header("x-user", "alice").header("x-team", "a").header("x-team", "b");
            response.header("host", "evil.example").body(Full::from("a body that nobody reads"))
        } else {
            let response = Response::builder().status(401).header("www-authenticate", "Basic");
            response.header("connection", "x-hop").header("x-hop", "1").body(Full::from("who are you?"))
        };
        (Duration::ZERO, response.unwrap())
    })
    .await
}

fn with(mut request: Request<Full<Bytes>>, headers: &[(&'static str, &'static str)]) -> Request<Full<Bytes>> {
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn asks_and_goes_on() {
    let (auth, app) = (guard().await, named("app").await);
    let filter = |id| asks(id, http("/check", &["cookie"], &[]));
    let (_proxy, address) = start(config(), &guarded(auth.address, app.address, filter));
    let headers =
        [("authorization", "let me in"), ("cookie", "a=b"), ("x-secret", "1"), ("x-user", "forged")];
    for _ in 0..3 {
        let (status, _, body) = exchange(address, with(get("shop.example", "/a?b=c"), &headers)).await;
        assert_eq!((status, body.as_str()), (200, "app"));
    }
    let (question, _) = auth.last();
    assert_eq!((question.method.as_str(), question.uri.to_string().as_str()), ("GET", "/check/a?b=c"));
    let mut asked: Vec<_> =
        question.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    asked.sort_unstable();
    assert_eq!(
        asked,
        [
            ("authorization", "let me in"),
            ("content-length", "0"),
            ("cookie", "a=b"),
            ("host", "shop.example")
        ]
    );
    let (request, _) = app.last();
    assert_eq!(request.uri, "/a?b=c");
    let values =
        |name| request.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!((values("x-user"), values("x-team")), (vec!["alice"], vec!["a", "b"]));
    assert_eq!((values("host"), values("x-secret")), (vec!["shop.example"], vec!["1"]));
    assert!(!request.headers.contains_key("content-length"), "it is the answer's, not the request's");
}

#[tokio::test]
async fn passes_a_refusal_on() {
    let (auth, app) = (guard().await, named("app").await);
    let filter = |id| asks(id, http("", &[], &[]));
    let (_proxy, address) = start(config(), &guarded(auth.address, app.address, filter));
    let mut client = http1_to(address).await;
    for _ in 0..3 {
        client.ready().await.unwrap();
        let (status, headers, body) = read(client.send_request(get("a", "/")).await.unwrap()).await;
        assert_eq!((status, body.as_str()), (401, "who are you?"));
        assert_eq!(headers["www-authenticate"], "Basic");
        assert!(!headers.contains_key("x-hop"));
    }
    assert_eq!(app.count(), 0);
    assert_eq!(auth.connections.load(std::sync::atomic::Ordering::SeqCst), 1, "connections are kept");
}

/// "Each backend must respond with a 200": another success is a refusal, and must not look like a success.
#[tokio::test]
async fn only_200_is_yes() {
    for (said, told) in [(204, 403), (201, 403), (302, 302), (403, 403), (500, 500)] {
        let auth = server(move |_, _| {
            (Duration::ZERO, Response::builder().status(said).body(Full::default()).unwrap())
        });
        let (auth, app) = (auth.await, named("app").await);
        let filter = |id| asks(id, http("", &[], &[]));
        let (_proxy, address) = start(config(), &guarded(auth.address, app.address, filter));
        assert_eq!(fetch(address, "/").await.0, told, "{said}");
        assert_eq!(app.count(), 0);
    }
}

/// A listed header is the server's alone: where it says nothing, neither does the client.
#[tokio::test]
async fn nobody_pretends_to_be_the_server() {
    let auth = server(|_, _| (Duration::ZERO, Response::new(Full::default()))).await;
    let app = named("app").await;
    let filter = |id| asks(id, http("", &[], &["x-user", "content-length", "transfer-encoding"]));
    let (_proxy, address) = start(config(), &guarded(auth.address, app.address, filter));
    let request =
        Request::post("/").header("host", "a").header("x-user", "root").body(Full::from("body")).unwrap();
    assert_eq!(exchange(address, request).await.0, 200);
    let (request, body) = app.last();
    assert!(!request.headers.contains_key("x-user"));
    assert_eq!(body, "body", "what frames the body stays the client's");
}

#[tokio::test]
async fn without_an_answer_nothing_passes() {
    let app = named("app").await;
    let filter = |id| asks(id, http("", &[], &[]));
    let (_proxy, address) = start(config(), &guarded(nobody().await, app.address, filter));
    assert_eq!(fetch(address, "/").await.0, 503);

    let slow = server(|_, _| (Duration::from_mins(1), Response::new(Full::default()))).await;
    let mut quick: Config = config();
    quick.timeouts.auth = Duration::from_millis(100);
    let (_proxy, address) = start(quick, &guarded(slow.address, app.address, filter));
    assert_eq!(fetch(address, "/").await.0, 504);

    let invalid = |_| ExternalAuth {
        target: Target::Invalid { reference: "default/none:80".into(), reason: "BackendNotFound".into() },
        ..asks(BackendId(0), http("", &[], &[]))
    };
    let (_proxy, address) = start(config(), &guarded(slow.address, app.address, invalid));
    assert_eq!(fetch(address, "/").await.0, 500);
    assert_eq!(app.count(), 0);
}

#[tokio::test]
async fn shows_the_body_up_to_its_limit() {
    let (auth, app) = (guard().await, named("app").await);
    let filter = |id| ExternalAuth { body: 8, ..asks(id, http("", &[], &[])) };
    let (_proxy, address) = start(config(), &guarded(auth.address, app.address, filter));
    let post = |body: &'static str| {
        let request = Request::post("/").header("host", "a").header("authorization", "let me in");
        request.body(Full::from(body)).unwrap()
    };
    assert_eq!(exchange(address, post("12345678")).await.0, 200);
    let ((question, asked), (request, sent)) = (auth.last(), app.last());
    assert_eq!(
        (question.method.as_str(), &asked[..], &sent[..]),
        ("POST", &b"12345678"[..], &b"12345678"[..])
    );
    assert_eq!(
        (&question.headers["content-length"], &request.headers["content-length"]),
        (&"8".parse().unwrap(), &"8".parse().unwrap())
    );

    assert_eq!(exchange(address, post("123456789")).await.0, 413);
    // Without Content-Length it shows only while it is read.
    let mut client = http2_on(TcpStream::connect(address).await.unwrap()).await;
    let body = http_body_util::StreamBody::new(futures_util::stream::iter(
        (0..3).map(|_| Ok(http_body::Frame::data(Bytes::from_static(b"1234")))),
    ));
    let request = Request::post("http://a/").header("authorization", "let me in").body(body).unwrap();
    assert_eq!(client.send_request(request).await.unwrap().status(), 413);
    assert_eq!((auth.count(), app.count()), (1, 1));
}

/// Access control precedes what the rule answers by itself, but for a preflight, which has no credentials.
#[tokio::test]
async fn comes_before_other_filters() {
    let (auth, app) = (guard().await, named("app").await);
    let mut resolution = guarded(auth.address, app.address, |id| asks(id, http("", &[], &[])));
    let filters = &mut resolution.model.routes[0].rules[0].filters;
    let status = StatusCode::FOUND;
    filters.redirect =
        Some(Redirect { scheme: None, hostname: Some("b.example".into()), path: None, port: None, status });
    filters.cors = Some(Cors { origins: vec![CorsOrigin::parse("https://o").unwrap()], ..Cors::default() });
    let (_proxy, address) = start(config(), &resolution);
    let (status, headers, _) = exchange(address, with(get("a", "/"), &[("origin", "https://o")])).await;
    assert_eq!((status, headers["access-control-allow-origin"].as_bytes()), (401, &b"https://o"[..]));
    assert!(!headers.contains_key("location"));
    let (status, headers, _) =
        exchange(address, with(get("a", "/"), &[("authorization", "let me in")])).await;
    assert_eq!((status, headers["location"].as_bytes()), (302, &b"http://b.example/"[..]));

    let before = auth.count();
    let mut preflight =
        with(get("a", "/"), &[("origin", "https://o"), ("access-control-request-method", "GET")]);
    *preflight.method_mut() = http::Method::OPTIONS;
    assert_eq!(exchange(address, preflight).await.0, 204);
    assert_eq!(auth.count(), before, "a preflight is not authorized");
}

/// GEP-5224: what the servers lay over a request is what rules are matched against; a refusal ends it.
#[tokio::test]
async fn filters_of_a_listener_choose_the_rule() {
    let (auth, second) =
        (guard().await, server(|_, _| (Duration::ZERO, Response::new(Full::default()))).await);
    let (alice, anybody) = (named("alice").await, named("anybody").await);
    let mut resolution = Resolution::default();
    let mut backend =
        |server: &Server| add_backend(&mut resolution, BackendProtocol::Unspecified, &[server.address]);
    let [auth_id, second_id, alice, anybody] = [&auth, &second, &alice, &anybody].map(&mut backend);
    let filters =
        vec![asks(auth_id, http("", &[], &["x-user"])), asks(second_id, http("", &["x-user"], &["x-user2"]))];
    let mut of_alice = rule("", &[(alice, 1)]);
    let value = ValueMatch::Exact("alice".into());
    of_alice.matches[0].headers.push(HeaderMatch { name: HeaderName::from_static("x-user"), value });
    let guarded = Listener { filters, ..listener(80, None) };
    add_route(&mut resolution, RouteKind::Http, guarded, vec![of_alice, rule("", &[(anybody, 1)])]);
    let (_proxy, address) = start(config(), &resolution);

    let request = || with(get("a", "/"), &[("authorization", "let me in"), ("x-user", "mallory")]);
    assert_eq!(exchange(address, request()).await.2, "alice");
    assert_eq!(second.last().0.headers["x-user"], "alice", "the second sees what the first said");

    // A client that says it is alice and may not pass: neither the second server nor a rule sees it.
    let (asked, count) = (second.count(), auth.count());
    let (status, _, _) = exchange(address, with(get("a", "/none"), &[("x-user", "alice")])).await;
    assert_eq!((status, second.count(), auth.count()), (401, asked, count + 1));
}

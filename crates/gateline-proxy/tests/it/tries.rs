use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gateline::filter::{Mirror, Share};
use gateline::model::{BackendProtocol, Origin, Retry, Rule, Target, Timeouts};
use gateline_api::Resolution;
use http::{Request, Response};
use http_body_util::Full;

use crate::support::*;

#[allow(clippy::unnecessary_wraps, reason = "the field it fills is an Option")]
fn retry(attempts: u32, codes: &[u16]) -> Option<Retry> {
    Some(Retry { attempts, codes: codes.to_vec(), backoff: None })
}

/// One rule, changed by `change`, to these endpoints.
fn with(endpoints: &[std::net::SocketAddr], change: impl FnOnce(&mut Rule)) -> Resolution {
    let mut resolution = to(endpoints);
    change(&mut resolution.model.routes[0].rules[0]);
    resolution
}

/// Answers the first `failures` requests with 503 and the others with the body it got.
async fn flaky(failures: usize) -> Server {
    let count = Arc::new(AtomicUsize::new(0));
    server(move |_, body| {
        let status = if count.fetch_add(1, Ordering::SeqCst) < failures { 503 } else { 200 };
        let response = Response::builder().status(status).body(Full::from(body.clone())).unwrap();
        (Duration::ZERO, response)
    })
    .await
}

#[tokio::test]
async fn tries_again_on_listed_codes_with_the_body() {
    let backend = flaky(2).await;
    let resolution = with(&[backend.address], |rule| rule.retry = retry(2, &[503]));
    let (_proxy, address) = start(config(), &resolution);
    let request = Request::post("/").header("host", "a").body(Full::from("payload")).unwrap();
    let (status, _, body) = exchange(address, request).await;
    assert_eq!((status, body.as_str(), backend.count()), (200, "payload", 3));
}

#[tokio::test]
async fn passes_the_last_answer_on() {
    let backend = flaky(99).await;
    let resolution = with(&[backend.address], |rule| rule.retry = retry(2, &[503]));
    let (_proxy, address) = start(config(), &resolution);
    assert_eq!(fetch(address, "/").await.0, 503);
    assert_eq!(backend.count(), 3);
}

#[tokio::test]
async fn does_not_repeat_other_codes_or_long_bodies() {
    let backend = flaky(99).await;
    let resolution = with(&[backend.address], |rule| rule.retry = retry(5, &[500]));
    let (_proxy, address) = start(config(), &resolution);
    assert_eq!((fetch(address, "/").await.0, backend.count()), (503, 1));

    let backend = flaky(1).await;
    let resolution = with(&[backend.address], |rule| rule.retry = retry(5, &[503]));
    let (_proxy, address) = start(config(), &resolution);
    let request = Request::post("/").header("host", "a").body(Full::from(vec![1; 100_000])).unwrap();
    let response = http1_to(address).await.send_request(request).await.unwrap();
    assert_eq!((response.status().as_u16(), backend.count()), (503, 1));
}

#[tokio::test]
async fn goes_to_another_endpoint_when_one_refuses() {
    let backend = named("a").await;
    let endpoints = [nobody().await, backend.address];
    let (_proxy, address) = start(config(), &with(&endpoints, |rule| rule.retry = retry(100, &[])));
    for _ in 0..20 {
        assert_eq!(fetch(address, "/").await.0, 200);
    }
}

#[tokio::test]
async fn leaves_out_an_endpoint_that_refuses() {
    let backend = named("a").await;
    let (_proxy, address) = start(config(), &to(&[nobody().await, backend.address]));
    let mut failed = 0;
    for _ in 0..40 {
        failed += usize::from(fetch(address, "/").await.0 == 503);
    }
    assert!((1..=5).contains(&failed), "{failed} of 40 failed");
}

#[tokio::test]
async fn no_endpoint_is_503() {
    let (_proxy, address) = start(config(), &to(&[]));
    assert_eq!(fetch(address, "/").await.0, 503);
    let (_proxy, address) = start(config(), &to(&[nobody().await]));
    assert_eq!(fetch(address, "/").await.0, 503);
}

#[tokio::test]
async fn timeouts_are_504() {
    let backend = server(|_, _| (Duration::from_secs(5), Response::default())).await;
    let limit = Some(Duration::from_millis(100));
    for timeouts in [
        Timeouts { request: limit, ..Timeouts::default() },
        Timeouts { backend_request: limit, ..Timeouts::default() },
    ] {
        let (_proxy, address) = start(config(), &with(&[backend.address], |rule| rule.timeouts = timeouts));
        let began = Instant::now();
        assert_eq!(fetch(address, "/").await.0, 504);
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    let mut short = config();
    short.timeouts.response = limit;
    let (_proxy, address) = start(short, &to(&[backend.address]));
    assert_eq!(fetch(address, "/").await.0, 504);
}

#[tokio::test]
async fn a_try_that_takes_too_long_is_repeated_where_504_is_listed() {
    let count = AtomicUsize::new(0);
    let backend = server(move |_, _| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        (if first { Duration::from_secs(5) } else { Duration::ZERO }, Response::default())
    })
    .await;
    let (_proxy, address) = start(
        config(),
        &with(&[backend.address], |rule| {
            rule.retry = retry(1, &[504]);
            rule.timeouts.backend_request = Some(Duration::from_millis(100));
        }),
    );
    assert_eq!(fetch(address, "/").await.0, 200);
}

#[tokio::test]
async fn mirrors_get_a_copy() {
    let (main, copy) = (named("main").await, named("copy").await);
    let mut resolution = to(&[main.address]);
    let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[copy.address]);
    let mirror = Mirror {
        target: Target::Backend(id),
        share: Share { numerator: 1, denominator: 1 },
        origin: Origin::default(),
    };
    resolution.model.routes[0].rules[0].filters.mirrors = vec![mirror];
    let (_proxy, address) = start(config(), &resolution);
    let request = Request::post("/m?q=1").header("host", "a").body(Full::from("payload")).unwrap();
    assert_eq!(exchange(address, request).await.2, "main");
    assert_eq!(fetch(address, "/m").await.2, "main");
    for _ in 0..200 {
        if copy.count() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut seen = copy.seen.lock().unwrap().clone();
    seen.sort_by_key(|(_, body)| body.len());
    let seen: Vec<_> = seen.iter().map(|(parts, body)| (parts.uri.to_string(), body.clone())).collect();
    let expected = [("/m".to_owned(), Bytes::new()), ("/m?q=1".to_owned(), Bytes::from("payload"))];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn splits_by_weight() {
    let (stable, canary) = (named("stable").await, named("canary").await);
    let mut resolution = Resolution::default();
    let a = add_backend(&mut resolution, BackendProtocol::Unspecified, &[stable.address]);
    let b = add_backend(&mut resolution, BackendProtocol::Unspecified, &[canary.address]);
    simple(&mut resolution, vec![rule("", &[(a, 90), (b, 10)])]);
    let (_proxy, address) = start(config(), &resolution);
    let mut client = http1_to(address).await;
    for _ in 0..500 {
        client.ready().await.unwrap();
        read(client.send_request(get("a", "/")).await.unwrap()).await;
    }
    assert!(canary.count().abs_diff(50) <= 5, "{} of 500", canary.count());
}

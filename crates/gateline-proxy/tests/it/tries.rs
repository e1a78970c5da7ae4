use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gateline::model::{BackendProtocol, Retry, Rule, Timeouts};
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

/// As the conformance suite has it: each of the codes, none of them twice, and the last answer as it is.
#[tokio::test]
async fn repeats_what_is_listed_and_no_more() {
    for (attempts, listed, given, failures, status, count) in [
        (1, 500, 500, 1, 200, 2),
        (3, 502, 502, 3, 200, 4),
        (2, 503, 503, 3, 503, 3),
        (2, 504, 504, 9, 504, 3),
        (2, 500, 504, 1, 504, 1),
        (0, 500, 500, 1, 500, 1),
    ] {
        let seen = Arc::new(AtomicUsize::new(0));
        let backend = server(move |_, _| {
            let fails = seen.fetch_add(1, Ordering::SeqCst) < failures;
            let response = Response::builder().status(if fails { given } else { 200 });
            (Duration::ZERO, response.body(Full::default()).unwrap())
        })
        .await;
        let resolution = with(&[backend.address], |rule| rule.retry = retry(attempts, &[listed]));
        let (_proxy, address) = start(config(), &resolution);
        let what = format!("{attempts} attempts for {listed}, {failures} times {given}");
        assert_eq!((fetch(address, "/").await.0, backend.count()), (status, count), "{what}");
    }
}

/// `timeouts.request` spans all tries, `timeouts.backendRequest` each of them.
#[tokio::test]
async fn retries_end_with_the_request_timeout() {
    let milliseconds = |number| Some(Duration::from_millis(number));
    for (request, backend_request, delay, status) in
        [(Some(500), None, 0, 200), (Some(500), None, 300, 504), (Some(15_000), Some(500), 100, 200)]
    {
        let seen = AtomicUsize::new(0);
        let backend = server(move |_, _| {
            let fails = seen.fetch_add(1, Ordering::SeqCst) < 2;
            let response = Response::builder().status(if fails { 500 } else { 200 });
            (Duration::from_millis(delay), response.body(Full::default()).unwrap())
        })
        .await;
        let resolution = with(&[backend.address], |rule| {
            rule.retry = retry(5, &[500]);
            rule.timeouts.request = request.and_then(milliseconds);
            rule.timeouts.backend_request = backend_request.and_then(milliseconds);
        });
        let (_proxy, address) = start(config(), &resolution);
        let began = Instant::now();
        assert_eq!(fetch(address, "/").await.0, status, "{request:?} {delay}");
        assert!(status == 200 || began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    }
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

//! Copies of requests.

use std::time::Duration;

use bytes::Bytes;
use gateline::filter::{HeaderModifier, Mirror, Share};
use gateline::model::{BackendProtocol, Origin, Target};
use gateline_api::Resolution;
use http::Request;
use http_body_util::Full;

use crate::support::*;

fn mirror(target: Target, numerator: u32, denominator: u32) -> Mirror {
    Mirror { target, share: Share { numerator, denominator }, origin: Origin::default() }
}

/// One rule to `main` with mirrors of these shares, each to the server beside it.
fn mirrored(main: &Server, mirrors: &[(&Server, u32, u32)]) -> Resolution {
    let mut resolution = to(&[main.address]);
    for (server, numerator, denominator) in mirrors {
        let id = add_backend(&mut resolution, BackendProtocol::Unspecified, &[server.address]);
        let filters = &mut resolution.model.routes[0].rules[0].filters;
        filters.mirrors.push(mirror(Target::Backend(id), *numerator, *denominator));
    }
    resolution
}

/// Waits until no further copy comes.
async fn settle(server: &Server, expected: usize) {
    for _ in 0..200 {
        if server.count() >= expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn each_gets_a_copy_after_the_filters_of_the_rule() {
    let (main, one, two) = (named("main").await, named("one").await, named("two").await);
    let mut resolution = mirrored(&main, &[(&one, 1, 1), (&two, 1, 1)]);
    let filters = &mut resolution.model.routes[0].rules[0].filters;
    // A reference that cannot be followed harms nobody.
    let reason = ("default/gone:80".into(), "BackendNotFound".into());
    filters.mirrors.push(mirror(Target::Invalid { reference: reason.0, reason: reason.1 }, 1, 1));
    let set = vec![("x-set".parse().unwrap(), "by the rule".parse().unwrap())];
    filters.request_headers = Some(HeaderModifier { set, ..HeaderModifier::default() });
    let (_proxy, address) = start(config(), &resolution);
    let request = Request::post("/m?q=1").header("host", "a").body(Full::from("payload")).unwrap();
    assert_eq!(exchange(address, request).await.2, "main");
    assert_eq!(fetch(address, "/m").await.2, "main");
    for copy in [&one, &two] {
        settle(copy, 2).await;
        let mut seen = copy.seen.lock().unwrap().clone();
        seen.sort_by_key(|(_, body)| body.len());
        assert!(seen.iter().all(|(parts, _)| parts.headers["x-set"] == "by the rule"));
        let seen: Vec<_> = seen.iter().map(|(parts, body)| (parts.uri.to_string(), body.clone())).collect();
        let expected = [("/m".to_owned(), Bytes::new()), ("/m?q=1".to_owned(), Bytes::from("payload"))];
        assert_eq!(seen, expected);
    }
}

/// Within five standard deviations, which chance misses once in two million runs.
#[tokio::test]
async fn a_share_of_the_requests_is_copied() {
    for (numerator, denominator) in [(20, 100), (25, 50), (35, 100), (0, 100)] {
        let (main, copy) = (named("main").await, named("copy").await);
        let (_proxy, address) = start(config(), &mirrored(&main, &[(&copy, numerator, denominator)]));
        let mut client = http1_to(address).await;
        for _ in 0..500 {
            client.ready().await.unwrap();
            read(client.send_request(get("a", "/")).await.unwrap()).await;
        }
        let share = f64::from(numerator) / f64::from(denominator);
        let (mean, deviation) = (500.0 * share, (500.0 * share * (1.0 - share)).sqrt());
        settle(&copy, 500).await;
        let count = f64::from(u32::try_from(copy.count()).unwrap());
        assert!((count - mean).abs() <= 5.0 * deviation, "{numerator}/{denominator}: {count} of 500");
    }
}

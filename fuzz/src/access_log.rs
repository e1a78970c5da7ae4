use std::sync::{Arc, LazyLock};

use gateline::analysis::Beside;
use gateline::{Options, Router};
use gateline_api::{parse, resolve};
use gateline_testing::record::{LogHost, LogOptions, requests};
use gateline_testing::replay::{Played, Replay};

const MANIFESTS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  rules:
    - matches: [{path: {value: /cart}, headers: [{name: x-beta, value: '1'}]}]
      backendRefs: [{name: cart, port: 80}]
    - backendRefs: [{name: web, port: 80, weight: 9}, {name: next, port: 80}]
";

static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    let objects = parse::text("shop.yaml", MANIFESTS).objects;
    let model = resolve(&objects, &gateline_api::Options::default()).model;
    Router::compile(Arc::new(model), &Options::default()).expect("the manifests have no patterns")
});

/// No log makes reading or replaying it panic; what is no request has a place; the same manifests change nothing. Input: the log.
///
/// # Panics
///
/// Where one of these does not hold.
pub fn access_log(input: &[u8]) {
    let options = LogOptions { host: LogHost::parse("a.example").ok(), ..LogOptions::default() };
    let played = || Played { router: &ROUTER, beside: Beside::default() };
    let mut replay = Replay::new(played(), Some(played()));
    match requests("log", input, &options) {
        Ok(all) => all.for_each(|one| replay.play(one)),
        Err(error) => assert_eq!(&*error.place.file, "log", "{error}"),
    }
    let report = replay.finish();
    assert_eq!(report.changed(), 0, "{report:?}");
    for error in &report.unreadable.first {
        assert!(error.starts_with("log:"), "{error}");
    }
}

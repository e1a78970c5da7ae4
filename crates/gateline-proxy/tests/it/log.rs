//! What the proxy tells about itself.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateline_api::Resolution;
use gateline_api::resolve::UpstreamTls;
use http::{Request, Response};
use http_body_util::Full;

use crate::support::*;

/// A sink that tests can read.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn shows_what_it_does() {
    let backend = named("hello").await;
    let (sink, seen) = (Sink::default(), Arc::new(Mutex::new(Vec::new())));
    let mut watched = config();
    watched.admin = Some(([127, 0, 0, 1], 0).into());
    watched.access_log = Some(Box::new(sink.clone()));
    let lines = seen.clone();
    watched.observer = Some(Arc::new(move |finished| {
        let backend = finished.backend.map(ToString::to_string).unwrap_or_default();
        let route = finished.rule.map(|view| view.route.name.to_string()).unwrap_or_default();
        lines.lock().unwrap().push(format!(
            "{} {} {route} {backend}",
            finished.status.as_u16(),
            finished.path
        ));
    }));
    let proxy = gateline_proxy::Proxy::start(watched).unwrap();
    let admin = proxy.admin_address().unwrap();
    assert_eq!(fetch(admin, "/ready").await.0, 503);
    proxy.apply(&to(&[backend.address])).unwrap();
    assert_eq!(fetch(admin, "/ready").await.0, 200);
    let address = proxy.addresses()[&80][0];
    let body = Full::from("body");
    exchange(address, Request::post("/x?y=1").header("host", "shop").body(body).unwrap()).await;
    let (_, _, page) = fetch(admin, "/stats/prometheus").await;
    let (_, _, dump) = fetch(admin, "/config_dump").await;
    tokio::task::spawn_blocking(move || proxy.shutdown(Duration::from_secs(2))).await.unwrap();

    assert_eq!(*seen.lock().unwrap(), ["200 /x?y=1 default/route-0 default/b0:80"]);
    let log = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    let line: serde_json::Value = serde_json::from_str(log.trim()).unwrap();
    assert_eq!(line["response_code"], 200);
    assert_eq!(line["x-envoy-origin-path"], "/x?y=1");
    assert_eq!(line["upstream_host"], backend.address.to_string());
    assert_eq!(line["bytes_received"], 4);
    assert_eq!(line["bytes_sent"], 5);
    assert_eq!(line["response_flags"], "-");
    assert_eq!(line[":authority"], "shop");
    assert_eq!(line["x-request-id"].as_str().unwrap().len(), 36);
    assert!(line["x-envoy-upstream-service-time"].is_u64());
    assert!(line["upstream_local_address"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(line["connection_termination_details"], serde_json::Value::Null);
    assert_eq!(line["route_name"], "httproute/default/route-0/rule/0/match/0");

    let prefix = "envoy_http_conn_manager_prefix=\"http-80\"";
    assert!(page.contains(&format!("envoy_http_downstream_rq_total{{{prefix}}} 1")), "{page}");
    assert!(page.contains(&format!("{{envoy_response_code_class=\"2\",{prefix}}} 1")), "{page}");
    let dump: serde_json::Value = serde_json::from_str(&dump).unwrap();
    assert_eq!(dump["configs"][0]["backends"][0]["endpoints"][0], backend.address.to_string());
}

/// `response_flags`, `response_code` and `upstream_transport_failure_reason` of one request.
async fn logged(resolution: &Resolution, request: &str) -> (String, u64, bool) {
    let sink = Sink::default();
    let mut config = config();
    config.access_log = Some(Box::new(sink.clone()));
    config.timeouts.response = Some(Duration::from_millis(300));
    let (proxy, address) = start(config, resolution);
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(if request.contains("leave") { 100 } else { 600 })).await;
    drop(stream);
    tokio::task::spawn_blocking(move || proxy.shutdown(Duration::from_secs(2))).await.unwrap();
    let log = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    let line: serde_json::Value = serde_json::from_str(log.trim()).unwrap();
    let flags = line["response_flags"].as_str().unwrap().to_owned();
    let failure = line["upstream_transport_failure_reason"].is_string();
    (flags, line["response_code"].as_u64().unwrap(), failure)
}

#[tokio::test]
async fn marks_what_went_wrong() {
    let slow = server(|_, _| (Duration::from_secs(5), Response::default())).await;
    let plain = named("a").await;
    let mut secure = to(&[plain.address]);
    secure.upstreams[0].tls = Some(UpstreamTls {
        hostname: "a".into(),
        roots: Some(vec![Authority::new().certificate]),
        san: vec![],
    });
    let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let leave = "GET /leave HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut none = to(&[]);
    none.model.routes[0].rules.clear();
    for (what, resolution, request, flags, code, tls) in [
        ("fine", to(&[plain.address]), get, "-", 200, false),
        ("no rule", none, get, "NR", 404, false),
        ("no endpoint", to(&[]), get, "UH", 503, false),
        ("nobody listens", to(&[nobody().await]), get, "UF", 503, false),
        ("no TLS", secure, get, "UF", 503, true),
        ("late", to(&[slow.address]), get, "UT", 504, false),
        ("gone", to(&[slow.address]), leave, "DC", 0, false),
    ] {
        assert_eq!(logged(&resolution, request).await, (flags.to_owned(), code, tls), "{what}");
    }
}

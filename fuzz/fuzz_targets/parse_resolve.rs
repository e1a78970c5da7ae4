//! No text makes parsing, resolution or compilation panic, and what is resolved compiles or says why not.
#![no_main]

use std::sync::Arc;

use gateline::{Head, Options, Router};
use gateline_api::{parse, resolve};
use http::{HeaderMap, Method};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let loaded = parse::text("fuzz.yaml", text);
    let resolution = resolve(&loaded.objects, &gateline_api::Options::default());
    for finding in loaded.findings.iter().chain(&resolution.findings) {
        assert!(!finding.message.is_empty(), "{} says nothing", finding.code);
    }
    let ports: Vec<u16> = resolution.model.listeners.iter().map(|listener| listener.port).collect();
    let Ok(router) = Router::compile(Arc::new(resolution.model), &Options::default()) else { return };
    let (method, headers) = (Method::GET, HeaderMap::new());
    let (authority, path) = ("www.shop.example.com", "/v1/orders");
    let head = Head { method: &method, authority, path, query: None, headers: &headers, sni: None };
    for entry in ports.into_iter().filter_map(|port| router.entry(port)) {
        let _ = router.explain(entry, &head, 0);
    }
});

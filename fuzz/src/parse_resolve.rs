use std::sync::Arc;

use gateline::{Head, Options, Router};
use gateline_api::{parse, resolve, validate};
use http::{HeaderMap, Method};

/// No text makes parsing, validation, resolution, compilation or an explanation panic, and what is resolved compiles or
/// says why not. Input: manifests, which are resolved as they are (as a cluster holds them) and once validated.
///
/// # Panics
///
/// Where one does, or a finding says nothing.
pub fn parse_resolve(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut loaded = parse::text("fuzz.yaml", text);
    explain(&loaded.objects);
    loaded.findings.append(&mut validate(&mut loaded.objects));
    explain(&loaded.objects);
    said(&loaded.findings);
}

fn explain(objects: &gateline_api::Objects) {
    let resolution = resolve(objects, &gateline_api::Options::default());
    said(&resolution.findings);
    let ports: Vec<u16> = resolution.model.listeners.iter().map(|listener| listener.port).collect();
    let Ok(router) = Router::compile(Arc::new(resolution.model), &Options::default()) else { return };
    let (method, headers) = (Method::GET, HeaderMap::new());
    let (authority, path) = ("www.shop.example.com", "/v1/orders");
    let head = Head { method: &method, authority, path, query: None, headers: &headers, sni: None };
    for entry in ports.into_iter().filter_map(|port| router.entry(port)) {
        let _ = router.explain(entry, &head, 0);
    }
}

fn said(findings: &[gateline_api::Finding]) {
    for finding in findings {
        assert!(!finding.message.is_empty(), "{} says nothing", finding.code);
    }
}

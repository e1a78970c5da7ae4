//! A `Location` is an absolute URI that says what the filter says, or there is none; nothing a client sends can end the
//! header, change the host that the filter sets, or leave the origin of the request where it sets none.
#![no_main]

#[path = "../../crates/gateline/tests/world/mod.rs"]
mod world;

use gateline::filter::{PathModifier, Redirect};
use gateline::model::{PathMatch, Protocol};
use http::{StatusCode, Uri};
use libfuzzer_sys::fuzz_target;
use world::Owned;

fuzz_target!(|input: (&str, &str, &str, Option<&str>, bool, u16)| {
    let (authority, path, query, replacement, hostname, port) = input;
    let request = Owned::get(authority, path).query(query);
    let redirect = Redirect {
        scheme: Some("https".into()),
        hostname: hostname.then(|| "www.example.org".into()),
        path: replacement.map(|text| PathModifier::Prefix(text.into())),
        port: Some(port),
        status: StatusCode::FOUND,
    };
    let listener = world::listener(0, "g", Protocol::Http, "*");
    let Ok(location) = redirect.location(&request.head(), &PathMatch::Prefix("/a".into()), &listener) else { return };
    let uri: Uri = location.to_str().expect("visible ASCII").parse().expect("a URI");
    assert_eq!(uri.scheme_str(), Some("https"));
    assert_eq!(uri.port_u16().unwrap_or(443), port);
    let host = uri.host().expect("a host");
    if hostname {
        assert_eq!(host, "www.example.org");
    } else {
        assert!(authority.to_ascii_lowercase().contains(host), "{host} is not in {authority}");
    }
});

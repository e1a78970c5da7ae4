use gateline::filter::{PathModifier, Redirect};
use gateline::model::{PathMatch, Protocol};
use http::{StatusCode, Uri};

use crate::fields;
use crate::world::{self, Owned};

/// A `Location` is an absolute URI that says what the filter says, or there is none; nothing a client sends can end the
/// header, change the host that the filter sets, or leave the origin of the request where it sets none.
///
/// Input: authority, port of the filter, anything if the filter sets the hostname, `=` and what it puts in the place of
/// the prefix `/a` (if it does), query, path.
///
/// # Panics
///
/// Where this does not hold.
pub fn redirect_location(input: &[u8]) {
    let Some([authority, port, hostname, replacement, query, path]) = fields(input) else { return };
    let port = port.parse().unwrap_or(443);
    let request = Owned::get(authority, path).query(query);
    let redirect = Redirect {
        scheme: Some("https".into()),
        hostname: (!hostname.is_empty()).then(|| "www.example.org".into()),
        path: replacement.strip_prefix('=').map(|text| PathModifier::Prefix(text.into())),
        port: Some(port),
        status: StatusCode::FOUND,
    };
    let listener = world::listener(0, "g", Protocol::Http, "*");
    let Ok(location) = redirect.location(&request.head(), &PathMatch::Prefix("/a".into()), &listener) else {
        return;
    };
    let uri: Uri = location.to_str().expect("visible ASCII").parse().expect("a URI");
    assert_eq!(uri.scheme_str(), Some("https"));
    assert_eq!(uri.port_u16().unwrap_or(443), port);
    let host = uri.host().expect("a host");
    if hostname.is_empty() {
        assert!(authority.to_ascii_lowercase().contains(host), "{host} is not in {authority}");
    } else {
        assert_eq!(host, "www.example.org");
    }
}

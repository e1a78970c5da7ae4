//! What a proxy changes in a header section (RFC 9110 section 7.6), and the marks Envoy Gateway leaves by default.

use http::header::{
    CONNECTION, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    TE, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Uri, request};

pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_CLIENT_CERT: HeaderName = HeaderName::from_static("x-forwarded-client-cert");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Brings every request to one form: the host in `Host`, path and query in the URI. `:authority` and the authority of
/// an absolute URI win over `Host` (RFC 9112 section 3.2.2).
pub(crate) fn to_origin_form<B>(request: &mut Request<B>) {
    let Some(authority) = request.uri().authority() else { return };
    let host = HeaderValue::from_str(without_userinfo(authority));
    let path = request.uri().path_and_query().cloned();
    if let Ok(host) = host {
        request.headers_mut().insert(HOST, host);
    }
    *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
}

fn without_userinfo(authority: &Authority) -> &str {
    authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host)
}

/// The URI an HTTP/2 request carries; `Host` moves into it. `None` where `Host` is no authority.
pub(crate) fn to_absolute_form(parts: &mut request::Parts, scheme: Scheme) -> Option<()> {
    let host = parts.headers.remove(HOST)?;
    let mut uri = std::mem::take(&mut parts.uri).into_parts();
    uri.scheme = Some(scheme);
    uri.authority = Some(Authority::try_from(host.as_bytes()).ok()?);
    parts.uri = Uri::from_parts(uri).ok()?;
    Some(())
}

/// Removes what is meant for one connection only, the names listed in `Connection` included.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        let listed: Vec<HeaderName> = headers.get_all(CONNECTION).iter().flat_map(names).collect();
        for name in listed {
            // Nobody may have the host taken away.
            if name != HOST {
                headers.remove(name);
            }
        }
        headers.remove(CONNECTION);
    }
    for name in
        [KEEP_ALIVE, PROXY_CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TRANSFER_ENCODING, UPGRADE]
    {
        headers.remove(name);
    }
}

fn names(value: &HeaderValue) -> impl Iterator<Item = HeaderName> {
    let text = value.to_str().unwrap_or_default();
    text.split(',').filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
}

/// The request as it goes on: hop-by-hop fields out, the marks of this hop in.
pub(crate) fn prepare(headers: &mut HeaderMap, client: &HeaderValue, secure: bool) {
    let trailers = accepts_trailers(headers);
    strip_hop_by_hop(headers);
    headers.remove(TE);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    // hyper has answered `100-continue`.
    headers.remove(EXPECT);
    headers.remove(X_FORWARDED_CLIENT_CERT);
    append_client(headers, client);
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(if secure { "https" } else { "http" }));
    headers.insert(X_REQUEST_ID, request_id());
}

fn accepts_trailers(headers: &HeaderMap) -> bool {
    let values = headers.get_all(TE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case("trailers"))
}

fn append_client(headers: &mut HeaderMap, client: &HeaderValue) {
    let before = headers.get_all(X_FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    let mut joined = before.collect::<Vec<_>>();
    if joined.is_empty() {
        headers.insert(X_FORWARDED_FOR, client.clone());
        return;
    }
    joined.push(client.as_bytes());
    if let Ok(value) = HeaderValue::from_bytes(&joined.join(&b',')) {
        headers.insert(X_FORWARDED_FOR, value);
    }
}

/// A random UUID (version 4, RFC 9562).
fn request_id() -> HeaderValue {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    let bits = (fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let mut text = [b'-'; 36];
    let places = (0..36).filter(|place| !matches!(place, 8 | 13 | 18 | 23));
    for (digit, place) in places.enumerate() {
        let nibble = usize::try_from((bits >> (124 - 4 * digit)) & 0xf).unwrap_or_default();
        if let (Some(to), Some(from)) = (text.get_mut(place), HEX.get(nibble)) {
            *to = *from;
        }
    }
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Whether a request is gRPC, so that an answer of the gateway has to be, too.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(http::header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

/// The protocol a client asks to change to; HTTP/2 in the clear by upgrade is out of use (RFC 9113 section 3.1).
pub(crate) fn upgrade_of<B>(request: &Request<B>) -> Option<HeaderValue> {
    let headers = request.headers();
    let listed = headers.get_all(CONNECTION).iter().flat_map(names).any(|name| name == UPGRADE);
    let wanted = headers.get(UPGRADE).filter(|value| !value.as_bytes().eq_ignore_ascii_case(b"h2c"));
    (listed && request.version() == http::Version::HTTP_11).then_some(wanted?.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_what_connection_lists() {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("close, X-Secret, host"));
        headers.insert("x-secret", HeaderValue::from_static("1"));
        headers.insert(HOST, HeaderValue::from_static("a"));
        headers.insert("keep-alive", HeaderValue::from_static("5"));
        headers.insert("x-other", HeaderValue::from_static("2"));
        strip_hop_by_hop(&mut headers);
        let left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["host", "x-other"]);
    }

    #[test]
    fn marks_the_hop() {
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_FOR, HeaderValue::from_static("1.2.3.4"));
        headers.insert(TE, HeaderValue::from_static("gzip, trailers"));
        prepare(&mut headers, &HeaderValue::from_static("::1"), true);
        assert_eq!(headers["x-forwarded-for"], "1.2.3.4,::1");
        assert_eq!(headers["x-forwarded-proto"], "https");
        assert_eq!(headers[TE], "trailers");
        let id = headers[X_REQUEST_ID].to_str().unwrap();
        assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
    }
}

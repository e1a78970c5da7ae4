use http::{HeaderMap, Method};

/// A request as the engine sees it: borrowed parts, nothing parsed yet.
///
/// A struct and not a trait, so that the search is compiled once and crosses a foreign function interface easily.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method, compared byte for byte: `GET` does not match `HEAD`.
    pub method: &'a Method,
    /// `:authority`, or the `Host` header where there is none, as the client sent it (any case, with or without a port).
    pub authority: &'a str,
    /// The path as sent: not decoded, not normalised, without the query.
    pub path: &'a str,
    /// The query without its `?`, as sent.
    pub query: Option<&'a str>,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The server name of the TLS handshake, where there was one.
    pub sni: Option<&'a str>,
}

impl<'a> Head<'a> {
    /// The head of an HTTP request. `:authority` wins over `Host` (RFC 9113 section 8.3.1); a value that is not
    /// visible ASCII reads as the empty host, which only rules without a hostname match.
    pub fn of<B>(request: &'a http::Request<B>, sni: Option<&'a str>) -> Self {
        let uri = request.uri();
        let host = || request.headers().get(http::header::HOST).and_then(|value| value.to_str().ok());
        Self {
            method: request.method(),
            authority: uri.authority().map(http::uri::Authority::as_str).or_else(host).unwrap_or_default(),
            path: uri.path(),
            query: uri.query(),
            headers: request.headers(),
            sni,
        }
    }
}

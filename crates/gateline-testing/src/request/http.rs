use gateline::Head;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::error::RequestError;

/// An HTTP request that nobody sends.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// The port it would arrive at: the URL's, or the scheme's.
    pub port: u16,
    method: Method,
    authority: String,
    uri: Uri,
    headers: HeaderMap,
    sni: Option<String>,
}

impl HttpRequest {
    /// Reads a request and its header fields. `Host` overrides the authority; the server name of the TLS handshake
    /// stays the URL's, as with curl.
    pub fn parse(text: &str, fields: &[String]) -> Result<Self, RequestError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let (method, url) = match *words {
            [url] => (Method::GET, url),
            [method, url] => (parse_method(method)?, url),
            _ => return Err(RequestError::Shape(text.to_owned())),
        };
        let (uri, secure) = parse_url(url)?;
        let host = uri.host().unwrap_or_default();
        let mut headers = parse_headers(fields)?;
        let authority = match headers.remove(HOST) {
            Some(value) => value.to_str().map_err(|_| RequestError::Header(fields.join(", ")))?.to_owned(),
            None => uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default(),
        };
        Ok(Self {
            port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            sni: (secure && is_name(host)).then(|| host.to_ascii_lowercase()),
            method,
            authority,
            headers,
            uri,
        })
    }

    /// As it would be written: `GET https://host:port/path`. Header fields are left out.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {}", self.method, self.uri)
    }

    /// `https://host:port/path`.
    #[must_use]
    pub fn url(&self) -> String {
        self.uri.to_string()
    }

    /// Header fields, with `host` if it is not that of the URL.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, String)> {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let of_url = self.uri.authority().is_some_and(|authority| *authority == *self.authority);
        let host = (!of_url).then(|| ("host".to_owned(), self.authority.clone()));
        let others = self.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
        host.into_iter().chain(others).collect()
    }

    /// Whether it comes over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    /// The request as the engine sees it.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head {
            method: &self.method,
            authority: &self.authority,
            path: self.uri.path(),
            query: self.uri.query(),
            headers: &self.headers,
            sni: self.sni.as_deref(),
        }
    }
}

fn parse_method(text: &str) -> Result<Method, RequestError> {
    Method::from_bytes(text.as_bytes()).map_err(|_| RequestError::Method(text.to_owned()))
}

fn parse_url(url: &str) -> Result<(Uri, bool), RequestError> {
    let fail = |reason: &str| RequestError::Url { url: url.to_owned(), reason: reason.to_owned() };
    if !url.contains("://") {
        return Err(fail("it must begin with http:// or https://"));
    }
    let uri: Uri = url.parse().map_err(|error: http::uri::InvalidUri| fail(&error.to_string()))?;
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        Some(_) => return Err(fail("the scheme must be http or https")),
        None => return Err(fail("it must begin with http:// or https://")),
    };
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(fail("a user name does not take part in routing; send it with -H 'Authorization: …'"));
    }
    Ok((uri, secure))
}

fn parse_headers(fields: &[String]) -> Result<HeaderMap, RequestError> {
    let mut headers = HeaderMap::new();
    for field in fields {
        let fail = || RequestError::Header(field.clone());
        let (name, value) = field.split_once(':').ok_or_else(fail)?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| fail())?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_| fail())?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// Addresses are not sent as server names (RFC 6066 section 3).
pub(super) fn is_name(host: &str) -> bool {
    !host.is_empty() && !host.starts_with('[') && host.parse::<std::net::Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, fields: &[&str]) -> Result<HttpRequest, RequestError> {
        HttpRequest::parse(text, &fields.iter().map(|&field| field.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_bare_url_is_a_get() {
        let request = parse("https://Shop.example.com/a?b=c", &["x-a: 1", "X-A: 2"]).unwrap();
        let head = request.head();
        assert_eq!((head.method, head.path, head.query), (&Method::GET, "/a", Some("b=c")));
        assert_eq!((head.authority, head.sni), ("Shop.example.com", Some("shop.example.com")));
        assert_eq!((request.port, head.headers.get_all("x-a").iter().count()), (443, 2));
    }

    #[test]
    fn host_overrides_the_authority_not_the_server_name() {
        let request = parse("POST https://a.example:8443", &["Host: b.example"]).unwrap();
        assert_eq!(request.head().authority, "b.example");
        assert_eq!(request.head().sni, Some("a.example"));
        assert_eq!((request.port, request.head().path), (8443, "/"));
        assert!(request.head().headers.is_empty());
    }

    #[test]
    fn an_address_is_no_server_name() {
        assert_eq!(parse("https://127.0.0.1/", &[]).unwrap().head().sni, None);
        assert_eq!(parse("https://[::1]/", &[]).unwrap().head().sni, None);
        assert_eq!(parse("http://a.example/", &[]).unwrap().head().sni, None);
    }

    #[test]
    fn what_is_not_a_request_is_refused() {
        for (text, message) in [
            ("", "is not a request"),
            ("GET  https://a/ HTTP/1.1", "is not a request"),
            ("G@T https://a/", "is not a method"),
            ("a.example/x", "it must begin with http://"),
            ("ftp://a/", "the scheme must be http or https"),
            ("https://u@a/", "a user name does not take part"),
            ("https:///x", "is not a URL"),
        ] {
            let error = parse(text, &[]).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
        assert!(parse("https://a/", &["no colon"]).is_err());
        assert!(parse("https://a/", &["a b: c"]).is_err());
    }
}

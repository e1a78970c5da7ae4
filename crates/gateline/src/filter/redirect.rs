use std::borrow::Cow;

use http::{HeaderValue, StatusCode, Uri};
use percent_encoding::{CONTROLS, percent_encode};

use super::rewrite::push_query;
use super::{FilterError, PathModifier};
use crate::Head;
use crate::model::{Listener, PathMatch, Protocol};
use crate::router::authority::Host;

/// `RequestRedirect`. What is not set is taken from the request and its listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// `http` or `https`.
    pub scheme: Option<Box<str>>,
    /// Without a port.
    pub hostname: Option<Box<str>>,
    /// The new path; the query is kept.
    pub path: Option<PathModifier>,
    /// The new port.
    pub port: Option<u16>,
    /// 301, 302 (the default), 303, 307 or 308.
    pub status: StatusCode,
}

impl Redirect {
    /// The absolute URI for `Location`, as HTTPRequestRedirectFilter defines it:
    ///
    /// - scheme: the filter's, else that of the listener's protocol;
    /// - host: the filter's, else the request's as hostnames are compared: lower case, without port or trailing dot;
    /// - port: the filter's; else, if the filter sets a scheme, that scheme's; else the listener's. 80 for http and 443 for
    ///   https are left out;
    /// - path: the request's, changed by the filter; the query is kept.
    pub fn location(
        &self,
        head: &Head<'_>,
        matched: &PathMatch,
        listener: &Listener,
    ) -> Result<HeaderValue, FilterError> {
        let scheme = self.scheme(listener)?;
        let request = Host::parse(head.authority);
        let host = match (&self.hostname, &request) {
            (Some(host), _) => host,
            (None, Ok(host)) => host.as_str(),
            (None, Err(_)) => return Err(FilterError::Host),
        };
        if host.is_empty() {
            return Err(FilterError::NoHost);
        }
        let mut text = Vec::with_capacity(scheme.name.len() + host.len() + head.path.len() + 64);
        text.extend_from_slice(scheme.name.as_bytes());
        text.extend_from_slice(b"://");
        text.extend_from_slice(host.as_bytes());
        let port = self.port.or(self.scheme.is_some().then_some(scheme.port)).unwrap_or(listener.port);
        if port != scheme.port {
            text.extend_from_slice(format!(":{port}").as_bytes());
        }
        self.push_path(head, matched, &mut text)?;
        check(&text, host)
    }

    fn scheme(&self, listener: &Listener) -> Result<Scheme, FilterError> {
        match self.scheme.as_deref() {
            Some("http") => Ok(Scheme::HTTP),
            Some("https") => Ok(Scheme::HTTPS),
            Some(_) => Err(FilterError::Scheme),
            None if matches!(listener.protocol, Protocol::Https | Protocol::Tls) => Ok(Scheme::HTTPS),
            None => Ok(Scheme::HTTP),
        }
    }

    fn push_path(&self, head: &Head<'_>, matched: &PathMatch, out: &mut Vec<u8>) -> Result<(), FilterError> {
        // `OPTIONS *` and `CONNECT` have no path that a URI could hold.
        let path = if head.path.starts_with('/') { head.path } else { "/" };
        match &self.path {
            Some(modifier) => modifier.apply(path, matched, out)?,
            None => out.extend_from_slice(path.as_bytes()),
        }
        push_query(head.query, out);
        Ok(())
    }
}

struct Scheme {
    name: &'static str,
    port: u16,
}

impl Scheme {
    const HTTP: Self = Self { name: "http", port: 80 };
    const HTTPS: Self = Self { name: "https", port: 443 };
}

/// A URI that the `http` crate reads back, with the very host that was meant: nothing in the host may end it early. What a
/// lenient client sent beyond ASCII is percent-encoded, for `Location` is ASCII (RFC 3986 section 2).
fn check(text: &[u8], host: &str) -> Result<HeaderValue, FilterError> {
    let text = Cow::from(percent_encode(text, CONTROLS));
    let uri = Uri::try_from(&*text).map_err(|_| FilterError::Path)?;
    if uri.host() != Some(host) {
        return Err(FilterError::Host);
    }
    HeaderValue::from_str(&text).map_err(|_| FilterError::Path)
}

#[cfg(test)]
mod tests {
    use http::Request;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{ListenerName, ObjectName, Origin, TlsMode};

    fn listener(protocol: Protocol, port: u16) -> Listener {
        let name = ListenerName { gateway: ObjectName::new("infra", "gw"), set: None, section: "web".into() };
        let (mode, origin) = (TlsMode::default(), Origin::default());
        Listener {
            name,
            port,
            protocol,
            mode,
            hostname: None,
            filters: Vec::new(),
            attached: Vec::new(),
            origin,
        }
    }

    fn redirect(scheme: Option<&str>, port: Option<u16>) -> Redirect {
        let scheme = scheme.map(Into::into);
        Redirect { scheme, hostname: None, path: None, port, status: StatusCode::FOUND }
    }

    fn location(redirect: &Redirect, listener: &Listener, uri: &str) -> Result<String, FilterError> {
        let request = Request::get(uri).body(()).unwrap();
        let head = Head::of(&request, None);
        let matched = PathMatch::Prefix("/original".into());
        redirect.location(&head, &matched, listener).map(|value| value.to_str().unwrap().to_owned())
    }

    /// HTTPRequestRedirectFilter.port in the Gateway API; rows of the conformance test `HTTPRouteRedirectPortAndScheme`.
    #[test]
    fn port_and_scheme() {
        use Protocol::{Http, Https};
        let table = [
            (Http, 80, None, None, "http://h/"),
            (Http, 80, None, Some(80), "http://h/"),
            (Http, 80, None, Some(8080), "http://h:8080/"),
            (Http, 80, Some("https"), None, "https://h/"),
            (Http, 80, Some("https"), Some(443), "https://h/"),
            (Http, 80, Some("https"), Some(8443), "https://h:8443/"),
            (Http, 8080, None, None, "http://h:8080/"),
            (Http, 8080, None, Some(80), "http://h/"),
            (Http, 8080, Some("https"), None, "https://h/"),
            (Https, 443, None, None, "https://h/"),
            (Https, 443, None, Some(443), "https://h/"),
            (Https, 443, None, Some(8443), "https://h:8443/"),
            (Https, 443, Some("http"), None, "http://h/"),
            (Https, 443, Some("http"), Some(80), "http://h/"),
            (Https, 443, Some("http"), Some(8080), "http://h:8080/"),
            // Beyond the table: a port that is another scheme's default is written.
            (Http, 443, None, None, "http://h:443/"),
            (Https, 8443, Some("https"), None, "https://h/"),
        ];
        for (protocol, port, scheme, new_port, expected) in table {
            let listener = listener(protocol, port);
            // The port in the request's authority never matters.
            for uri in ["http://h/", "http://h:31080/"] {
                let got = location(&redirect(scheme, new_port), &listener, uri);
                assert_eq!(got.as_deref(), Ok(expected), "{protocol:?} {port} {scheme:?} {new_port:?}");
            }
        }
    }

    #[test]
    fn the_path_changes_and_the_query_stays() {
        let web = listener(Protocol::Http, 80);
        let with = |path| Redirect { path: Some(path), ..redirect(None, None) };
        let full = with(PathModifier::Full("/full".into()));
        let prefix = with(PathModifier::Prefix("/replacement".into()));
        let uri = "http://h/original/a%20b?q=%2F&r";
        assert_eq!(location(&full, &web, uri).as_deref(), Ok("http://h/full?q=%2F&r"));
        assert_eq!(location(&prefix, &web, uri).as_deref(), Ok("http://h/replacement/a%20b?q=%2F&r"));
        assert_eq!(location(&redirect(None, None), &web, uri).as_deref(), Ok(uri));
        assert_eq!(location(&prefix, &web, "http://h/else"), Err(FilterError::NoPrefix));
        assert_eq!(
            location(&redirect(None, None), &web, "http://h//evil.example/").as_deref(),
            Ok("http://h//evil.example/")
        );
    }

    #[test]
    fn the_host_comes_without_its_port() {
        let web = listener(Protocol::Http, 80);
        let keep = redirect(None, None);
        assert_eq!(location(&keep, &web, "http://[::1]:8080/").as_deref(), Ok("http://[::1]/"));
        assert_eq!(location(&keep, &web, "http://[2001:db8::1]/").as_deref(), Ok("http://[2001:db8::1]/"));
        assert_eq!(
            location(&redirect(None, Some(81)), &web, "http://[::1]/").as_deref(),
            Ok("http://[::1]:81/")
        );
        assert_eq!(
            location(&keep, &web, "http://Example.COM.:8080/Path").as_deref(),
            Ok("http://example.com/Path")
        );
        assert_eq!(location(&keep, &web, "http://user:pw@h:1/"), Err(FilterError::Host));
        assert_eq!(location(&keep, &web, "/no-host"), Err(FilterError::NoHost));
        let other = Redirect { hostname: Some("example.org".into()), ..redirect(None, None) };
        assert_eq!(location(&other, &web, "/no-host").as_deref(), Ok("http://example.org/no-host"));
    }

    #[test]
    fn what_no_uri_can_hold_is_an_error() {
        let web = listener(Protocol::Http, 80);
        assert_eq!(location(&redirect(Some("ftp"), None), &web, "http://h/"), Err(FilterError::Scheme));
        for host in ["a/b", "a?b", "a b", "a:b:c", "a@b"] {
            let bad = Redirect { hostname: Some(host.into()), ..redirect(None, None) };
            assert!(location(&bad, &web, "http://h/").is_err(), "{host}");
        }
    }

    proptest! {
        /// Whatever the request and the filter say, a location is a URI with the host and the query that were meant.
        #[test]
        fn a_location_is_a_uri_or_an_error(
            authority in "[a-zA-Z0-9.:@\\[\\]-]{0,20}", path in "/[ -\"$->@-~é]{0,20}", query in prop::option::of("[!-\"$-~]{0,10}"),
            hostname in prop::option::of("[ -~]{0,10}"), replacement in "[ -~\u{e9}\n]{0,20}", full: bool, port: Option<u16>,
        ) {
            let path_modifier = if full { PathModifier::Full } else { PathModifier::Prefix };
            let hostname: Option<Box<str>> = hostname.map(Into::into);
            let path_modifier = Some(path_modifier(replacement.into()));
            let redirect = Redirect { hostname: hostname.clone(), path: path_modifier, ..redirect(None, port) };
            let (method, headers) = (http::Method::GET, http::HeaderMap::new());
            let head = Head {
                method: &method, authority: &authority, path: &path, query: query.as_deref(), headers: &headers, sni: None,
            };
            let matched = PathMatch::Prefix("".into());
            if let Ok(location) = redirect.location(&head, &matched, &listener(Protocol::Https, 443)) {
                let uri: Uri = location.to_str().unwrap().parse().unwrap();
                prop_assert_eq!(uri.scheme_str(), Some("https"));
                prop_assert!(uri.path().starts_with('/'));
                prop_assert_eq!(uri.port_u16(), port.filter(|&port| port != 443));
                prop_assert_eq!(uri.query(), query.as_deref());
                if let Some(hostname) = &hostname {
                    prop_assert_eq!(uri.host(), Some(&**hostname));
                }
            }
        }
    }
}

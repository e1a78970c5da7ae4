use gateline::Opening;

use super::error::RequestError;
use super::http::is_name;

/// A connection that nobody makes: `tls://host:port`, `tcp://:port` or `udp://:port`.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The port it arrives at.
    pub port: u16,
    /// As written.
    pub(super) text: String,
    layer: Layer,
}

#[derive(Clone, Debug)]
enum Layer {
    Tls(Option<String>),
    Tcp,
    Udp,
}

impl Connection {
    /// `None` for what is no URL of a connection. Only a TLS client names the host it wants; one of TCP or UDP may be
    /// written and means nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Result<Self, RequestError>> {
        let (scheme, rest) = text.split_once("://")?;
        matches!(scheme, "tls" | "tcp" | "udp").then(|| Self::read(scheme, rest.trim_end_matches('/'), text))
    }

    fn read(scheme: &str, authority: &str, url: &str) -> Result<Self, RequestError> {
        let fail = |reason: &str| RequestError::Url { url: url.to_owned(), reason: reason.to_owned() };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if host.contains(['/', '@', '?']) {
            return Err(fail("a connection has a host and a port, no more"));
        }
        let port = match (port, scheme) {
            (Some(port), _) => port.parse().map_err(|_| fail("the port is no number up to 65535"))?,
            (None, "tls") => 443,
            (None, _) => return Err(fail("the port is missing")),
        };
        let layer = match scheme {
            "tls" => Layer::Tls(is_name(host).then(|| host.to_ascii_lowercase())),
            "udp" => Layer::Udp,
            _ => Layer::Tcp,
        };
        Ok(Self { port, text: url.to_owned(), layer })
    }

    /// The connection as the engine sees it.
    #[must_use]
    pub fn opening(&self) -> Opening<'_> {
        match &self.layer {
            Layer::Tls(sni) => Opening::Tls { sni: sni.as_deref() },
            Layer::Tcp => Opening::Tcp,
            Layer::Udp => Opening::Udp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections() {
        let table = [
            ("tls://Shop.example", 443, Opening::Tls { sni: Some("shop.example") }),
            ("tls://shop.example:8443/", 8443, Opening::Tls { sni: Some("shop.example") }),
            ("tls://10.0.0.1:443", 443, Opening::Tls { sni: None }),
            ("tls://[::1]", 443, Opening::Tls { sni: None }),
            ("tls://:443", 443, Opening::Tls { sni: None }),
            ("tcp://:9000", 9000, Opening::Tcp),
            ("tcp://db.example:5432", 5432, Opening::Tcp),
            ("udp://[::1]:53", 53, Opening::Udp),
        ];
        for (text, port, opening) in table {
            let connection = Connection::parse(text).unwrap().unwrap();
            assert_eq!((connection.port, connection.opening()), (port, opening), "{text}");
        }
        for text in ["tcp://a", "udp://[::1]", "tls://a:x", "tcp://a:70000", "tls://a/b:1", "tcp://u@a:1"] {
            assert!(Connection::parse(text).unwrap().is_err(), "{text}");
        }
        for text in ["https://a/", "GET https://a/", "a", "ftp://a"] {
            assert!(Connection::parse(text).is_none(), "{text}");
        }
    }
}

use gateline::model::ObjectName;
use gateline::{EntryId, Head, Opening, Router};
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::file::Request;

/// What is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// A request.
    Http,
    /// A connection that begins with TLS.
    Tls,
    /// Another connection.
    Tcp,
    /// A datagram.
    Udp,
}

impl Layer {
    fn of(url: &str) -> Self {
        match url.split_once("://") {
            Some(("tls", _)) => Self::Tls,
            Some(("tcp", _)) => Self::Tcp,
            Some(("udp", _)) => Self::Udp,
            _ => Self::Http,
        }
    }
}

/// A request of a case, in parts.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What is begun; all but a request have no more than a port and a server name.
    pub layer: Layer,
    /// The method.
    pub method: Method,
    /// `https`.
    pub secure: bool,
    /// The port it arrives at.
    pub port: u16,
    /// `Host` or `:authority` as sent.
    pub authority: String,
    /// Path and query.
    pub uri: Uri,
    /// The header fields, without `Host`.
    pub headers: HeaderMap,
    /// Of the TLS handshake.
    pub sni: Option<String>,
    /// Whose address it is sent to.
    pub gateway: Option<ObjectName>,
}

impl Prepared {
    /// Takes a request apart; the error says what is no part of one.
    pub fn new(request: &Request) -> Result<Self, String> {
        let url = &request.url;
        let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("{url}: no scheme"))?;
        let layer = Layer::of(url);
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None if layer != Layer::Http => (rest, "/"),
            None => return Err(format!("{url}: no path")),
        };
        let secure = matches!(scheme, "https" | "tls");
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|error| format!("{url}: {error}"))?),
            None => (authority, if secure { 443 } else { 80 }),
        };
        let method = Method::from_bytes(request.method.as_bytes());
        let gateway = |name: &String| name.split_once('/').map(|(ns, name)| ObjectName::new(ns, name));
        let sni = request.sni.clone().unwrap_or_else(|| host.to_ascii_lowercase());
        Ok(Self {
            layer,
            method: method.map_err(|error| format!("{}: {error}", request.method))?,
            secure,
            port,
            authority: request.host.clone().unwrap_or_else(|| authority.to_owned()),
            uri: path.parse().map_err(|error| format!("{path}: {error}"))?,
            headers: headers(&request.headers)?,
            sni: Some(sni).filter(|sni| secure && !sni.is_empty()),
            gateway: request.gateway.as_ref().and_then(gateway),
        })
    }

    /// As the engine takes it.
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

    /// How it begins, if it is no request.
    #[must_use]
    pub fn opening(&self) -> Option<Opening<'_>> {
        match self.layer {
            Layer::Http => None,
            Layer::Tls => Some(Opening::Tls { sni: self.sni.as_deref() }),
            Layer::Tcp => Some(Opening::Tcp),
            Layer::Udp => Some(Opening::Udp),
        }
    }

    /// The socket it arrives at.
    #[must_use]
    pub fn entry(&self, router: &Router) -> Option<EntryId> {
        match &self.gateway {
            Some(gateway) => router.entry_of(gateway, self.port),
            None => router.entry(self.port),
        }
    }

    /// As a server or client has it: origin form, with `Host`.
    pub fn http(&self) -> Result<http::Request<()>, String> {
        let mut request = http::Request::new(());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let host = HeaderValue::from_str(&self.authority).map_err(|error| error.to_string())?;
        request.headers_mut().insert(HOST, host);
        Ok(request)
    }

    /// Whether it is a gRPC request.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        let content_type = self.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_some_and(|value| value.starts_with("application/grpc"))
    }
}

/// Header fields from pairs.
pub(crate) fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| format!("{name}: {error}"))?;
        let value = HeaderValue::from_str(value).map_err(|error| format!("{value}: {error}"))?;
        headers.append(name, value);
    }
    Ok(headers)
}

impl Request {
    /// Whether it is a connection or a datagram.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        Layer::of(&self.url) != Layer::Http
    }

    /// The header fields that the backend answers with.
    pub fn reply(&self) -> Result<HeaderMap, String> {
        headers(&self.reply)
    }
}

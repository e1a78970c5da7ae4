//! What nobody sends, and is asked about: a request, or a connection below HTTP.

mod connection;
mod curl;
mod error;
mod http;

pub use connection::Connection;
pub use error::RequestError;
pub use http::HttpRequest;

use ::http::{HeaderMap, Method};
use gateline::analysis::{Witness, quoted};
use gateline::model::{ObjectName, Protocol};
use gateline::{EntryId, Opening, Router};

/// A request or a connection, and the Gateway whose address it is sent to.
#[derive(Clone, Debug)]
pub struct Request {
    /// `None` sends it to any Gateway that has the port, as when one process serves all of them on one address.
    pub gateway: Option<ObjectName>,
    /// What is begun.
    pub kind: RequestKind,
}

/// See [`Request`].
#[derive(Clone, Debug)]
pub enum RequestKind {
    /// `GET https://host/path`.
    Http(Box<HttpRequest>),
    /// `tls://host:port`, `tcp://:port`, `udp://:port`.
    Connection(Connection),
}

impl Request {
    /// Reads `GET https://host/path`, the URL alone, a whole `curl …` command, or a connection: `tls://host:port`, `tcp://:port`, `udp://:port`.
    /// Header fields are written `name: value` and mean nothing to a connection.
    pub fn parse(text: &str, headers: &[String]) -> Result<Self, RequestError> {
        if let Some(command) = curl::parse(text) {
            let (text, mut fields) = command?;
            fields.extend_from_slice(headers);
            return Self::parse(&text, &fields);
        }
        let kind = match Connection::parse(text) {
            Some(connection) => RequestKind::Connection(connection?),
            None => RequestKind::Http(Box::new(HttpRequest::parse(text, headers)?)),
        };
        Ok(Self { gateway: None, kind })
    }

    /// The request of an analysis, at any Gateway; `None` if it cannot be written.
    pub(crate) fn of(witness: &Witness) -> Option<Self> {
        if witness.is_connection() {
            return Self::parse(&witness.url(), &[]).ok();
        }
        let fields = witness.headers.iter();
        let fields = fields.map(|(name, value)| Some(format!("{name}: {}", value.to_str().ok()?)));
        let mut fields = fields.collect::<Option<Vec<_>>>()?;
        let mut url = witness.url();
        if let Some(sni) = witness.sni.as_ref().filter(|sni| **sni != witness.host) {
            fields.push(format!("host: {}", witness.host));
            url = Witness { host: sni.clone(), ..witness.clone() }.url();
        }
        Self::parse(&format!("{} {url}", witness.method), &fields).ok()
    }

    /// The same, as analyses write it. Its Gateway is the one that is named.
    pub(crate) fn witness(&self) -> Witness {
        let opening = self.opening();
        let sni = match opening {
            Opening::Tls { sni } => sni.map(str::to_owned),
            Opening::Tcp | Opening::Udp => None,
        };
        let mut witness = Witness {
            gateway: self.gateway.clone().unwrap_or_default(),
            port: self.port(),
            protocol: match opening {
                Opening::Tls { .. } => Protocol::Tls,
                Opening::Tcp => Protocol::Tcp,
                Opening::Udp => Protocol::Udp,
            },
            sni,
            host: self.host().unwrap_or_default(),
            method: Method::GET,
            path: String::new(),
            query: None,
            headers: HeaderMap::new(),
        };
        if let RequestKind::Http(http) = &self.kind {
            let head = http.head();
            witness.protocol = if http.is_tls() { Protocol::Https } else { Protocol::Http };
            witness.method = head.method.clone();
            head.path.clone_into(&mut witness.path);
            witness.query = head.query.map(str::to_owned);
            witness.headers = head.headers.clone();
        }
        witness
    }

    /// As `explain` takes it: `GET https://host/path -H 'name: value'`.
    #[must_use]
    pub fn words(&self) -> String {
        let RequestKind::Http(http) = &self.kind else { return self.title() };
        let fields = http.fields().into_iter();
        let fields = fields.map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}"))));
        format!("{}{}", http.text(), fields.collect::<String>())
    }

    /// A call of gRPC: `url` is `https://host`, `method` is `package.Service/Method`, and metadata are header fields.
    pub fn grpc(url: &str, method: &str, metadata: &[String]) -> Result<Self, RequestError> {
        let (text, mut headers) = Self::grpc_parts(url, method)?;
        headers.extend_from_slice(metadata);
        Self::parse(&text, &headers)
    }

    /// What [`Request::parse`] is given for a call of gRPC.
    pub fn grpc_parts(url: &str, method: &str) -> Result<(String, Vec<String>), RequestError> {
        let call = method.trim_start_matches('/');
        if call.split_once('/').is_none_or(|(service, name)| service.is_empty() || name.is_empty()) {
            return Err(RequestError::Grpc(method.to_owned()));
        }
        let fields = ["content-type: application/grpc", "te: trailers"].map(str::to_owned);
        Ok((format!("POST {}/{call}", url.trim_end_matches('/')), fields.into()))
    }

    /// [`Request::parse`] of what a program has: names and values of header fields, and the Gateway (`namespace/name`) whose
    /// address it is sent to, if not any.
    pub fn read(
        text: &str,
        headers: &[(String, String)],
        gateway: Option<&str>,
    ) -> Result<Self, RequestError> {
        let fields = headers.iter().map(|(name, value)| {
            let field = format!("{name}: {value}");
            if name.contains(':') { Err(RequestError::Header(field)) } else { Ok(field) }
        });
        let request = Self::parse(text, &fields.collect::<Result<Vec<_>, _>>()?)?;
        let Some(gateway) = gateway else { return Ok(request) };
        let (namespace, name) =
            gateway.split_once('/').ok_or_else(|| RequestError::Gateway(gateway.to_owned()))?;
        Ok(Self { gateway: Some(ObjectName::new(namespace, name)), ..request })
    }

    /// The port it arrives at.
    #[must_use]
    pub fn port(&self) -> u16 {
        match &self.kind {
            RequestKind::Http(request) => request.port,
            RequestKind::Connection(connection) => connection.port,
        }
    }

    /// The socket it arrives at.
    #[must_use]
    pub fn entry(&self, router: &Router) -> Option<EntryId> {
        match &self.gateway {
            Some(gateway) => router.entry_of(gateway, self.port()),
            None => router.entry(self.port()),
        }
    }

    /// How its connection begins.
    #[must_use]
    pub fn opening(&self) -> Opening<'_> {
        match &self.kind {
            RequestKind::Http(http) if http.is_tls() => Opening::Tls { sni: http.head().sni },
            RequestKind::Http(_) => Opening::Tcp,
            RequestKind::Connection(connection) => connection.opening(),
        }
    }

    /// The host or server name that it asks for, in lower case and without a port; `None` where it names none.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        match &self.kind {
            RequestKind::Http(http) => {
                let authority: ::http::uri::Authority = http.head().authority.parse().ok()?;
                Some(authority.host().to_ascii_lowercase())
            }
            RequestKind::Connection(connection) => match connection.opening() {
                Opening::Tls { sni } => sni.map(str::to_owned),
                _ => None,
            },
        }
    }

    /// In one line: `GET shop.example/cart?a=b`, or the connection as written.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.kind {
            RequestKind::Http(request) => {
                let head = request.head();
                let query = head.query.map(|query| format!("?{query}")).unwrap_or_default();
                format!("{} {}{}{query}", head.method, head.authority, head.path)
            }
            RequestKind::Connection(connection) => connection.text.clone(),
        }
    }
}

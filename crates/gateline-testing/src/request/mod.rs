//! What nobody sends, and is asked about: a request, or a connection below HTTP.

mod connection;
mod curl;
mod error;
mod http;

pub use connection::Connection;
pub use error::RequestError;
pub use http::HttpRequest;

use gateline::model::ObjectName;
use gateline::{EntryId, Router};

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

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE,
};
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::{Local, ResponseBody};
use crate::headers;
use crate::listener::Client;
use crate::upstream::{Lease, Sent};

/// A client's wish to change protocol: `Upgrade` over HTTP/1.1 (RFC 9110 section 7.8), or an extended CONNECT over HTTP/2
/// (RFC 8441). Backends are asked with the former.
pub(super) struct Upgrade {
    protocol: HeaderValue,
    client: OnUpgrade,
    extended: bool,
}

impl Upgrade {
    /// Takes the wish out of a request. An extended CONNECT becomes a GET, as which rules and backends see it.
    pub(super) fn of(request: &mut Request<Incoming>) -> Option<Self> {
        if let Some(protocol) = headers::upgrade_of(request) {
            return Some(Self { protocol, client: hyper::upgrade::on(request), extended: false });
        }
        let connect = request.method() == Method::CONNECT && request.version() == Version::HTTP_2;
        let protocol = request.extensions().get::<Protocol>().filter(|_| connect)?;
        let protocol = HeaderValue::from_str(protocol.as_str()).ok()?;
        *request.method_mut() = Method::GET;
        Some(Self { protocol, client: hyper::upgrade::on(request), extended: true })
    }

    /// Asks a backend for it.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        self.mark(headers);
        if self.extended && self.protocol == "websocket" {
            let key = STANDARD.encode(fastrand::u128(..).to_be_bytes());
            // Base64 is ASCII.
            let key = HeaderValue::from_str(&key).unwrap_or(HeaderValue::from_static(""));
            headers.insert(SEC_WEBSOCKET_KEY, key);
            headers.insert(HeaderName::from_static("sec-websocket-version"), HeaderValue::from_static("13"));
        }
    }

    fn mark(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, self.protocol.clone());
    }

    /// Whether an answer that does not change protocol may be passed on: over HTTP/2, success would open the tunnel.
    pub(super) fn can_pass(&self, status: StatusCode) -> bool {
        !(self.extended && status.is_success())
    }

    /// Passes the backend's consent on and joins the two sides.
    pub(super) fn accept(self, client: &Rc<Client>, sent: Sent) -> Response<ResponseBody> {
        let Sent { mut response, lease } = sent;
        let backend = hyper::upgrade::on(&mut response);
        headers::strip_hop_by_hop(response.headers_mut());
        if self.extended {
            response.headers_mut().remove(SEC_WEBSOCKET_ACCEPT);
            *response.status_mut() = StatusCode::OK;
        } else {
            self.mark(response.headers_mut());
        }
        tunnel(client.clone(), self.client, backend, lease);
        response.map(|_| ResponseBody::empty())
    }
}

/// The answer to a change of protocol that nobody asked for, or that was refused with a success.
pub(super) fn unexpected() -> Local {
    Local::new(StatusCode::BAD_GATEWAY, "the backend does not change protocol as asked")
}

/// Joins the two sides once both have changed protocol. Each direction ends by itself (half-close); no timeout applies.
/// The client counts as connected until both have ended.
fn tunnel(client: Rc<Client>, downstream: OnUpgrade, upstream: OnUpgrade, lease: Lease) {
    tokio::task::spawn_local(async move {
        let _held = (client, lease);
        let Ok((downstream, upstream)) = tokio::try_join!(downstream, upstream) else { return };
        let (mut downstream, mut upstream) = (TokioIo::new(downstream), TokioIo::new(upstream));
        if let Err(error) = tokio::io::copy_bidirectional(&mut downstream, &mut upstream).await {
            tracing::debug!(%error, "upgraded connection");
        }
    });
}

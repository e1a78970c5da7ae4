//! Servers that are asked whether a request may go on (`ExternalAuth`, GEP-1494). Whatever goes wrong, it may not.

mod changes;
mod check;
mod grpc;
mod http;
mod query;
mod wire;

use std::rc::Rc;

use ::http::header::HOST;
use ::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, request};
use bytes::Bytes;
use gateline::filter::{AuthProtocol, ExternalAuth};
use gateline::model::{ListenerId, RouteKind};
use tokio::time::{Instant, timeout_at};

pub(crate) use self::changes::Changes;

use crate::forward::{ClientBody, Exchange, Local, RequestBody, ResponseBody, finish, wants_h2};
use crate::headers;
use crate::listener::Client;
use crate::upstream::Sent;
use crate::worker::State;

/// Who asks, and for which listener.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) client: &'a Rc<Client>,
    pub(crate) state: &'a Rc<State>,
    pub(crate) listener: ListenerId,
}

/// What a server says.
enum Answer {
    /// The request may go on, and whatever the client is answered has these fields changed.
    Yes(Changes),
    No(Box<Response<ResponseBody>>),
}

/// One question under way.
struct Question<'a> {
    asking: Asking<'a>,
    filter: &'a ExternalAuth,
    /// Empty where the filter does not send it.
    body: Bytes,
    /// When the answer has to be there.
    deadline: Instant,
}

impl<'a> Asking<'a> {
    /// Asks one server after the other. `Some` is the answer of one that refuses; `None`: all agree, and the request has the
    /// header fields they gave it.
    pub(crate) async fn all(
        self,
        filters: impl IntoIterator<Item = &'a ExternalAuth>,
        request: &mut Request<ClientBody>,
        exchange: &mut Exchange,
    ) -> Result<Option<Response<ResponseBody>>, Local> {
        for filter in filters {
            match self.one(filter, request, exchange).await? {
                Answer::Yes(changes) => exchange.change_response(changes),
                Answer::No(denied) => {
                    exchange.denied();
                    let grpc = headers::is_grpc(request.headers());
                    return Ok(Some(if grpc {
                        Local::new(denied.status(), "denied").into_response(true)
                    } else {
                        *denied
                    }));
                }
            }
        }
        Ok(None)
    }

    async fn one(
        self,
        filter: &'a ExternalAuth,
        request: &mut Request<ClientBody>,
        exchange: &mut Exchange,
    ) -> Result<Answer, Local> {
        if let Some(reason) = filter.broken() {
            exchange.reason(&reason);
            return Err(Local::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "nobody can be asked for authorization",
            ));
        }
        let timeouts = &self.client.worker.settings.timeouts;
        let body = if filter.body == 0 {
            Bytes::new()
        } else {
            let progress = exchange.progress();
            request.body_mut().read(filter.body.into(), timeouts.stream_idle, &progress).await?
        };
        let deadline = Instant::now() + timeouts.auth;
        let question = Question { asking: self, filter, body, deadline };
        let asked = async {
            match &filter.protocol {
                AuthProtocol::Http { .. } => http::ask(&question, request).await,
                AuthProtocol::Grpc { .. } => grpc::ask(&question, request).await,
            }
        };
        let late = |_| Local::new(StatusCode::GATEWAY_TIMEOUT, "authorization timeout").flag("UT");
        timeout_at(deadline, asked).await.map_err(late)?
    }
}

impl Question<'_> {
    /// The header fields that the server is shown, with the marks of this hop as a backend gets them.
    fn shown(&self, headers: &HeaderMap) -> HeaderMap {
        let mut shown = headers.clone();
        headers::prepare(&mut shown, &self.asking.client.address_text, self.asking.client.secure);
        // The backend's will be another.
        shown.remove(headers::X_REQUEST_ID);
        self.filter.question(&shown)
    }

    /// Sends it to one of the endpoints, and once more, to another where there is one, if no answer comes.
    async fn send(&self, parts: request::Parts, body: &Bytes) -> Result<Sent, Local> {
        let State { hosts, .. } = &**self.asking.state;
        let backend =
            self.filter.target.backend().and_then(|id| self.asking.state.backend(id, self.asking.listener));
        let unusable =
            || Local::new(StatusCode::INTERNAL_SERVER_ERROR, "nobody can be asked for authorization");
        let (upstream, balancer) =
            backend.filter(|(upstream, _)| upstream.broken_tls.is_none()).ok_or_else(unusable)?;
        let grpc = matches!(self.filter.protocol, AuthProtocol::Grpc { .. });
        let h2 = grpc || wants_h2(upstream.protocol, RouteKind::Http, &parts.headers, parts.version);
        let mut last = None;
        loop {
            let none = || Local::new(StatusCode::SERVICE_UNAVAILABLE, "no authorization server").flag("UH");
            let host = balancer.pick(upstream, hosts, last.as_ref()).ok_or_else(none)?;
            let mut parts = parts.clone();
            if grpc && let Ok(authority) = HeaderValue::from_str(&host.key.address.to_string()) {
                parts.headers.insert(HOST, authority);
            }
            let body =
                if body.is_empty() { RequestBody::Empty } else { RequestBody::Full(Some(body.clone())) };
            let question = finish(parts, h2, host.key.tls.is_some(), body)?;
            match host.send(question, h2).await {
                Ok(sent) => return Ok(sent),
                // A question may be asked twice.
                Err(_) if last.is_none() => last = Some(host),
                Err(failure) => {
                    tracing::debug!(server = upstream.name, %failure, "an authorization server does not answer");
                    return Err(Local {
                        text: "the authorization server does not answer".into(),
                        ..Local::failure(&failure)
                    });
                }
            }
        }
    }
}

/// The server answers, but not so that it is understood.
fn unclear() -> Local {
    Local::new(StatusCode::BAD_GATEWAY, "the authorization server's answer is not understood")
}

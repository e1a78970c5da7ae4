//! One request from its head to its answer.

mod answer;
mod body;
mod client_body;
mod exchange;
mod progress;
mod replay;
mod reply;
mod tries;
mod upgrade;

use std::convert::Infallible;
use std::rc::Rc;
use std::time::SystemTime;

use gateline::plan::{Answer, AnswerReason};
use gateline::{Decision, Head, Hit, Plan};
use http::header::{HOST, ORIGIN};
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;

pub(crate) use answer::Local;
pub(crate) use body::{RequestBody, ResponseBody};
pub(crate) use client_body::ClientBody;
pub(crate) use exchange::{Exchange, Record};
pub(crate) use tries::{finish, wants_h2};
use upgrade::Upgrade;

use crate::auth::Asking;
use crate::headers;
use crate::listener::Client;
use crate::session::Affinity;
use crate::snapshot::Transport;
use crate::worker::State;

/// A request on its way in.
struct Inbound<'a> {
    request: Request<ClientBody>,
    upgrade: Option<Upgrade>,
    session: Option<Affinity<'a>>,
}

/// Serves one request. The gateway's own answers look like gRPC to gRPC clients.
pub(crate) async fn serve(
    client: Rc<Client>,
    mut request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Infallible> {
    client.seen.set(true);
    let state = client.worker.state();
    let mut exchange = Exchange::begin(&client, &state, &request);
    let upgrade = Upgrade::of(&mut request);
    let grpc = headers::is_grpc(request.headers());
    let result = if let Some(local) = refuse(&request) {
        Err(local)
    } else {
        headers::to_origin_form(&mut request);
        let request = request.map(ClientBody::Stream);
        route(&client, &state, request, upgrade, &mut exchange).await
    };
    let response = result.unwrap_or_else(|local| {
        exchange.local(&local);
        local.into_response(grpc)
    });
    Ok(exchange.end(response))
}

/// What is refused before routing.
fn refuse(request: &Request<Incoming>) -> Option<Local> {
    if request.method() == Method::CONNECT {
        return Some(Local::new(StatusCode::METHOD_NOT_ALLOWED, "CONNECT is not served"));
    }
    let hosts = request.headers().get_all(HOST).iter().count();
    let one_host = hosts == 1 || (hosts == 0 && request.version() != Version::HTTP_11);
    (!one_host).then(|| Local::new(StatusCode::BAD_REQUEST, "exactly one Host is needed"))
}

async fn route(
    client: &Rc<Client>,
    state: &Rc<State>,
    mut request: Request<ClientBody>,
    upgrade: Option<Upgrade>,
    exchange: &mut Exchange,
) -> Result<Response<ResponseBody>, Local> {
    let router = &state.snapshot.router;
    let hit = match choose(client, state, &mut request, exchange).await? {
        Ok(hit) => hit,
        Err(denied) => return Ok(denied),
    };
    exchange.hit(hit);
    let view = router.view(hit).ok_or_else(|| Local::new(StatusCode::INTERNAL_SERVER_ERROR, "stale rule"))?;
    let session = state.snapshot.session(hit);
    let session = session.map(|session| Affinity::of(session, request.headers(), SystemTime::now()));
    let known = session.and_then(Affinity::endpoint).and_then(|endpoint| state.backend_of(view, endpoint));
    let sni = client.sni.as_deref();
    let head = Head::of(&request, sni);
    let mut plan = match known {
        Some(backend) => router.plan_session(view, &head, backend),
        None => router.plan(view, &head, state.draw(hit)),
    };
    if let Plan::Ask(ask) = plan {
        let asking = Asking { client, state, listener: hit.listener };
        if let Some(mut denied) = asking.all(ask.filters, &mut request, exchange).await? {
            ask.response(request.headers().get(ORIGIN), denied.headers_mut());
            return Ok(denied);
        }
        plan = ask.admitted(&Head::of(&request, sni));
    }
    match plan {
        Plan::Ask(_) => Err(unasked()),
        Plan::Answer(answer) => Ok(answered(answer, &request, exchange)),
        Plan::Forward(forward) => {
            exchange.backend(forward.id);
            let inbound = Inbound { request, upgrade, session };
            tries::forward(client, state, &forward, inbound, exchange).await
        }
    }
}

/// The rule that takes a request, once the filters of the listener let it pass; or the answer of one that does not.
async fn choose(
    client: &Rc<Client>,
    state: &Rc<State>,
    request: &mut Request<ClientBody>,
    exchange: &mut Exchange,
) -> Result<Result<Hit, Response<ResponseBody>>, Local> {
    let router = &state.snapshot.router;
    let port = state.snapshot.port(Transport::Tcp, client.port);
    let entry = port.ok_or_else(|| Local::new(StatusCode::NOT_FOUND, "the listener is gone"))?.entry;
    let sni = client.sni.as_deref();
    let head = Head::of(request, sni);
    let mut decision = router.decide(entry, &head);
    if let Decision::Ask(listener) = decision {
        let filters = router.listener_filters(entry, &head);
        if let Some(denied) = (Asking { client, state, listener }).all(filters, request, exchange).await? {
            return Ok(Err(denied));
        }
        decision = router.decide_admitted(entry, &Head::of(request, sni));
    }
    match decision {
        Decision::Hit(hit) => Ok(Ok(hit)),
        Decision::Miss(miss) => {
            exchange.reason(&miss.reason.to_string());
            Err(Local::miss(miss.reason))
        }
        Decision::Ask(_) => Err(unasked()),
    }
}

/// Whatever may still be to ask, nothing passes.
fn unasked() -> Local {
    Local::new(StatusCode::INTERNAL_SERVER_ERROR, "authorization is needed")
}

/// An answer of the rule's filters. Errors among them become gRPC errors for gRPC clients.
fn answered(
    answer: Answer<'_>,
    request: &Request<ClientBody>,
    exchange: &mut Exchange,
) -> Response<ResponseBody> {
    let text = match &answer.reason {
        AnswerReason::InvalidFilter(reason) | AnswerReason::InvalidBackend(reason) => reason.to_string(),
        AnswerReason::NoBackend => "no backend".into(),
        AnswerReason::Redirect => "redirect".into(),
        AnswerReason::Preflight => "preflight".into(),
        _ => "direct response".into(),
    };
    exchange.reason(&text);
    if answer.status.is_server_error() && headers::is_grpc(request.headers()) {
        return Local::owned(answer.status, text).into_response(true);
    }
    let mut response = Response::new(ResponseBody::full(bytes::Bytes::copy_from_slice(answer.body)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

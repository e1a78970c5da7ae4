use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gateline::model::{BackendProtocol, Retry, RouteKind};
use gateline::plan::Forward;
use http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use http::uri::Scheme;
use http::{Request, Response, StatusCode, Version, request};
use http_body::Body;
use hyper::body::Incoming;
use tokio::sync::oneshot;
use tokio::time::{sleep, sleep_until, timeout};

use super::progress::{Patience, Progress};
use super::replay::{Recording, Replay, Shared};
use super::reply::Reply;
use super::upgrade::Upgrade;
use super::{ClientBody, Exchange, Inbound, Local, RequestBody, ResponseBody};
use crate::listener::Client;
use crate::session::Affinity;
use crate::snapshot::Upstream;
use crate::upstream::{Balancer, Failure, Host, Sent};
use crate::worker::State;
use crate::{headers, mirror, retry};

/// Sends a request to its backend, as often as the rule allows, and passes the answer on.
pub(super) async fn forward(
    client: &Rc<Client>,
    state: &Rc<State>,
    forward: &Forward<'_>,
    request: Inbound<'_>,
    exchange: &mut Exchange,
) -> Result<Response<ResponseBody>, Local> {
    let gone = || Local::new(StatusCode::INTERNAL_SERVER_ERROR, "unknown backend");
    let (upstream, balancer) = state.backend(forward.id, forward.view.hit.listener).ok_or_else(gone)?;
    if upstream.broken_tls.is_some() {
        return Err(Local::new(StatusCode::INTERNAL_SERVER_ERROR, "TLS to the backend is not set up"));
    }
    let Inbound { request, upgrade, session } = request;
    let grpc = headers::is_grpc(request.headers());
    let (mut parts, body) = request.into_parts();
    let kind = forward.view.route.kind;
    let h2 = upgrade.is_none() && wants_h2(upstream.protocol, kind, &parts.headers, parts.version);
    let origin = parts.headers.get(ORIGIN).cloned();
    prepare(&mut parts, client, forward, upgrade.as_ref());
    exchange.forwarded(&parts.headers);

    let progress = exchange.progress();
    if body.is_end_stream() {
        progress.complete();
    }
    let mirrors: Vec<_> = forward.mirrors(fastrand::u64(..)).filter(|_| upgrade.is_none()).collect();
    let retry = forward.view.rule.retry.as_ref().filter(|retry| retry.attempts > 0 && upgrade.is_none());
    let pinned = session.and_then(Affinity::endpoint);
    let again = retry.is_some() || pinned.is_some() || !mirrors.is_empty();
    let body = Source::new(body, &progress, again, client.worker.settings.limits.replay);
    for target in mirrors {
        mirror::send(client, state, forward, target, &parts, body.whole());
    }

    let timeouts = &forward.view.rule.timeouts;
    let long = grpc || upgrade.is_some();
    let response = client.worker.settings.timeouts.response.filter(|_| !long);
    let idle = client.worker.settings.timeouts.stream_idle;
    let started = Instant::now();
    let per_try = timeouts.backend_request;
    let mut call = Call { state, upstream, balancer, forward, h2, retry, per_try, pinned, exchange };
    let tries = call.run(parts, body);
    let sent = if let Some(limit) = timeouts.request {
        let late = |_| Local::new(StatusCode::GATEWAY_TIMEOUT, "upstream request timeout").flag("UT");
        timeout(limit, tries).await.map_err(late)?
    } else {
        tokio::select! {
            biased;
            sent = tries => sent,
            late = progress.late(response, idle) => Err(late),
        }
    }?;
    let patience = match (timeouts.request, idle) {
        (Some(limit), _) => Patience::Until(Box::pin(sleep_until((started + limit).into()))),
        (None, Some(limit)) => Patience::Idle(limit, None),
        (None, None) => Patience::Endless,
    };
    Reply { client, forward, origin, upgrade, session, progress, patience }.pass_on(sent)
}

/// HTTP/2 where the backend asks for it, for every GRPCRoute, and for gRPC clients of backends that do not say.
pub(crate) fn wants_h2(
    protocol: BackendProtocol,
    kind: RouteKind,
    headers: &HeaderMap,
    version: Version,
) -> bool {
    match protocol {
        BackendProtocol::H2c => true,
        BackendProtocol::Unspecified | BackendProtocol::Https => {
            kind == RouteKind::Grpc || (version == Version::HTTP_2 && headers::is_grpc(headers))
        }
        _ => false,
    }
}

fn prepare(parts: &mut request::Parts, client: &Client, forward: &Forward<'_>, upgrade: Option<&Upgrade>) {
    headers::prepare(&mut parts.headers, &client.address_text, client.secure);
    if let Some(upgrade) = upgrade {
        upgrade.ask(&mut parts.headers);
    }
    parts.extensions.clear();
    forward.request(parts);
}

/// Where the body of each try comes from.
enum Source {
    Once(Option<Incoming>, Rc<Progress>),
    Recorded(Shared),
    Read(Bytes),
}

impl Source {
    fn new(body: ClientBody, progress: &Rc<Progress>, again: bool, limit: usize) -> Self {
        let body = match body {
            ClientBody::Stream(body) => body,
            ClientBody::Read(bytes) => return Self::Read(bytes),
        };
        if again && !body.is_end_stream() {
            return Self::Recorded(Recording::new(body, progress.clone(), limit));
        }
        Self::Once(Some(body).filter(|body| !body.is_end_stream()), progress.clone())
    }

    /// The whole body for a mirror, or nothing where the request has none.
    fn whole(&self) -> Option<oneshot::Receiver<Bytes>> {
        match self {
            Self::Once(..) => None,
            Self::Read(bytes) => {
                let (sender, receiver) = oneshot::channel();
                // The receiver is there.
                let _ = sender.send(bytes.clone());
                (!bytes.is_empty()).then_some(receiver)
            }
            Self::Recorded(shared) => Some(shared.borrow_mut().whole()),
        }
    }

    fn next(&mut self) -> RequestBody {
        match self {
            Self::Once(body, progress) => match body.take() {
                Some(body) => RequestBody::Stream(body, progress.clone()),
                None => RequestBody::Empty,
            },
            Self::Read(bytes) if bytes.is_empty() => RequestBody::Empty,
            Self::Read(bytes) => RequestBody::Full(Some(bytes.clone())),
            Self::Recorded(shared) => RequestBody::Replay(Replay::new(shared)),
        }
    }

    fn can_replay(&self) -> bool {
        match self {
            Self::Once(..) | Self::Read(_) => true,
            Self::Recorded(shared) => shared.borrow().can_replay(),
        }
    }
}

/// One request on its way to one backend.
struct Call<'a> {
    state: &'a State,
    upstream: &'a Upstream,
    balancer: &'a Balancer,
    forward: &'a Forward<'a>,
    h2: bool,
    retry: Option<&'a Retry>,
    per_try: Option<Duration>,
    /// The endpoint of the session.
    pinned: Option<SocketAddr>,
    exchange: &'a mut Exchange,
}

impl Call<'_> {
    /// Tries until an answer is good enough or nothing is left. The last answer of a backend is passed on as it is.
    async fn run(&mut self, parts: request::Parts, mut body: Source) -> Result<Sent, Local> {
        let mut last = None;
        let mut parts = Some(parts);
        for retries in 0.. {
            let pinned = self
                .pinned
                .take()
                .and_then(|address| self.balancer.find(self.upstream, &self.state.hosts, address));
            // A session whose endpoint cannot be reached goes on at another.
            let moves = pinned.is_some();
            let host = pinned.or_else(|| self.balancer.pick(self.upstream, &self.state.hosts, last.as_ref()));
            let none = || Local::new(StatusCode::SERVICE_UNAVAILABLE, "no healthy upstream").flag("UH");
            let host = host.ok_or_else(none)?;
            self.exchange.attempt(host.key.address, retries);
            let more = self.retry.filter(|retry| retries < retry.attempts);
            // Cloned only where a further try may need it.
            let head = if moves || more.is_some() { parts.clone() } else { parts.take() };
            let Some(head) = head else { break };
            let began = Instant::now();
            let result = self.attempt(&host, head, body.next()).await?;
            if let Ok(sent) = &result {
                self.exchange.answered(&sent.lease, began);
            }
            let moves = moves && matches!(&result, Err(failure) if failure.is_before_request());
            let again = more.filter(|retry| wants(retry, &result));
            if !body.can_replay() || (again.is_none() && !moves) {
                return result.map_err(|failure| self.failed(&failure));
            }
            drop(result);
            if let Some(retry) = again {
                tokio::time::sleep(retry::backoff(retry, retries, fastrand::u32(..))).await;
            }
            last = Some(host);
        }
        Err(Local::new(StatusCode::SERVICE_UNAVAILABLE, "no try left"))
    }

    fn failed(&mut self, failure: &Failure) -> Local {
        self.exchange.failed(failure);
        tracing::debug!(backend = self.upstream.name, %failure, "no response");
        Local::failure(failure)
    }

    async fn attempt(
        &self,
        host: &Rc<Host>,
        mut parts: request::Parts,
        body: RequestBody,
    ) -> Result<Result<Sent, Failure>, Local> {
        if self.forward.host_from_endpoint
            && let Ok(value) = HeaderValue::from_str(&host.key.address.ip().to_string())
        {
            parts.headers.insert(HOST, value);
        }
        let request = finish(parts, self.h2, host.key.tls.is_some(), body)?;
        let sending = host.send(request, self.h2);
        let Some(limit) = self.per_try else { return Ok(sending.await) };
        let result = tokio::select! {
            biased;
            result = sending => result,
            () = sleep(limit) => Err(Failure::TryTimeout),
        };
        Ok(result)
    }
}

/// The head as the protocol of the backend has it.
pub(crate) fn finish(
    mut parts: request::Parts,
    h2: bool,
    tls: bool,
    body: RequestBody,
) -> Result<Request<RequestBody>, Local> {
    if h2 {
        let scheme = if tls { Scheme::HTTPS } else { Scheme::HTTP };
        headers::to_absolute_form(&mut parts, scheme)
            .ok_or_else(|| Local::new(StatusCode::BAD_REQUEST, "the host is no authority"))?;
        parts.version = Version::HTTP_2;
    } else {
        parts.version = Version::HTTP_11;
    }
    Ok(Request::from_parts(parts, body))
}

fn wants(retry: &Retry, result: &Result<Sent, Failure>) -> bool {
    match result {
        Ok(sent) => retry::wants_status(retry, sent.response.status()),
        Err(failure) => retry::wants_failure(retry, failure),
    }
}

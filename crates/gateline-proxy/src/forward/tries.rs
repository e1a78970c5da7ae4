use std::rc::Rc;
use std::time::{Duration, Instant};

use gateline::model::{BackendProtocol, Retry, RouteKind};
use gateline::plan::Forward;
use http::header::{CONNECTION, HOST, HeaderValue, ORIGIN, UPGRADE};
use http::uri::Scheme;
use http::{Request, Response, StatusCode, Version, request};
use http_body::Body;
use hyper::body::Incoming;
use tokio::time::{sleep, sleep_until, timeout};

use super::progress::{Patience, Progress};
use super::replay::{Recording, Replay, Shared};
use super::{Exchange, Local, RequestBody, ResponseBody, upgrade};
use crate::listener::Client;
use crate::snapshot::Upstream;
use crate::upstream::{Balancer, Failure, Host, Sent};
use crate::worker::State;
use crate::{headers, mirror, retry};

/// Sends a request to its backend, as often as the rule allows, and passes the answer on.
pub(super) async fn forward(
    client: &Rc<Client>,
    state: &Rc<State>,
    forward: &Forward<'_>,
    mut request: Request<Incoming>,
    exchange: &mut Exchange,
) -> Result<Response<ResponseBody>, Local> {
    let gone = || Local::new(StatusCode::INTERNAL_SERVER_ERROR, "unknown backend");
    let (upstream, balancer) = state.backend(forward.id, forward.view.hit.listener).ok_or_else(gone)?;
    if upstream.broken_tls {
        return Err(Local::new(StatusCode::INTERNAL_SERVER_ERROR, "TLS to the backend is not set up"));
    }
    let upgrade = headers::upgrade_of(&request).map(|value| (value, hyper::upgrade::on(&mut request)));
    let grpc = headers::is_grpc(request.headers());
    let h2 =
        upgrade.is_none() && wants_h2(upstream.protocol, forward.view.route.kind, grpc, request.version());
    let (mut parts, body) = request.into_parts();
    let origin = parts.headers.get(ORIGIN).cloned();
    prepare(&mut parts, client, forward, upgrade.as_ref().map(|(value, _)| value));
    exchange.forwarded(&parts.headers);

    let progress = exchange.progress();
    if body.is_end_stream() {
        progress.complete();
    }
    let mirrors: Vec<_> = forward.mirrors(fastrand::u64(..)).collect();
    let retry = forward.view.rule.retry.as_ref().filter(|retry| retry.attempts > 0 && upgrade.is_none());
    let limit = client.worker.settings.limits.replay;
    let body = Source::new(body, &progress, retry.is_some() || !mirrors.is_empty(), limit);
    for target in mirrors {
        mirror::send(client, state, forward.view.hit.listener, target, &parts, body.whole());
    }

    let timeouts = &forward.view.rule.timeouts;
    let long = grpc || upgrade.is_some();
    let response = client.worker.settings.timeouts.response.filter(|_| !long);
    let idle = client.worker.settings.timeouts.stream_idle;
    let started = Instant::now();
    let mut call =
        Call { state, upstream, balancer, forward, h2, retry, per_try: timeouts.backend_request, exchange };
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
    pass_on(client, sent, forward, origin.as_ref(), upgrade, progress, patience)
}

/// HTTP/2 where the backend asks for it, for every GRPCRoute, and for gRPC clients of backends that do not say.
fn wants_h2(protocol: BackendProtocol, kind: RouteKind, grpc: bool, version: Version) -> bool {
    match protocol {
        BackendProtocol::H2c => true,
        BackendProtocol::Unspecified | BackendProtocol::Https => {
            kind == RouteKind::Grpc || (grpc && version == Version::HTTP_2)
        }
        _ => false,
    }
}

fn prepare(
    parts: &mut request::Parts,
    client: &Client,
    forward: &Forward<'_>,
    upgrade: Option<&HeaderValue>,
) {
    headers::prepare(&mut parts.headers, &client.address_text, client.secure);
    if let Some(protocol) = upgrade {
        parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        parts.headers.insert(UPGRADE, protocol.clone());
    }
    parts.extensions.clear();
    forward.request(parts);
}

fn pass_on(
    client: &Rc<Client>,
    sent: Sent,
    forward: &Forward<'_>,
    origin: Option<&HeaderValue>,
    upgrade: Option<(HeaderValue, hyper::upgrade::OnUpgrade)>,
    progress: Rc<Progress>,
    patience: Patience,
) -> Result<Response<ResponseBody>, Local> {
    let Sent { mut response, lease } = sent;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let Some((protocol, downstream)) = upgrade else {
            return Err(Local::new(StatusCode::BAD_GATEWAY, "upgrade without a request"));
        };
        upgrade::tunnel(client.clone(), downstream, hyper::upgrade::on(&mut response), lease);
        headers::strip_hop_by_hop(response.headers_mut());
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        response.headers_mut().insert(UPGRADE, protocol);
        return Ok(response.map(|_| ResponseBody::empty()));
    }
    let (mut parts, body) = response.into_parts();
    headers::strip_hop_by_hop(&mut parts.headers);
    parts.extensions.clear();
    parts.version = Version::HTTP_11;
    forward.response(origin, &mut parts);
    Ok(Response::from_parts(parts, ResponseBody::upstream(body, lease, progress, patience)))
}

/// Where the body of each try comes from.
enum Source {
    Once(Option<Incoming>, Rc<Progress>),
    Recorded(Shared),
}

impl Source {
    fn new(body: Incoming, progress: &Rc<Progress>, again: bool, limit: usize) -> Self {
        if again && !body.is_end_stream() {
            return Self::Recorded(Recording::new(body, progress.clone(), limit));
        }
        Self::Once(Some(body).filter(|body| !body.is_end_stream()), progress.clone())
    }

    /// The whole body for a mirror, or nothing where the request has none.
    fn whole(&self) -> Option<tokio::sync::oneshot::Receiver<bytes::Bytes>> {
        match self {
            Self::Once(..) => None,
            Self::Recorded(shared) => Some(shared.borrow_mut().whole()),
        }
    }

    fn next(&mut self) -> RequestBody {
        match self {
            Self::Once(body, progress) => match body.take() {
                Some(body) => RequestBody::Stream(body, progress.clone()),
                None => RequestBody::Empty,
            },
            Self::Recorded(shared) => RequestBody::Replay(Replay::new(shared)),
        }
    }

    fn can_replay(&self) -> bool {
        match self {
            Self::Once(..) => true,
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
    exchange: &'a mut Exchange,
}

impl Call<'_> {
    /// Tries until an answer is good enough or nothing is left. The last answer of a backend is passed on as it is.
    async fn run(&mut self, parts: request::Parts, mut body: Source) -> Result<Sent, Local> {
        let mut last = None;
        let mut parts = Some(parts);
        for retries in 0.. {
            let host = self.balancer.pick(self.upstream, &self.state.hosts, last.as_ref());
            let host = host.ok_or_else(|| {
                Local::new(StatusCode::SERVICE_UNAVAILABLE, "no healthy upstream").flag("UH")
            })?;
            self.exchange.attempt(host.key.address, retries);
            let more = self.retry.filter(|retry| retries < retry.attempts);
            // Cloned only where a further try may need it.
            let head = if more.is_some() { parts.clone() } else { parts.take() };
            let Some(head) = head else { break };
            let began = Instant::now();
            let result = self.attempt(&host, head, body.next()).await?;
            if let Ok(sent) = &result {
                self.exchange.answered(&sent.lease, began);
            }
            let Some(retry) = more.filter(|retry| body.can_replay() && wants(retry, &result)) else {
                return result.map_err(|failure| self.failed(&failure));
            };
            drop(result);
            tokio::time::sleep(retry::backoff(retry, retries, fastrand::u32(..))).await;
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

use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use gateline::Hit;
use gateline::model::BackendId;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use std::net::SocketAddr;

use super::body::BodyError;
use super::progress::Progress;
use super::{Local, ResponseBody};
use crate::auth::Changes;
use crate::listener::Client;
use crate::metrics::PortMetrics;
use crate::upstream::{Failure, Lease};
use crate::worker::State;
use crate::{Finished, access_log, headers};

/// What is known of a request for metrics, the access log and the observer. Reports when it is dropped: after the last
/// byte of the answer, or when the client is gone.
pub(crate) struct Exchange {
    metrics: Rc<PortMetrics>,
    start: Instant,
    progress: Rc<Progress>,
    status: StatusCode,
    /// What authorization servers change in the answer, whoever gives it.
    changes: Vec<Changes>,
    /// Only where somebody listens.
    record: Option<Box<Record>>,
}

/// The parts of a request that are written down.
pub(crate) struct Record {
    pub(crate) client: Rc<Client>,
    pub(crate) state: Rc<State>,
    pub(crate) started: SystemTime,
    pub(crate) method: Method,
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) version: Version,
    pub(crate) user_agent: Option<String>,
    pub(crate) forwarded_for: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) hit: Option<Hit>,
    pub(crate) backend: Option<BackendId>,
    pub(crate) endpoint: Option<SocketAddr>,
    /// Our end of the connection to it.
    pub(crate) upstream_local: Option<SocketAddr>,
    /// From the beginning of the try to the head of the response.
    pub(crate) service_time: Option<Duration>,
    /// Why TLS with the endpoint failed.
    pub(crate) transport_failure: Option<String>,
    pub(crate) reason: Option<String>,
    /// As Envoy marks it.
    pub(crate) flag: &'static str,
    pub(crate) retries: u32,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Whether an answer was begun.
    pub(crate) answered: bool,
    /// Whether the client has been given all of it.
    pub(crate) complete: bool,
}

impl Exchange {
    pub(crate) fn begin<B>(client: &Rc<Client>, state: &Rc<State>, request: &Request<B>) -> Self {
        client.metrics.begin();
        let settings = &client.worker.settings;
        let start = Instant::now();
        let wanted = settings.observer.is_some() || settings.log.is_some();
        Self {
            metrics: client.metrics.clone(),
            start,
            progress: Progress::new(start),
            status: StatusCode::OK,
            changes: Vec::new(),
            record: wanted.then(|| Box::new(Record::new(client, state, request))),
        }
    }

    pub(crate) fn progress(&self) -> Rc<Progress> {
        self.progress.clone()
    }

    fn note(&mut self, note: impl FnOnce(&mut Record)) {
        if let Some(record) = &mut self.record {
            note(record);
        }
    }

    pub(crate) fn hit(&mut self, hit: Hit) {
        self.note(|record| record.hit = Some(hit));
    }

    pub(crate) fn backend(&mut self, backend: BackendId) {
        self.note(|record| record.backend = Some(backend));
    }

    pub(crate) fn attempt(&mut self, endpoint: SocketAddr, retries: u32) {
        self.note(|record| (record.endpoint, record.retries) = (Some(endpoint), retries));
    }

    pub(crate) fn forwarded(&mut self, headers: &HeaderMap) {
        self.note(|record| {
            record.request_id = text(headers, &headers::X_REQUEST_ID);
            record.forwarded_for = text(headers, &headers::X_FORWARDED_FOR);
        });
    }

    pub(crate) fn reason(&mut self, reason: &str) {
        self.note(|record| record.reason = Some(reason.into()));
    }

    pub(crate) fn local(&mut self, local: &Local) {
        self.note(|record| {
            // A failure has left more to read than the client is told.
            record.reason.get_or_insert_with(|| local.text.clone().into_owned());
            record.flag = local.flag;
        });
    }

    /// A server that was asked lets the request go on, and has something to say to the client.
    pub(crate) fn change_response(&mut self, changes: Changes) {
        if !changes.is_empty() {
            self.changes.push(changes);
        }
    }

    /// A server that was asked refuses the request.
    pub(crate) fn denied(&mut self) {
        self.note(|record| {
            (record.reason, record.flag) = (Some("external authorization refuses it".into()), "UAEX");
        });
    }

    /// A try that began at `began` got a response.
    pub(super) fn answered(&mut self, lease: &Lease, began: Instant) {
        self.note(|record| {
            record.upstream_local = lease.local();
            record.service_time = Some(began.elapsed());
        });
    }

    pub(super) fn failed(&mut self, failure: &Failure) {
        self.note(|record| {
            record.reason = Some(failure.to_string());
            if let Failure::Tls(error) = failure {
                record.transport_failure = Some(error.to_string());
            }
        });
    }

    /// The response broke off.
    pub(super) fn broken(&mut self, error: &BodyError) {
        self.note(|record| {
            record.reason = Some(error.to_string());
            record.flag = error.flag();
        });
    }

    /// The last byte of the response is on its way.
    pub(super) fn complete(&mut self) {
        self.note(|record| record.complete = true);
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        self.note(|record| {
            record.bytes_sent = record.bytes_sent.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        });
    }

    /// Ties the report to the body of the answer.
    pub(crate) fn end(mut self, mut response: Response<ResponseBody>) -> Response<ResponseBody> {
        for changes in self.changes.drain(..) {
            changes.apply(response.headers_mut());
        }
        self.status = response.status();
        self.note(|record| record.answered = true);
        response.map(|body| body.with(self))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let duration = self.start.elapsed();
        self.metrics.end(self.status, duration);
        let Some(record) = &mut self.record else { return };
        record.bytes_received = self.progress.bytes_received();
        if !record.complete && record.flag == "-" {
            record.flag = "DC";
        }
        let settings = &record.client.worker.settings;
        if let Some(log) = &settings.log {
            log.send(access_log::line(record, self.status, duration));
        }
        if let Some(observer) = &settings.observer {
            let router = &record.state.snapshot.router;
            let backends = &router.model().backends;
            let backend = record.backend.and_then(|id| backends.get(usize::try_from(id.0).ok()?));
            observer(&Finished {
                method: &record.method,
                host: &record.authority,
                path: &record.path,
                status: self.status,
                rule: record.hit.and_then(|hit| router.view(hit)),
                backend: backend.map(|backend| &backend.name),
                endpoint: record.endpoint,
                reason: record.reason.as_deref(),
                duration,
                bytes_sent: record.bytes_sent,
                retries: record.retries,
            });
        }
    }
}

impl Record {
    fn new<B>(client: &Rc<Client>, state: &Rc<State>, request: &Request<B>) -> Self {
        let (uri, headers) = (request.uri(), request.headers());
        let authority = uri.authority().map(|authority| authority.as_str().to_owned());
        let path =
            uri.path_and_query().map_or_else(|| uri.path().to_owned(), |path| path.as_str().to_owned());
        Self {
            client: client.clone(),
            state: state.clone(),
            started: SystemTime::now(),
            method: request.method().clone(),
            authority: authority.or_else(|| text(headers, &header::HOST)).unwrap_or_default(),
            path,
            version: request.version(),
            user_agent: text(headers, &header::USER_AGENT),
            forwarded_for: text(headers, &headers::X_FORWARDED_FOR),
            request_id: text(headers, &headers::X_REQUEST_ID),
            hit: None,
            backend: None,
            endpoint: None,
            upstream_local: None,
            service_time: None,
            transport_failure: None,
            reason: None,
            flag: "-",
            retries: 0,
            bytes_sent: 0,
            bytes_received: 0,
            answered: false,
            complete: false,
        }
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

use std::net::SocketAddr;
use std::time::Duration;

use gateline::RuleView;
use gateline::model::BackendName;
use http::{Method, StatusCode};

/// A finished request, as [`crate::Config::observer`] sees it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Finished<'a> {
    /// The method.
    pub method: &'a Method,
    /// As the client wrote it.
    pub host: &'a str,
    /// Path and query as the client wrote them.
    pub path: &'a str,
    /// The status that was sent.
    pub status: StatusCode,
    /// The rule that took the request; `None` where none did.
    pub rule: Option<RuleView<'a>>,
    /// The backend that was picked; `None` where the gateway answered by itself.
    pub backend: Option<&'a BackendName>,
    /// The endpoint that answered, or was tried last.
    pub endpoint: Option<SocketAddr>,
    /// Why the gateway answered by itself, or why the answer of a backend broke off.
    pub reason: Option<&'a str>,
    /// From the request head to the last byte of the answer.
    pub duration: Duration,
    /// Bytes of the body of the answer.
    pub bytes_sent: u64,
    /// Tries after the first.
    pub retries: u32,
}

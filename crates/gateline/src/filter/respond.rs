use http::{HeaderValue, StatusCode};

/// A fixed answer (Envoy Gateway's HTTPRouteFilter `directResponse`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectResponse {
    /// The status; 200 where nothing is written.
    pub status: StatusCode,
    /// `Content-Type`.
    pub content_type: Option<HeaderValue>,
    /// The body; may be empty.
    pub body: Box<[u8]>,
}

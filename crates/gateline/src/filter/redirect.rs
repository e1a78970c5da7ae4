use http::StatusCode;

use super::PathModifier;

/// `RequestRedirect`. What is not set is taken from the request and its listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// `http` or `https`.
    pub scheme: Option<Box<str>>,
    /// Without a port.
    pub hostname: Option<Box<str>>,
    /// The new path; the query is kept.
    pub path: Option<PathModifier>,
    /// The new port.
    pub port: Option<u16>,
    /// 301, 302 (the default), 303, 307 or 308.
    pub status: StatusCode,
}

//! Requests that were recorded: access logs and HAR files, read back as requests with what became of them.

mod combined;
mod error;
mod har;
mod host;
mod json;

use std::collections::BTreeSet;
use std::io::BufRead;
use std::sync::Arc;

use gateline::model::Place;
use serde::Serialize;

pub use error::RecordError;
pub use har::har;
pub use host::LogHost;

use crate::request::Request;

/// A request that somebody sent.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The line of the log, or the entry of the HAR file.
    pub place: Place,
    /// What was sent, as far as it was recorded.
    pub request: Request,
    /// What became of it.
    pub outcome: RecordedOutcome,
}

/// What became of a request, as far as it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordedOutcome {
    /// The status of the answer.
    pub status: Option<u16>,
    /// `httproute/ns/name/rule/0/match/0`, as Gateline and Envoy Gateway write it.
    pub route: Option<String>,
    /// `ns/name:port`, as Gateline writes it.
    pub backend: Option<String>,
}

/// What an access log does not say.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// The host of requests whose lines name none.
    pub host: Option<LogHost>,
    /// The ports that listeners have. A line tells the port that was bound, which may be another: 10080 for 80 at Envoy
    /// Gateway, 64592 in Gateline's pods, 8080 in `dev`.
    pub ports: BTreeSet<u16>,
}

/// The requests of an access log, line by line: JSON as Gateline and by default Envoy Gateway write it, or the combined format of
/// nginx, which names no host. Blank lines are skipped. O(line).
pub fn access_log(
    file: &str,
    log: impl BufRead,
    options: &LogOptions,
) -> impl Iterator<Item = Result<Recorded, RecordError>> {
    let file: Arc<str> = file.into();
    (1..).zip(log.lines()).filter_map(move |(line, text)| {
        let place = Place { file: file.clone(), line, column: 1 };
        match text {
            Ok(text) if text.trim().is_empty() => None,
            Ok(text) => Some(log_line(place, &text, options)),
            Err(error) => Some(Err(RecordError::new(place, format!("cannot read: {error}")))),
        }
    })
}

/// One line of an access log.
pub fn log_line(place: Place, text: &str, options: &LogOptions) -> Result<Recorded, RecordError> {
    if text.trim_start().starts_with('{') {
        return json::read(place, text, options);
    }
    combined::read(place, text, options)
}

/// Whether a text is a line of an access log rather than a request.
#[must_use]
pub fn is_log_line(text: &str) -> bool {
    text.trim_start().starts_with('{') || text.contains("] \"")
}

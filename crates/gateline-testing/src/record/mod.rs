//! Requests that were recorded: access logs and HAR files, read back as requests with what became of them.

mod combined;
mod error;
mod format;
mod har;
mod host;
mod json;
mod lines;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use gateline::model::Place;
use gateline_api::parse::Limits;
use serde::Serialize;

pub use error::RecordError;
pub use format::LogFormat;
pub use har::har;
pub use host::LogHost;

use crate::request::Request;
use lines::Lines;

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
    /// `ns-name-port`, as ingress-nginx names what it asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// Where the answer leads, of a HAR file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The log names the rule of each request that one took: none means none.
    #[serde(skip)]
    pub names_rules: bool,
}

/// What an access log does not say.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// `None` tells it by the lines.
    pub format: Option<LogFormat>,
    /// The host of requests whose lines name none.
    pub host: Option<LogHost>,
    /// The ports that listeners have. A line tells the port that was bound, which may be another: 10080 for 80 at Envoy
    /// Gateway, 64592 in Gateline's pods, 8080 in `dev`.
    pub ports: BTreeSet<u16>,
}

/// Requests one after the other. The errors are about single lines or entries.
pub type Requests<'l> = Box<dyn Iterator<Item = Result<Recorded, RecordError>> + 'l>;

/// The requests of a log: lines as [`log_line`] takes them, blank ones skipped, or a whole HAR file; what gzip compressed is
/// unpacked. The error is about the whole. O(line); of lines only one is in memory, of a HAR file all.
pub fn requests<'l>(
    file: &str,
    mut log: impl BufRead + 'l,
    options: &'l LogOptions,
) -> Result<Requests<'l>, RecordError> {
    if begins(file, &mut log)?.starts_with(&[0x1f, 0x8b]) {
        return plain(file, BufReader::new(MultiGzDecoder::new(log)), options);
    }
    plain(file, log, options)
}

fn plain<'l>(
    file: &str,
    mut log: impl BufRead + 'l,
    options: &'l LogOptions,
) -> Result<Requests<'l>, RecordError> {
    let is_har = match options.format {
        Some(format) => format == LogFormat::Har,
        None => is_har(begins(file, &mut log)?),
    };
    if is_har {
        let mut text = String::new();
        let read = log.take(Limits::default().file_bytes.saturating_add(1)).read_to_string(&mut text);
        read.map_err(|error| unreadable(file, &error))?;
        return Ok(Box::new(har(file, text.trim_start_matches('\u{feff}'))?.into_iter()));
    }
    let lines = Lines::new(file, log).filter_map(|line| match line {
        Ok((_, text)) if text.trim().is_empty() => None,
        Ok((place, text)) => Some(log_line(place, &text, options)),
        Err(error) => Some(Err(error)),
    });
    Ok(Box::new(lines))
}

fn begins<'b>(file: &str, log: &'b mut impl BufRead) -> Result<&'b [u8], RecordError> {
    log.fill_buf().map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &str, error: &std::io::Error) -> RecordError {
    RecordError::new(Place { file: file.into(), line: 1, column: 1 }, format!("cannot read: {error}"))
}

/// Whether it is one JSON document with a `log`, and not one a line.
fn is_har(begin: &[u8]) -> bool {
    let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin).trim_ascii_start();
    let Some(fields) = begin.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else { return false };
    fields.is_empty() || fields.starts_with(b"\"log\"")
}

/// One line of an access log: JSON as Gateline and by default Envoy Gateway write it, or nginx's combined format, which names no
/// host, with what ingress-nginx adds.
pub fn log_line(place: Place, text: &str, options: &LogOptions) -> Result<Recorded, RecordError> {
    if options.format.map_or_else(|| text.trim_start().starts_with('{'), LogFormat::is_json) {
        return json::read(place, text, options);
    }
    combined::read(place, text, options)
}

/// Whether a text is a line of an access log rather than a request.
#[must_use]
pub fn is_log_line(text: &str) -> bool {
    text.trim_start().starts_with('{') || text.contains("] \"")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    const LINE: &str = r#"{"method":"GET","path":"/","authority":"a.example"}"#;
    const HAR: &str = r#"{"log":{"entries":[{"request":{"method":"GET","url":"http://a.example/"}}]}}"#;

    fn read(bytes: &[u8], format: Option<LogFormat>) -> Result<Vec<String>, String> {
        let options = LogOptions { format, ..LogOptions::default() };
        let requests = requests("log", bytes, &options).map_err(|error| error.to_string())?;
        Ok(requests
            .map(|one| one.map_or_else(|error| error.to_string(), |one| one.request.words()))
            .collect())
    }

    fn zipped(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_format_is_told_by_what_is_read() {
        let get = || vec!["GET http://a.example/".to_owned()];
        for text in [LINE, HAR, &HAR.replace('{', "{\n"), &format!("\u{feff}{HAR}"), &format!("\n{LINE}\n\n")]
        {
            assert_eq!(read(text.as_bytes(), None), Ok(get()), "{text}");
            assert_eq!(read(&zipped(text), None), Ok(get()), "{text}");
        }
        let twice = zipped(LINE).repeat(2);
        assert_eq!(read(&twice, None).unwrap().len(), 1, "members follow each other without a line break");
        assert_eq!(read(b"", None), Ok(Vec::new()));
    }

    #[test]
    fn another_format_than_was_said() {
        let error = |text: &str, format| match read(text.as_bytes(), Some(format)) {
            Ok(lines) => lines.concat(),
            Err(error) => error,
        };
        assert!(error(LINE, LogFormat::Har).starts_with("log:1:1: this is no HAR file"));
        assert!(error(HAR, LogFormat::EnvoyJson).starts_with("log:1:1: the line has no `method`"));
        assert!(error(LINE, LogFormat::NginxCombined).starts_with("log:1:1: this line is neither JSON nor"));
        let truncated = zipped(LINE);
        let truncated = truncated.get(..truncated.len() - 12).unwrap();
        let lines = read(truncated, None).map_or_else(|error| error, |lines| lines.concat());
        assert!(lines.contains("cannot read"), "{lines}");
    }
}

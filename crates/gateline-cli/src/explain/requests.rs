//! What is asked about: one request, or those that were recorded.

use std::fs;
use std::path::Path;

use gateline::Router;
use gateline::model::Place;
use gateline_testing::record::{
    LogOptions, RecordError, Recorded, RecordedOutcome, har, is_log_line, log_line,
};
use gateline_testing::{Request, Trace, TraceOptions, Tracer};
use serde::Serialize;

use super::Args;
use crate::error::CliError;
use crate::logs::{self, Logs};

/// Recorded requests, and lines or entries that are none.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) recorded: Vec<Recorded>,
    pub(super) errors: Vec<RecordError>,
}

/// What becomes of a recorded request, and what became of it then. Serialised, it is one item of the JSON.
#[derive(Serialize)]
pub(super) struct Entry {
    /// Where it is recorded.
    pub(super) place: Place,
    /// What became of it, as recorded.
    pub(super) recorded: RecordedOutcome,
    #[serde(flatten)]
    pub(super) trace: Trace,
}

impl Entry {
    pub(super) fn of(recorded: Recorded, tracer: &Tracer<'_>, options: &TraceOptions) -> Self {
        let Recorded { place, request, outcome } = recorded;
        Self { place, recorded: outcome, trace: tracer.trace(&request, options) }
    }
}

/// The request of the command line; `None` if it is a line of an access log.
pub(super) fn one(asked: &str, args: &Args) -> Result<Option<Request>, CliError> {
    if is_log_line(asked) {
        return Ok(None);
    }
    Ok(Some(Request::parse(asked, &args.headers)?))
}

/// The requests of a file or of a line. Ports are those of the router's listeners.
pub(super) fn recorded(asked: &str, args: &Args, router: &Router) -> Result<Asked, CliError> {
    let ports = logs::ports(router);
    let options = LogOptions { host: args.host.clone(), ports, ..LogOptions::default() };
    let mut found = Asked::default();
    if let Some(path) = &args.har {
        let text = fs::read_to_string(path).map_err(|source| unreadable(path, source))?;
        let entries = har(&path.display().to_string(), text.trim_start_matches('\u{feff}'))?;
        let count = entries.len();
        if let Some(entry) = args.entry.filter(|entry| !(1..=count).contains(entry)) {
            return Err(CliError::NoEntry { entry, count });
        }
        let wanted = |index: usize| args.entry.is_none_or(|entry| entry == index + 1);
        found.extend(entries.into_iter().enumerate().filter(|(index, _)| wanted(*index)).map(|(_, one)| one));
    } else if let Some(path) = &args.access_log {
        let logs = Logs { paths: std::slice::from_ref(path), options, ..Logs::default() };
        logs.each(|one| found.extend([one]))?;
    } else {
        let place = Place { file: "REQUEST".into(), line: 1, column: 1 };
        found.extend([log_line(place, asked, &options)]);
    }
    Ok(found)
}

fn unreadable(path: &Path, source: std::io::Error) -> CliError {
    CliError::Read { path: path.to_path_buf(), source }
}

impl Extend<Result<Recorded, RecordError>> for Asked {
    fn extend<T: IntoIterator<Item = Result<Recorded, RecordError>>>(&mut self, results: T) {
        for result in results {
            match result {
                Ok(recorded) => self.recorded.push(recorded),
                Err(error) => self.errors.push(error),
            }
        }
    }
}

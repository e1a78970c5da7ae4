//! Logs of requests: opened and read one request at a time.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use gateline::Router;
use gateline::model::{HostPattern, ObjectName};
use gateline_testing::record::{LogOptions, RecordError, Recorded, requests};

use crate::error::CliError;

/// Which requests of which logs.
#[derive(Default)]
pub(crate) struct Logs<'a> {
    pub(crate) paths: &'a [PathBuf],
    pub(crate) options: LogOptions,
    /// Only those for hosts that match.
    pub(crate) within: Option<&'a HostPattern>,
    /// The Gateway whose log it is.
    pub(crate) gateway: Option<&'a ObjectName>,
}

impl Logs<'_> {
    /// Hands over every request, and every line that is none.
    pub(crate) fn each(&self, mut play: impl FnMut(Result<Recorded, RecordError>)) -> Result<(), CliError> {
        for path in self.paths {
            let log = open(path)?;
            for one in requests(&path.display().to_string(), log, &self.options)? {
                match one {
                    Ok(recorded) if !self.wants(&recorded) => {}
                    Ok(mut recorded) => {
                        recorded.request.gateway = self.gateway.cloned();
                        play(Ok(recorded));
                    }
                    Err(error) => play(Err(error)),
                }
            }
        }
        Ok(())
    }

    fn wants(&self, recorded: &Recorded) -> bool {
        let host = recorded.request.host().unwrap_or_default();
        self.within.is_none_or(|pattern| pattern.matches(&host))
    }
}

/// A file, or with `-` standard input.
fn open(path: &Path) -> Result<Box<dyn BufRead>, CliError> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path);
    let file = file.map_err(|source| CliError::Read { path: path.to_path_buf(), source })?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

/// The ports that requests of a log may have arrived at.
pub(crate) fn ports(router: &Router) -> std::collections::BTreeSet<u16> {
    router.model().listeners.iter().map(|listener| listener.port).collect()
}

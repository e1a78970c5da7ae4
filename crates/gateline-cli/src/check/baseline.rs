//! `--baseline`: what was there when somebody began to look. Only what comes on top is reported.

use std::path::Path;

use gateline_api::Finding;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::fingerprint::{Fingerprint, beyond};

const VERSION: u32 = 1;

/// The file. A finding that comes twice stands in it twice.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    version: u32,
    findings: Vec<Fingerprint>,
}

/// Writes all findings, in order.
pub(super) fn write(path: &Path, findings: &[Finding]) -> Result<(), CliError> {
    let mut findings: Vec<Fingerprint> = findings.iter().map(Fingerprint::from).collect();
    findings.sort();
    let text = serde_json::to_string_pretty(&Baseline { version: VERSION, findings }).unwrap_or_default();
    std::fs::write(path, text + "\n").map_err(|source| CliError::Write { path: path.to_owned(), source })
}

/// Leaves what is not in the file; says how many of the file are not there any more.
pub(super) fn apply(path: &Path, findings: &mut Vec<Finding>) -> Result<usize, CliError> {
    let invalid = |message: String| CliError::Baseline { path: path.to_owned(), message };
    let text = std::fs::read_to_string(path).map_err(|error| invalid(error.to_string()))?;
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
    if baseline.version != VERSION {
        return Err(invalid(format!("this version of Gateline reads version {VERSION}")));
    }
    let before = findings.len();
    let known = baseline.findings.len();
    *findings = beyond(findings.iter(), baseline.findings.into_iter());
    Ok(known.saturating_sub(before - findings.len()))
}

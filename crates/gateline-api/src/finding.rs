//! What `gateline check` prints: a stable code, a place, what is wrong and what to do.

use gateline::model::Origin;
use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but hardly as meant.
    Warning,
    /// Does not work, or is refused.
    Error,
}

/// One thing to know about the input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `GL103`: stable, documented in docs/findings.
    pub code: &'static str,
    /// `no-matching-listener`.
    pub slug: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one sentence that names the object and the values.
    pub message: String,
    /// What to do, if that is known.
    pub help: Option<String>,
    /// The object, the field and its place.
    pub origin: Origin,
    /// Other places that matter (the rule that shadows this one), each with a few words.
    pub related: Vec<(String, Origin)>,
}

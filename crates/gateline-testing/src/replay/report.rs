use gateline::analysis::ChangeKind;
use gateline::model::Place;
use serde::Serialize;

use crate::diff::Side;

/// What came of a replay. Counts are of requests; shares in percent of those that could be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReplayReport {
    /// So many were read.
    pub requests: u64,
    /// Lines and entries that are none.
    pub unreadable: Unread,
    /// How the model does against what was recorded.
    pub agreement: Agreed,
    /// Where it does not, the most frequent first.
    pub disagreements: Vec<Disagreement>,
    /// Disagreements that are counted and not listed: there are too many different ones.
    pub unlisted: u64,
    /// What the other manifests change, the most frequent first; `None` if there are none.
    pub changes: Option<Vec<TrafficChange>>,
    /// Rules of attached routes, of the manifests that come last, by name.
    pub rules: Vec<RuleTraffic>,
}

/// What could not be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Unread {
    /// All of them.
    pub count: u64,
    /// The first few, with where and why.
    pub first: Vec<String>,
}

/// How many records agree with the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Agreed {
    /// So many can be compared.
    pub compared: u64,
    /// So many of these are as the model has it.
    pub agree: u64,
    /// Compared by the rule, and the backend where it is recorded.
    pub by_rule: u64,
    /// Compared by the backend alone.
    pub by_backend: u64,
    /// Compared by the status alone, and `Location` where it is recorded.
    pub by_answer: u64,
    /// The others: they would be recorded so either way.
    pub untold: u64,
    /// Of those compared by rule: header fields that no access log holds were taken from the match that is recorded.
    pub completed: u64,
}

/// Requests that were not treated as the model has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// `HTTPRoute/ns/name#0: ns/svc:80`, `404`.
    pub recorded: String,
    /// `HTTPRoute/ns/name#1: ns/svc:80`.
    pub predicted: String,
    /// How many.
    pub requests: u64,
    /// In percent of those compared.
    pub share: f64,
    /// The first.
    pub place: Place,
    /// Sends it.
    pub curl: String,
    /// What may be behind it.
    pub note: Option<String>,
}

/// Requests that other manifests treat otherwise, by the same rules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrafficChange {
    /// As `diff` has them.
    pub kind: ChangeKind,
    /// How many.
    pub requests: u64,
    /// In percent of all requests.
    pub share: f64,
    /// Of the first.
    pub before: Side,
    /// Of the first.
    pub after: Side,
    /// The first.
    pub place: Place,
    /// Sends it.
    pub curl: String,
}

/// What a rule got.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleTraffic {
    /// `HTTPRoute/ns/name#0`.
    pub name: String,
    /// Where it is written.
    pub place: Option<Place>,
    /// How many.
    pub requests: u64,
    /// In percent of all requests.
    pub share: f64,
}

impl ReplayReport {
    /// How many requests the other manifests treat otherwise.
    #[must_use]
    pub fn changed(&self) -> u64 {
        self.changes.iter().flatten().map(|change| change.requests).sum()
    }

    /// The same in percent of all.
    #[must_use]
    pub fn changed_share(&self) -> f64 {
        percent(self.changed(), self.requests)
    }
}

impl Agreed {
    /// In percent; `None` if nothing can be compared.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        (self.compared > 0).then(|| percent(self.agree, self.compared))
    }
}

/// 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "for reading and for a limit in percent")]
pub(super) fn percent(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 * 100.0 / all as f64 }
}

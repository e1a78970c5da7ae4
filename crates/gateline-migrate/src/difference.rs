use gateline::analysis::{Change, ChangeKind, Witness};
use gateline_api::Severity;
use gateline_api::finding::Code;
use gateline_testing::Side;
use serde::Serialize;

/// A class of requests that the Gateway treats otherwise than the Ingress, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// `GL703`.
    pub code: &'static str,
    /// `wildcard-depth`.
    pub slug: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What differs, in one sentence.
    pub message: String,
    /// What to do.
    pub help: &'static str,
    /// `LOST`, `OPENED`, …
    pub kind: ChangeKind,
    /// `a.example.com`, `*.example.com`, or `*` for all that nothing names.
    pub hosts: Vec<String>,
    /// `/exact`, `/prefix/**`, or regular expressions.
    pub paths: Vec<String>,
    /// What such requests have besides.
    pub conditions: Vec<String>,
    /// With the Ingress.
    pub before: Side,
    /// With the Gateway.
    pub after: Side,
    /// The Ingress, `ns/name`, if one takes the requests.
    pub ingress: Option<String>,
    /// A request that shows it.
    pub request: String,
    /// Sends it.
    pub curl: String,
    /// Whether `--accept` named it.
    pub accepted: bool,
}

/// What is said of a cause.
pub(crate) struct Cause {
    pub(crate) code: &'static Code,
    pub(crate) message: String,
    pub(crate) help: &'static str,
}

impl Difference {
    pub(crate) fn new(cause: Cause, change: &Change, sides: [Side; 2], witness: &Witness) -> Self {
        let [before, after] = sides;
        let ingress =
            before.route.as_deref().and_then(|route| route.strip_prefix("Ingress/")).map(str::to_owned);
        Self {
            code: cause.code.code,
            slug: cause.code.slug,
            severity: cause.code.severity,
            message: cause.message,
            help: cause.help,
            kind: change.kind,
            hosts: change.hosts.iter().map(ToString::to_string).collect(),
            paths: change.paths.iter().cloned().collect(),
            conditions: change.conditions.clone(),
            before,
            after,
            ingress,
            request: witness.to_string(),
            curl: witness.curl(),
            accepted: false,
        }
    }

    /// What differences are sorted by: those to do something about first.
    #[must_use]
    pub fn order(&self) -> (bool, std::cmp::Reverse<Severity>, &'static str, &str) {
        (self.accepted, std::cmp::Reverse(self.severity), self.code, &self.request)
    }
}

impl Cause {
    pub(crate) fn new(code: &'static Code, message: impl Into<String>, help: &'static str) -> Self {
        Self { code, message: message.into(), help }
    }
}

use gateline::explain::{BackendShare, Outcome, Reason, Source, Upstream};
use gateline::{Explanation, Router};
use serde::Serialize;

use crate::explain::no_port;
use crate::request::{Request, RequestKind};
use crate::suite::Named;

/// What becomes of a request, as plain data: an [`Explanation`] without the rules that do not take it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What becomes of it.
    pub kind: Outcome,
    /// Why, as one of a few words to test for.
    pub reason: Reason,
    /// Why, in one sentence.
    pub because: String,
    /// The status the gateway answers by itself; `None` when a backend answers.
    pub status: Option<u16>,
    /// `ns/gateway/listener`.
    pub listener: Option<String>,
    /// `HTTPRoute/ns/name`.
    pub route: Option<String>,
    /// Index of the rule in the route.
    pub rule: Option<usize>,
    /// Its name, if it has one.
    pub rule_name: Option<String>,
    /// Index of the match in the rule.
    #[serde(rename = "match")]
    pub matched: Option<usize>,
    /// Where that match is written.
    pub source: Option<Source>,
    /// `ns/name:port` of the backendRef that was picked, also where it cannot be followed.
    pub backend: Option<String>,
    /// All backendRefs of the rule, in order, unless the gateway answers before it picks one.
    pub split: Vec<Share>,
    /// The request as the backend gets it.
    pub upstream: Option<Upstream>,
    /// `Location` of a redirect.
    pub location: Option<String>,
}

/// One backendRef of [`Answer::split`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// `ns/name:port`.
    pub backend: String,
    /// As written, or 1.
    pub weight: u32,
    /// Whether the reference can be followed: what falls to one that cannot is answered 500.
    pub valid: bool,
}

/// Where it goes. `random`, any number spread evenly over `u64`, picks the backend by weight. O(request + matches tried).
#[must_use]
pub fn route(router: &Router, request: &Request, random: u64) -> Answer {
    let Some(entry) = request.entry(router) else {
        return Explanation::nobody(no_port(router, request)).into();
    };
    match &request.kind {
        RequestKind::Http(http) => router.answer(entry, &http.head(), random).into(),
        RequestKind::Connection(connection) => {
            router.explain_connection(entry, &connection.opening(), random).into()
        }
    }
}

impl Answer {
    /// Whether this backend gets it: `namespace/name:port`, or less of it.
    #[must_use]
    pub fn goes_to(&self, backend: &str) -> bool {
        let picked = self.backend.as_ref().filter(|_| self.kind == Outcome::Forward);
        picked.is_some_and(|reference| Named::text_means_backend(backend, reference))
    }
}

impl From<Explanation> for Answer {
    fn from(explanation: Explanation) -> Self {
        let answered = matches!(
            explanation.code,
            Reason::Redirect | Reason::Preflight | Reason::FixedAnswer | Reason::InvalidFilter
        );
        let picked = explanation.picked.and_then(|index| explanation.backends.get(index));
        Self {
            kind: explanation.outcome,
            reason: explanation.code,
            because: explanation.reason,
            status: explanation.status,
            listener: explanation.listener,
            route: explanation.route,
            rule: explanation.rule,
            rule_name: explanation.rule_name,
            matched: explanation.matched,
            source: explanation.source,
            backend: picked.map(|share| share.reference.clone()),
            split: if answered {
                Vec::new()
            } else {
                explanation.backends.into_iter().map(Share::from).collect()
            },
            upstream: explanation.upstream,
            location: explanation.location,
        }
    }
}

impl From<BackendShare> for Share {
    fn from(share: BackendShare) -> Self {
        Self { backend: share.reference, weight: share.weight, valid: share.valid }
    }
}

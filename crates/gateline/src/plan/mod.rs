//! What to do with a request once a rule has taken it.

use http::{HeaderMap, StatusCode, request, response};

use crate::decision::RuleView;
use crate::filter::{DirectResponse, Mirror};
use crate::model::{BackendId, WeightedBackend};

/// The answer of [`crate::Router::plan`]. The order is: invalid filter, CORS preflight, redirect, fixed answer, backend.
#[derive(Debug)]
pub enum Plan<'r> {
    /// Answer now, without a backend. Response header filters are applied already.
    Answer(Answer<'r>),
    /// Send it to a backend.
    Forward(Forward<'r>),
}

/// An answer the gateway gives by itself.
#[derive(Debug)]
pub struct Answer<'r> {
    /// The status. A gRPC front door translates it (500 and 503 to UNAVAILABLE, 404 to UNIMPLEMENTED).
    pub status: StatusCode,
    /// `Location`, the CORS fields, `Content-Type`, and what a ResponseHeaderModifier adds.
    pub headers: HeaderMap,
    /// The body of a fixed answer.
    pub body: &'r [u8],
    /// Why: for logs and explanations.
    pub reason: AnswerReason,
}

/// See [`Answer`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerReason {
    /// `RequestRedirect`.
    Redirect,
    /// A CORS preflight.
    Preflight,
    /// [`DirectResponse`].
    Respond,
    /// A filter that cannot be followed: 500.
    InvalidFilter(Box<str>),
    /// The picked backendRef cannot be followed: 500.
    InvalidBackend(Box<str>),
    /// The rule has no backendRefs, or all weights are 0: 500.
    NoBackend,
}

/// A request on its way to a backend.
#[derive(Clone, Copy, Debug)]
pub struct Forward<'r> {
    /// The winning rule.
    pub view: RuleView<'r>,
    /// The backendRef that was picked.
    pub backend: &'r WeightedBackend,
    /// What it names.
    pub id: BackendId,
}

impl<'r> Forward<'r> {
    /// Applies header modifiers and rewrites, of the rule and then of the backend, to the request. Idempotence is not
    /// promised: call it once.
    pub fn request(&self, parts: &mut request::Parts) {
        let _ = parts;
        unimplemented!()
    }

    /// Applies response header modifiers and CORS fields. `origin` is the request's `Origin`, taken before it was sent.
    pub fn response(&self, origin: Option<&http::HeaderValue>, parts: &mut response::Parts) {
        let _ = (origin, parts);
        unimplemented!()
    }

    /// The mirrors of the rule and of the backend whose share `x` falls into; each one uses `x` for itself.
    pub fn mirrors(&self, x: u64) -> impl Iterator<Item = &'r Mirror> + use<'r> {
        let _ = x;
        std::iter::empty()
    }
}

#[allow(unused)]
fn _uses(_: DirectResponse) {}

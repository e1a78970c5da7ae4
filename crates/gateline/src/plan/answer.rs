use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, ORIGIN};

use crate::Head;
use crate::decision::RuleView;
use crate::filter::{DirectResponse, ExternalAuth, FilterError, Filters, Redirect};

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
    /// A filter that cannot be followed, or not for this request: 500.
    InvalidFilter(Box<str>),
    /// The picked backendRef cannot be followed: 500.
    InvalidBackend(Box<str>),
    /// The rule has no backendRefs, or all weights are 0: 500.
    NoBackend,
}

impl AnswerReason {
    pub(super) fn of(error: FilterError) -> Self {
        Self::InvalidFilter(error.to_string().into())
    }
}

/// The answer that filters give by themselves to whoever asks, if they give one. A preflight carries no credentials, so that it
/// is not to be authorized (Fetch, section 3.3.5).
pub(super) fn before_auth<'r>(filters: &'r Filters, head: &Head<'_>) -> Option<Answer<'r>> {
    if let Some(reason) = filters.invalid.clone().or_else(|| nobody_to_ask(filters)) {
        return Some(Answer::error(AnswerReason::InvalidFilter(reason)).filtered(filters, head));
    }
    let headers = filters.cors.as_ref().and_then(|cors| cors.preflight(head))?;
    let mut answer = Answer { headers, ..Answer::new(StatusCode::NO_CONTENT, AnswerReason::Preflight) };
    modify(filters, &mut answer.headers);
    Some(answer)
}

/// Nothing is asked at all where one of the servers cannot be.
fn nobody_to_ask(filters: &Filters) -> Option<Box<str>> {
    filters.auth.iter().find_map(ExternalAuth::broken)
}

/// The answer that filters give by themselves to those who may have it, if they give one.
pub(super) fn after_auth<'r>(
    filters: &'r Filters,
    view: RuleView<'r>,
    head: &Head<'_>,
) -> Option<Answer<'r>> {
    let answer = if let Some(redirect) = &filters.redirect {
        Answer::redirect(redirect, view, head)
    } else if let Some(respond) = &filters.respond {
        Answer::respond(respond)
    } else {
        return None;
    };
    Some(answer.filtered(filters, head))
}

impl<'r> Answer<'r> {
    fn new(status: StatusCode, reason: AnswerReason) -> Self {
        Self { status, headers: HeaderMap::new(), body: &[], reason }
    }

    /// 500.
    pub(crate) fn error(reason: AnswerReason) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, reason)
    }

    fn redirect(redirect: &Redirect, view: RuleView<'_>, head: &Head<'_>) -> Self {
        match redirect.location(head, &view.matched.path, view.listener) {
            Ok(location) => {
                let mut answer = Self::new(redirect.status, AnswerReason::Redirect);
                answer.headers.insert(LOCATION, location);
                answer
            }
            Err(error) => Self::error(AnswerReason::of(error)),
        }
    }

    fn respond(respond: &'r DirectResponse) -> Self {
        let mut answer = Self::new(respond.status, AnswerReason::Respond);
        answer.body = &respond.body;
        if let Some(content_type) = &respond.content_type {
            answer.headers.insert(CONTENT_TYPE, content_type.clone());
        }
        answer
    }

    /// With the response filters applied, as to any answer of a backend.
    pub(super) fn filtered(mut self, filters: &Filters, head: &Head<'_>) -> Self {
        respond_through(filters, head.headers.get(ORIGIN), &mut self.headers);
        self
    }
}

/// What the filters of one level do to an answer on its way back: CORS, then the header modifier, which has the last word.
pub(super) fn respond_through(filters: &Filters, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    if let Some(cors) = &filters.cors {
        cors.apply(origin, headers);
    }
    modify(filters, headers);
}

fn modify(filters: &Filters, headers: &mut HeaderMap) {
    if let Some(modifier) = &filters.response_headers {
        modifier.apply(headers);
    }
}

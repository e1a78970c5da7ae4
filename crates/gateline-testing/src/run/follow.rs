//! Redirects, followed on the same manifests as a client would.

use gateline::Router;
use gateline::explain::Outcome;
use http::Method;

use super::possible::{self, Possible};
use crate::request::{Request, RequestKind};
use crate::suite::RuleName;

/// Where following ended.
pub(super) struct Followed {
    /// Every request after the first, with all that may become of it.
    pub(super) hops: Vec<(Request, Vec<Possible>)>,
    /// Why it did not come to an end.
    pub(super) broken: Option<String>,
}

/// Follows redirects from an answer on, `max` at most.
pub(super) fn follow(
    router: &Router,
    request: &Request,
    first: &Possible,
    max: u8,
    created: &[RuleName],
) -> Followed {
    let mut followed = Followed { hops: Vec::new(), broken: None };
    let mut seen = vec![request.title()];
    let (mut request, mut current) = (request.clone(), first.clone());
    while current.answer.kind == Outcome::Redirect {
        let location = current.answer.location.clone().unwrap_or_default();
        let Some(next) = next(&request, current.answer.status, &location) else {
            followed.broken = Some(format!("{location:?} is no address to follow"));
            return followed;
        };
        let url = format!("{} {location}", next.title());
        if seen.contains(&url) {
            followed.broken = Some(format!("the redirects go in a circle: {location} came before"));
            return followed;
        }
        if followed.hops.len() >= usize::from(max) {
            followed.broken =
                Some(format!("there are more than {max} redirects; the next one is to {location}"));
            return followed;
        }
        seen.push(url);
        let possible = possible::all(router, &next, created);
        let Some(first) = possible.first().cloned() else { return followed };
        followed.hops.push((next.clone(), possible));
        (request, current) = (next, first);
    }
    followed
}

/// What a client sends next: with the same header fields, and as GET where browsers do so (RFC 9110 section 15.4).
fn next(request: &Request, status: Option<u16>, location: &str) -> Option<Request> {
    let RequestKind::Http(http) = &request.kind else { return None };
    let head = http.head();
    let to_get = match status {
        Some(303) => *head.method != Method::HEAD,
        Some(301 | 302) => *head.method == Method::POST,
        _ => false,
    };
    let method = if to_get { Method::GET } else { head.method.clone() };
    let fields = head.headers.iter();
    let headers: Vec<String> =
        fields.filter_map(|(name, value)| Some(format!("{name}: {}", value.to_str().ok()?))).collect();
    let next = Request::parse(&format!("{method} {location}"), &headers).ok()?;
    Some(Request { gateway: request.gateway.clone(), ..next })
}

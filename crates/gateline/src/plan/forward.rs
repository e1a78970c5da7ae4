use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Uri};
use http::{HeaderMap, HeaderValue, request, response};

use super::answer::respond_through;
use crate::Head;
use crate::decision::RuleView;
use crate::filter::{FilterError, Filters, HostRewrite, Mirror, PathModifier, Rewrite, derive};
use crate::model::{BackendId, Target, WeightedBackend};

/// A request on its way to a backend.
#[derive(Clone, Debug)]
pub struct Forward<'r> {
    /// The winning rule.
    pub view: RuleView<'r>,
    /// The backendRef that was picked.
    pub backend: &'r WeightedBackend,
    /// What it names.
    pub id: BackendId,
    /// Whether the caller is to set `Host` to the name of the endpoint ([`HostRewrite::Backend`]).
    pub host_from_endpoint: bool,
    /// Worked out by [`crate::Router::plan`], so that nothing can fail later.
    host: Option<Authority>,
    path: Option<PathAndQuery>,
}

impl<'r> Forward<'r> {
    pub(super) fn new(
        view: RuleView<'r>,
        backend: &'r WeightedBackend,
        id: BackendId,
        head: &Head<'_>,
    ) -> Result<Self, FilterError> {
        let mut forward = Self { view, backend, id, host_from_endpoint: false, host: None, path: None };
        forward.rewrite_path(head)?;
        forward.rewrite_host(head.headers)?;
        Ok(forward)
    }

    fn rewrite_path(&mut self, head: &Head<'_>) -> Result<(), FilterError> {
        let modifier = self.rewrites().find_map(|rewrite| rewrite.path.as_ref());
        let path = |modifier: &PathModifier| modifier.path_and_query(head, &self.view.matched.path);
        self.path = modifier.map(path).transpose()?.flatten();
        Ok(())
    }

    fn rewrite_host(&mut self, headers: &HeaderMap) -> Result<(), FilterError> {
        let rewrite = self.rewrites().find_map(|rewrite| rewrite.hostname.as_ref());
        self.host_from_endpoint = rewrite == Some(&HostRewrite::Backend);
        self.host = rewrite.map(|rewrite| rewrite.host(headers)).transpose()?.flatten();
        Ok(())
    }

    /// Applies header modifiers, of the rule and then of the backendRef, and rewrites. `Host` and `:authority` change only by
    /// a rewrite. Idempotence is not promised: call it once for each try.
    pub fn request(&self, parts: &mut request::Parts) {
        for filters in self.levels() {
            if let Some(modifier) = &filters.request_headers {
                modifier.apply(&mut parts.headers);
            }
        }
        if let Some(host) = &self.host {
            set_host(host, parts);
        }
        if let Some(path) = &self.path {
            set_path(path, parts);
        }
    }

    /// [`RuleView::response`] with the backendRef that was picked.
    pub fn response(&self, origin: Option<&HeaderValue>, parts: &mut response::Parts) {
        self.view.response(self.backend, origin, &mut parts.headers);
    }

    /// The mirrors of the rule and of the backend whose share `x` falls into; each one uses `x` for itself. Those with an
    /// invalid target are left out.
    pub fn mirrors(&self, x: u64) -> impl Iterator<Item = &'r Mirror> + use<'r> {
        let mirrors = self.levels().into_iter().flat_map(|filters| &filters.mirrors).enumerate();
        let taken = move |(index, mirror): &(usize, &Mirror)| mirror.share.takes(derive(x, *index));
        mirrors
            .filter(taken)
            .map(|(_, mirror)| mirror)
            .filter(|mirror| matches!(mirror.target, Target::Backend(_)))
    }

    fn levels(&self) -> [&'r Filters; 2] {
        [&self.view.rule.filters, &self.backend.filters]
    }

    /// The one that counts comes first.
    fn rewrites(&self) -> impl Iterator<Item = &'r Rewrite> + use<'r> {
        self.levels().into_iter().rev().filter_map(|filters| filters.rewrite.as_ref())
    }
}

impl RuleView<'_> {
    /// Applies CORS and response header modifiers, of the backendRef that answered and then of the rule, as an answer passes
    /// them on its way back. `origin` is the request's `Origin`, taken before it was sent.
    pub fn response(&self, backend: &WeightedBackend, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        respond_through(&backend.filters, origin, headers);
        respond_through(&self.rule.filters, origin, headers);
    }
}

/// Where the request carries its host: in the URI (HTTP/2), in `Host`, or in both.
fn set_host(host: &Authority, parts: &mut request::Parts) {
    let in_uri = parts.uri.authority().is_some();
    if in_uri {
        let mut uri = parts.uri.clone().into_parts();
        uri.authority = Some(host.clone());
        replace(&mut parts.uri, uri);
    }
    if !in_uri || parts.headers.contains_key(HOST) {
        // An authority is ASCII, so this does not fail.
        if let Ok(value) = HeaderValue::from_str(host.as_str()) {
            parts.headers.insert(HOST, value);
        }
    }
}

fn set_path(path: &PathAndQuery, parts: &mut request::Parts) {
    let mut uri = parts.uri.clone().into_parts();
    uri.path_and_query = Some(path.clone());
    replace(&mut parts.uri, uri);
}

/// Parts that were a URI stay one when a part that is there is replaced, so this does not fail.
fn replace(uri: &mut Uri, parts: http::uri::Parts) {
    if let Ok(new) = Uri::from_parts(parts) {
        *uri = new;
    }
}

use http::HeaderMap;

use super::query::Query;
use crate::Head;

/// What the search reads of a request.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(super) head: &'a Head<'a>,
    pub(super) query: Query<'a>,
}

/// Paths longer than this are matched by no regular expression: it bounds what 1,000 patterns cost.
pub(crate) const MAX_REGEX_PATH: usize = 4096;

impl<'a> Request<'a> {
    #[inline]
    pub(super) fn new(head: &'a Head<'a>) -> Self {
        Self { head, query: Query::new(head.query) }
    }

    pub(super) fn path(&self) -> &'a str {
        self.head.path
    }

    pub(super) fn headers(&self) -> &'a HeaderMap {
        self.head.headers
    }

    /// The path, if it is short enough for regular expressions.
    pub(super) fn regex_path(&self) -> Option<&'a str> {
        Some(self.head.path).filter(|path| path.len() <= MAX_REGEX_PATH)
    }

    /// `/service/method`: two elements, neither empty.
    pub(super) fn call(&self) -> Option<(&'a str, &'a str)> {
        let (service, method) = self.head.path.strip_prefix('/')?.split_once('/')?;
        (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some((service, method))
    }
}

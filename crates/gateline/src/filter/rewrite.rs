use http::HeaderMap;
use http::uri::{Authority, PathAndQuery};

use super::{FilterError, PathModifier};
use crate::Head;
use crate::model::PathMatch;

/// `URLRewrite`, of the Gateway API or of Envoy Gateway's HTTPRouteFilter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// Replaces `Host` and `:authority`.
    pub hostname: Option<HostRewrite>,
    /// Replaces the path; the query is kept.
    pub path: Option<PathModifier>,
}

/// Where the new host comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRewrite {
    /// `urlRewrite.hostname`.
    Literal(Box<str>),
    /// HTTPRouteFilter `type: Header`: the value of a request header as the client sent it; nothing where it is absent.
    Header(http::HeaderName),
    /// HTTPRouteFilter `type: Backend`: the name of the endpoint; the caller knows it.
    Backend,
}

impl HostRewrite {
    /// The new host; `None` where it stays as it is or is the caller's to fill in.
    pub fn host(&self, headers: &HeaderMap) -> Result<Option<Authority>, FilterError> {
        let bytes = match self {
            Self::Literal(host) => host.as_bytes(),
            Self::Header(name) => match headers.get(name) {
                Some(value) => value.as_bytes(),
                None => return Ok(None),
            },
            Self::Backend => return Ok(None),
        };
        let host = Authority::try_from(bytes).map_err(|_| FilterError::Host)?;
        // User information never belongs in Host (RFC 9110 section 4.2.4).
        if host.as_str().contains('@') { Err(FilterError::Host) } else { Ok(Some(host)) }
    }
}

impl PathModifier {
    /// The new path of a request with its old query. `None` for `OPTIONS *` and `CONNECT`, which have no path.
    pub fn path_and_query(
        &self,
        head: &Head<'_>,
        matched: &PathMatch,
    ) -> Result<Option<PathAndQuery>, FilterError> {
        if !head.path.starts_with('/') {
            return Ok(None);
        }
        let mut text = Vec::with_capacity(head.path.len() + head.query.map_or(0, str::len) + 64);
        self.apply(head.path, matched, &mut text)?;
        push_query(head.query, &mut text);
        parse_path(text).map(Some)
    }
}

/// Appends the query as it was sent.
pub(super) fn push_query(query: Option<&str>, out: &mut Vec<u8>) {
    if let Some(query) = query {
        out.push(b'?');
        out.extend_from_slice(query.as_bytes());
    }
}

fn parse_path(text: Vec<u8>) -> Result<PathAndQuery, FilterError> {
    if text.len() > usize::from(u16::MAX) - 1 {
        return Err(FilterError::TooLong);
    }
    PathAndQuery::try_from(text).map_err(|_| FilterError::Path)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue, Request};

    use super::*;

    #[test]
    fn a_rewrite_keeps_the_query() {
        let request = Request::get("http://a/foo/bar?x=%20&y").body(()).unwrap();
        let path = PathModifier::Prefix("/xyz".into());
        let new = path.path_and_query(&Head::of(&request, None), &PathMatch::Prefix("/foo".into())).unwrap();
        assert_eq!(new.unwrap().as_str(), "/xyz/bar?x=%20&y");
        let star = Request::options("*").body(()).unwrap();
        assert_eq!(path.path_and_query(&Head::of(&star, None), &PathMatch::Prefix("".into())), Ok(None));
    }

    #[test]
    fn hosts() {
        let mut headers = HeaderMap::new();
        let header = HostRewrite::Header(HeaderName::from_static("x-host"));
        assert_eq!(header.host(&headers), Ok(None));
        headers.insert("x-host", HeaderValue::from_static("b.example:8080"));
        assert_eq!(header.host(&headers).unwrap().unwrap(), "b.example:8080");
        assert_eq!(
            HostRewrite::Literal("one.example.org".into()).host(&headers).unwrap().unwrap(),
            "one.example.org"
        );
        assert_eq!(HostRewrite::Backend.host(&headers), Ok(None));
        for bad in ["a/b", "user@host", "", "a b", "a?b"] {
            headers.insert("x-host", HeaderValue::from_static(bad));
            assert_eq!(header.host(&headers), Err(FilterError::Host), "{bad}");
        }
    }
}

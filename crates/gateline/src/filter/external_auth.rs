use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_RANGE, CONTENT_TYPE, EXPECT, HOST, HeaderMap, HeaderName, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use http::uri::PathAndQuery;

use crate::model::{Origin, Target};

/// `ExternalAuth` (GEP-1494): a server says whether a request may go on. Whatever keeps it from being asked, or its answer
/// from being understood, ends the request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ExternalAuth {
    /// Who is asked. [`Target::Invalid`]: every request is answered 500.
    pub target: Target,
    /// How.
    pub protocol: AuthProtocol,
    /// `forwardBody.maxSize` in bytes: longer bodies are answered 413. 0 sends no body.
    pub body: u32,
    /// Where it is written.
    pub origin: Origin,
}

/// `externalAuth.protocol` with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum AuthProtocol {
    /// A request like the client's; 200 lets it go on, every other answer is the client's.
    Http {
        /// Stands before the path of the request; empty, or begins with `/` and does not end with it.
        path: Box<str>,
        /// Sent besides `Host`, `Content-Length` and `Authorization`.
        #[cfg_attr(feature = "serde", serde(serialize_with = "names"))]
        request_headers: Vec<HeaderName>,
        /// What of the answer is copied into the request; empty: see [`ExternalAuth::admit`].
        #[cfg_attr(feature = "serde", serde(serialize_with = "names"))]
        response_headers: Vec<HeaderName>,
    },
    /// `envoy.service.auth.v3.Authorization/Check`.
    Grpc {
        /// The only ones sent; empty: all.
        #[cfg_attr(feature = "serde", serde(serialize_with = "names"))]
        request_headers: Vec<HeaderName>,
    },
}

impl AuthProtocol {
    /// As written in manifests.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Http { .. } => "HTTP",
            Self::Grpc { .. } => "GRPC",
        }
    }
}

impl ExternalAuth {
    /// Why the server cannot be asked, if its reference cannot be followed.
    #[must_use]
    pub fn broken(&self) -> Option<Box<str>> {
        match &self.target {
            Target::Backend(_) => None,
            Target::Invalid { reference, reason } => {
                Some(format!("ExternalAuth: {reference} cannot be asked: {reason}").into())
            }
        }
    }

    /// The header fields of the request that the server is shown. Those of one connection and `Content-Length` are never
    /// among them: the caller writes its own.
    #[must_use]
    pub fn question(&self, request: &HeaderMap) -> HeaderMap {
        let sent = |name: &HeaderName| match &self.protocol {
            AuthProtocol::Http { request_headers, .. } => {
                *name == HOST || *name == AUTHORIZATION || request_headers.contains(name)
            }
            AuthProtocol::Grpc { request_headers } => {
                request_headers.is_empty() || request_headers.contains(name)
            }
        };
        let shown = request.iter().filter(|(name, _)| sent(name) && !is_framing(name));
        let mut question = HeaderMap::with_capacity(4);
        for (name, value) in shown {
            question.append(name, value.clone());
        }
        question
    }

    /// The path and query that an HTTP server is asked with. `None` where the two together are none.
    #[must_use]
    pub fn path(&self, request: &PathAndQuery) -> Option<PathAndQuery> {
        match &self.protocol {
            AuthProtocol::Http { path, .. } if !path.is_empty() => {
                // `*` (OPTIONS) has no place after a prefix.
                let rest = if request.as_str().starts_with('/') { request.as_str() } else { "" };
                PathAndQuery::try_from(format!("{path}{rest}")).ok()
            }
            _ => Some(request.clone()),
        }
    }

    /// Lays the header fields of an HTTP server's 200 over the request.
    ///
    /// Where `allowedResponseHeaders` lists names, exactly those are copied, and a value that the client sent for one goes
    /// even if the server has none: no client can pretend to be the server. An empty list copies every field except those
    /// that speak of the answer itself (`Content-*`) and those of one connection. `Host` never changes.
    pub fn admit(&self, answer: &HeaderMap, request: &mut HeaderMap) {
        let AuthProtocol::Http { response_headers, .. } = &self.protocol else { return };
        let copied = |name: &HeaderName| {
            *name != HOST
                && !is_framing(name)
                && if response_headers.is_empty() {
                    !is_content(name)
                } else {
                    response_headers.contains(name)
                }
        };
        for name in response_headers.iter().chain(answer.keys()).filter(|name| copied(name)) {
            request.remove(name);
        }
        for (name, value) in answer.iter().filter(|(name, _)| copied(name)) {
            request.append(name, value.clone());
        }
    }
}

/// What says where a message ends or belongs to one connection: a copy of it would let one request hide in another.
#[must_use]
pub fn is_framing(name: &HeaderName) -> bool {
    const OLD: [&str; 4] = ["keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization"];
    [CONNECTION, CONTENT_LENGTH, EXPECT, TE, TRAILER, TRANSFER_ENCODING, UPGRADE].contains(name)
        || OLD.contains(&name.as_str())
}

fn is_content(name: &HeaderName) -> bool {
    [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE].contains(name)
}

#[cfg(feature = "serde")]
fn names<S: serde::Serializer>(names: &[HeaderName], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(names.iter().map(HeaderName::as_str))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::model::BackendId;

    fn names(list: &[&'static str]) -> Vec<HeaderName> {
        list.iter().map(|name| HeaderName::from_static(name)).collect()
    }

    fn http(path: &str, request: &[&'static str], response: &[&'static str]) -> ExternalAuth {
        let protocol = AuthProtocol::Http {
            path: path.into(),
            request_headers: names(request),
            response_headers: names(response),
        };
        ExternalAuth { target: Target::Backend(BackendId(0)), protocol, body: 0, origin: Origin::default() }
    }

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_question_over_http_shows_what_is_listed() {
        let sent = [
            ("host", "a"),
            ("authorization", "b"),
            ("cookie", "c"),
            ("cookie", "d"),
            ("x-other", "e"),
            ("content-length", "5"),
            ("te", "trailers"),
        ];
        let question = http("", &["cookie", "te"], &[]).question(&headers(&sent));
        assert_eq!(
            question,
            headers(&[("host", "a"), ("authorization", "b"), ("cookie", "c"), ("cookie", "d")])
        );
    }

    #[test]
    fn a_question_over_grpc_shows_all_or_what_is_listed() {
        let sent = headers(&[("host", "a"), ("authorization", "b"), ("x-a", "c")]);
        let grpc = |list: &[&'static str]| ExternalAuth {
            protocol: AuthProtocol::Grpc { request_headers: names(list) },
            ..http("", &[], &[])
        };
        assert_eq!(grpc(&[]).question(&sent), sent);
        assert_eq!(grpc(&["x-a"]).question(&sent), headers(&[("x-a", "c")]));
    }

    #[test]
    fn the_prefix_stands_before_path_and_query() {
        let path = |prefix, path| http(prefix, &[], &[]).path(&PathAndQuery::from_static(path)).unwrap();
        assert_eq!(path("", "/a?b"), "/a?b");
        assert_eq!(path("/check", "/a?b"), "/check/a?b");
        assert_eq!(path("/check", "*"), "/check");
    }

    #[test]
    fn listed_headers_are_the_servers_alone() {
        let filter = http("", &[], &["x-user", "x-team", "host", "content-length"]);
        let mut request =
            headers(&[("host", "a"), ("x-user", "forged"), ("x-team", "forged"), ("x-own", "1")]);
        let answer = headers(&[
            ("x-user", "u1"),
            ("x-user", "u2"),
            ("x-new", "n"),
            ("host", "b"),
            ("content-length", "9"),
        ]);
        filter.admit(&answer, &mut request);
        assert_eq!(request, headers(&[("host", "a"), ("x-own", "1"), ("x-user", "u1"), ("x-user", "u2")]));
    }

    #[test]
    fn an_empty_list_copies_all_that_speaks_of_the_request() {
        let mut request =
            headers(&[("host", "a"), ("content-type", "text/css"), ("x-user", "forged"), ("x-own", "1")]);
        let answer = headers(&[
            ("x-user", "u"),
            ("host", "b"),
            ("content-type", "text/html"),
            ("transfer-encoding", "chunked"),
            ("connection", "close"),
        ]);
        http("", &[], &[]).admit(&answer, &mut request);
        assert_eq!(
            request,
            headers(&[("host", "a"), ("content-type", "text/css"), ("x-own", "1"), ("x-user", "u")])
        );
    }
}

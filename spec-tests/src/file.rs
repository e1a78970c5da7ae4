use std::collections::BTreeMap;

use serde::Deserialize;

/// One set of objects with the requests that are put to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Relative to the folder of cases, without the extension: `path/exact`. Not in the file.
    #[serde(skip)]
    pub name: String,
    /// What the file pins down, in one sentence.
    pub title: String,
    /// The clauses that the expectations follow.
    pub spec: Vec<Clause>,
    /// How binding they are.
    pub level: Level,
    /// Which choice Gateline makes where the specification leaves one.
    pub note: Option<String>,
    /// The objects come from a cluster, perhaps of a newer or older API: they are not validated here.
    #[serde(default)]
    pub admitted: bool,
    /// What to take things for that are not among the objects.
    #[serde(default)]
    pub assume: Assume,
    /// Where regular expressions rank among path matches: a choice of the user.
    #[serde(default)]
    pub regex_rank: RegexRank,
    /// The class of Ingresses that are served beside the routes, as ingress-nginx does.
    pub ingress: Option<String>,
    /// Manifests, as one would apply them.
    pub objects: String,
    /// The cases.
    #[serde(default)]
    pub requests: Vec<Case>,
    /// Conditions that must be in the statuses.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// Counts and kinds of listeners.
    #[serde(default)]
    pub attached: Vec<Attached>,
    /// What rules carry besides their matches and filters.
    #[serde(default)]
    pub rules: Vec<RuleData>,
    /// How backends are spoken to.
    #[serde(default)]
    pub upstreams: Vec<UpstreamData>,
    /// The codes of all findings above Info, in order; `[]` for none. Not checked where absent.
    pub findings: Option<Vec<String>>,
}

/// A clause of a specification.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Quoted.
    pub clause: String,
    /// Where it stands.
    pub url: String,
}

/// How binding an expectation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every implementation must do so.
    Core,
    /// Every implementation that claims the feature must.
    Extended,
    /// The specification leaves it open; Gateline chose.
    Implementation,
}

/// What is taken for granted of objects that a file does not hold.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Assume {
    /// Services.
    pub services: Assumed,
    /// Secrets and ConfigMaps.
    pub secrets: Assumed,
    /// Namespaces and their labels.
    pub namespaces: Assumed,
}

/// `RegexRank` of the engine, `--regex-rank` of the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegexRank {
    /// After Exact, before every prefix.
    #[default]
    AbovePrefix,
    /// After every prefix.
    BelowPrefix,
}

impl RegexRank {
    /// What the engine calls it.
    #[must_use]
    pub fn options(self) -> gateline::Options {
        let mut options = gateline::Options::default();
        options.regex_rank = match self {
            Self::AbovePrefix => gateline::RegexRank::AbovePrefix,
            Self::BelowPrefix => gateline::RegexRank::BelowPrefix,
        };
        options
    }
}

/// See [`Assume`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assumed {
    /// As if it were there.
    #[default]
    Present,
    /// The file holds all there is.
    Missing,
}

/// One request with what must become of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique in its file.
    pub name: String,
    /// What is sent.
    pub request: Request,
    /// What must come of it.
    pub expect: Expect,
}

/// A request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `GET` where nothing is written.
    #[serde(default = "get")]
    pub method: String,
    /// Scheme, host, port (which chooses the listeners), path and query. `tls://host:port`, `tcp://:port` and
    /// `udp://:port` stand for a connection or a datagram.
    pub url: String,
    /// `Host` or `:authority` as the client sends it, if it is not that of the URL.
    pub host: Option<String>,
    /// The server name of the TLS handshake, if it is not the host of the URL. The empty text is none.
    pub sni: Option<String>,
    /// `ns/name`: the Gateway whose address the request is sent to. All share one address where nothing is written.
    pub gateway: Option<String>,
    /// Further header fields, in order.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Header fields that the backend answers with.
    #[serde(default)]
    pub reply: Vec<(String, String)>,
    /// What authorization servers answer, by `ns/name:port`: 200 where nothing is written.
    #[serde(default)]
    pub auth: BTreeMap<String, AuthReply>,
}

/// An answer of an authorization server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthReply {
    /// 200 lets the request go on.
    #[serde(default = "ok")]
    pub status: u16,
    /// Header fields, in order.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
}

fn ok() -> u16 {
    200
}

fn get() -> String {
    "GET".to_owned()
}

/// What must become of a request. Without `status` and `closed`, a backend must get it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The gateway answers by itself, with this status.
    pub status: Option<u16>,
    /// The connection is closed, the datagram dropped.
    #[serde(default)]
    pub closed: bool,
    /// `Location` of a redirect.
    pub location: Option<String>,
    /// `ns/gateway/listener`. Not checked where absent.
    pub listener: Option<String>,
    /// `Kind/ns/name`. Where absent, no rule may take the request.
    pub route: Option<String>,
    /// Index of the rule; with `route`.
    pub rule: Option<usize>,
    /// Index of the match. Not checked where absent.
    #[serde(rename = "match")]
    pub matched: Option<usize>,
    /// `ns/name:port`: all requests go there.
    pub backend: Option<String>,
    /// `ns/name:port` to its share of the requests; `invalid` to the share that is answered 500.
    pub split: Option<BTreeMap<String, u32>>,
    /// The authorization servers that are asked, in order; nobody where nothing is written.
    #[serde(default)]
    pub asked: Vec<Asked>,
    /// The request as the backend gets it. Only what is written is checked.
    pub upstream: Option<Upstream>,
    /// The response as the client gets it. Only what is written is checked.
    pub response: Option<Response>,
}

/// See [`Expect::asked`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// `ns/name:port`.
    pub server: String,
    /// The request as the server is told of it: over HTTP the question itself, of gRPC what it says of the request.
    pub question: Option<Upstream>,
}

/// See [`Expect::upstream`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// The method.
    pub method: Option<String>,
    /// Path and query.
    pub path: Option<String>,
    /// `Host` or `:authority`.
    pub host: Option<String>,
    /// The values of a name, joined by a comma; null for a name that must not be there.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
}

/// See [`Expect::response`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// As in [`Upstream::headers`].
    pub headers: BTreeMap<String, Option<String>>,
}

/// A condition of a status.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// `Kind/ns/name`.
    pub object: String,
    /// `ns/name`, then `#section` and `:port` as the parentRef has them: in `status.parents`.
    pub parent: Option<String>,
    /// The name of a listener: in `status.listeners`.
    pub listener: Option<String>,
    /// `Accepted`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Not checked where absent: the specification names none.
    pub reason: Option<String>,
}

/// What a listener's status counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attached {
    /// `Kind/ns/name` of the Gateway or ListenerSet.
    pub object: String,
    /// The name of the listener.
    pub listener: String,
    /// `attachedRoutes`.
    pub routes: i32,
    /// `supportedKinds`, in any order. Not checked where absent.
    pub kinds: Option<Vec<String>>,
}

/// Timeouts, retries and session persistence of a rule. What is not written must not be there; durations are as in
/// `1.5s` and `100ms`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleData {
    /// `Kind/ns/name`.
    pub route: String,
    /// Index.
    pub rule: usize,
    /// `timeouts.request`.
    pub request: Option<String>,
    /// `timeouts.backendRequest`.
    pub backend_request: Option<String>,
    /// `retry`.
    pub retry: Option<Retry>,
    /// `sessionPersistence`.
    pub session: Option<Session>,
}

/// See [`RuleData::retry`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Tries after the first.
    pub attempts: u32,
    /// Response codes that are tried again.
    #[serde(default)]
    pub codes: Vec<u16>,
    /// The shortest wait.
    pub backoff: Option<String>,
}

/// See [`RuleData::session`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// `header`, `cookie`, or `permanent cookie`.
    pub kind: String,
    /// Of the header or cookie.
    pub name: Option<String>,
    /// `absoluteTimeout`.
    pub absolute_timeout: Option<String>,
}

/// How a backend is spoken to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamData {
    /// `ns/name:port`.
    pub backend: String,
    /// `clear`, `broken` (TLS that cannot be set up: a proxy answers 5xx), or the server name of TLS.
    pub tls: String,
}

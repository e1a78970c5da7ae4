use serde::Deserialize;

use super::external_auth::ExternalAuth;
use super::refs::{BackendRef, ObjectRef, ParentRef};

/// HTTPRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpRoute {
    /// `spec`.
    pub spec: HttpSpec,
}

/// `spec` of an HTTPRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpSpec {
    /// Where it attaches.
    pub parent_refs: Vec<ParentRef>,
    /// Hosts; none is any.
    pub hostnames: Vec<String>,
    /// None is the CRD's default: one rule for everything.
    pub rules: Vec<HttpRule>,
}

/// `rules[]` of an HTTPRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRule {
    /// Unique in the route.
    pub name: Option<String>,
    /// Any of them; none is the prefix `/`.
    pub matches: Vec<RouteMatch>,
    /// Applied to every request of the rule.
    pub filters: Vec<Filter>,
    /// Where requests go.
    pub backend_refs: Vec<BackendRef>,
    /// GEP-1742.
    pub timeouts: Option<Timeouts>,
    /// GEP-1731.
    pub retry: Option<Retry>,
    /// GEP-1619.
    pub session_persistence: Option<Session>,
}

/// `matches[]` of an HTTPRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteMatch {
    /// Default: the prefix `/`.
    pub path: Option<PathPredicate>,
    /// All of them.
    pub headers: Vec<Predicate>,
    /// All of them.
    pub query_params: Vec<Predicate>,
    /// The method.
    pub method: Option<String>,
}

/// `matches[].path`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PathPredicate {
    /// `Exact`, `PathPrefix` (default), `RegularExpression`.
    pub r#type: Option<String>,
    /// Default: `/`.
    pub value: Option<String>,
}

/// `headers[]` or `queryParams[]` of a match.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Predicate {
    /// `Exact` (default) or `RegularExpression`.
    pub r#type: Option<String>,
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// GRPCRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrpcRoute {
    /// `spec`.
    pub spec: GrpcSpec,
}

/// `spec` of a GRPCRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcSpec {
    /// Where it attaches.
    pub parent_refs: Vec<ParentRef>,
    /// Hosts; none is any.
    pub hostnames: Vec<String>,
    /// The rules.
    pub rules: Vec<GrpcRule>,
}

/// `rules[]` of a GRPCRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcRule {
    /// Unique in the route.
    pub name: Option<String>,
    /// Any of them; none is every call.
    pub matches: Vec<GrpcRouteMatch>,
    /// Applied to every call of the rule.
    pub filters: Vec<Filter>,
    /// Where calls go.
    pub backend_refs: Vec<BackendRef>,
    /// GEP-1619.
    pub session_persistence: Option<Session>,
}

/// `matches[]` of a GRPCRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrpcRouteMatch {
    /// Service and method.
    pub method: Option<GrpcMethod>,
    /// All of them.
    pub headers: Vec<Predicate>,
}

/// `matches[].method` of a GRPCRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrpcMethod {
    /// `Exact` (default) or `RegularExpression`, for both.
    pub r#type: Option<String>,
    /// Any, if not set.
    pub service: Option<String>,
    /// Any, if not set.
    pub method: Option<String>,
}

/// `filters[]` of HTTPRoute and GRPCRoute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// Which of the others is set.
    pub r#type: String,
    /// `RequestHeaderModifier`.
    pub request_header_modifier: Option<HeaderFilter>,
    /// `ResponseHeaderModifier`.
    pub response_header_modifier: Option<HeaderFilter>,
    /// `RequestMirror`.
    pub request_mirror: Option<Mirror>,
    /// `RequestRedirect`.
    pub request_redirect: Option<Redirect>,
    /// `URLRewrite`.
    pub url_rewrite: Option<UrlRewrite>,
    /// `CORS`.
    pub cors: Option<Cors>,
    /// `ExternalAuth`.
    pub external_auth: Option<ExternalAuth>,
    /// `ExtensionRef`.
    pub extension_ref: Option<ObjectRef>,
}

/// `requestHeaderModifier`, `responseHeaderModifier`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HeaderFilter {
    /// Replaces.
    pub set: Vec<HeaderEntry>,
    /// Adds.
    pub add: Vec<HeaderEntry>,
    /// Removes.
    pub remove: Vec<String>,
}

/// `set[]`, `add[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HeaderEntry {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// `requestMirror`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mirror {
    /// Where the copy goes.
    pub backend_ref: BackendRef,
    /// 0 to 100.
    pub percent: Option<u32>,
    /// Instead of `percent`.
    pub fraction: Option<Fraction>,
}

/// `requestMirror.fraction`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fraction {
    /// At most the denominator.
    pub numerator: u32,
    /// Default: 100.
    pub denominator: Option<u32>,
}

/// `requestRedirect`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Redirect {
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// The host.
    pub hostname: Option<String>,
    /// The path.
    pub path: Option<Modifier>,
    /// The port.
    pub port: Option<u16>,
    /// Default: 302.
    pub status_code: Option<u16>,
}

/// `path` of a redirect or rewrite.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Modifier {
    /// `ReplaceFullPath` or `ReplacePrefixMatch`.
    pub r#type: String,
    /// The whole path.
    pub replace_full_path: Option<String>,
    /// What replaces the matched prefix.
    pub replace_prefix_match: Option<String>,
}

/// `urlRewrite`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct UrlRewrite {
    /// The host.
    pub hostname: Option<String>,
    /// The path.
    pub path: Option<Modifier>,
}

/// `cors`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cors {
    /// Origins.
    pub allow_origins: Vec<String>,
    /// Default: false.
    pub allow_credentials: Option<bool>,
    /// Methods.
    pub allow_methods: Vec<String>,
    /// Header names.
    pub allow_headers: Vec<String>,
    /// Header names.
    pub expose_headers: Vec<String>,
    /// Default: 5 seconds.
    pub max_age: Option<u32>,
}

/// `timeouts`: GEP-2257 durations.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Timeouts {
    /// All tries together.
    pub request: Option<String>,
    /// One try.
    pub backend_request: Option<String>,
}

/// `retry`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Retry {
    /// Status codes.
    pub codes: Vec<u16>,
    /// Default: 1.
    pub attempts: Option<u32>,
    /// A GEP-2257 duration.
    pub backoff: Option<String>,
}

/// `sessionPersistence`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Session {
    /// `Cookie` (default) or `Header`.
    pub r#type: Option<String>,
    /// Of cookies. `cookieConfig` in older releases.
    #[serde(alias = "cookieConfig")]
    pub cookie: Option<SessionCookie>,
    /// Of headers.
    pub header: Option<SessionHeader>,
    /// A duration.
    pub absolute_timeout: Option<String>,
    /// The name of the cookie or header, in older releases.
    pub session_name: Option<String>,
    /// A duration, in older releases.
    pub idle_timeout: Option<String>,
}

/// `sessionPersistence.cookie`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionCookie {
    /// The gateway makes one up where there is none.
    pub name: Option<String>,
    /// The attribute `Path`, `/` where there is none.
    pub path: Option<String>,
    /// `Session` (default) or `Permanent`.
    pub lifetime_type: Option<String>,
}

/// `sessionPersistence.header`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionHeader {
    /// Of the header.
    pub name: String,
}

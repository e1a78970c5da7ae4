use serde::Deserialize;
use serde_json::Value;

/// Envoy Gateway's Backend: endpoints outside the cluster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Backend {
    /// `spec`.
    pub spec: BackendSpec,
}

/// `spec` of a Backend.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendSpec {
    /// Where it is.
    pub endpoints: Vec<BackendEndpoint>,
    /// What is spoken, in order of preference.
    pub app_protocols: Vec<String>,
}

/// `spec.endpoints[]`: one of the three.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackendEndpoint {
    /// A name.
    pub fqdn: Option<Fqdn>,
    /// An address.
    pub ip: Option<Ip>,
    /// A socket file: not supported.
    pub unix: Option<Value>,
}

/// `fqdn`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fqdn {
    /// The name.
    pub hostname: String,
    /// The port.
    pub port: u16,
}

/// `ip`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ip {
    /// The address.
    pub address: String,
    /// The port.
    pub port: u16,
}

/// Envoy Gateway's HTTPRouteFilter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HttpRouteFilter {
    /// `spec`.
    pub spec: HttpRouteFilterSpec,
}

/// `spec` of an HTTPRouteFilter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteFilterSpec {
    /// Host and path by pattern.
    pub url_rewrite: Option<FilterRewrite>,
    /// A fixed answer.
    pub direct_response: Option<FilterResponse>,
    /// Adds credentials: not supported yet.
    pub credential_injection: Option<Value>,
}

/// `spec.urlRewrite`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FilterRewrite {
    /// The host.
    pub hostname: Option<FilterHost>,
    /// The path.
    pub path: Option<FilterPath>,
}

/// `spec.urlRewrite.hostname`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FilterHost {
    /// `Header` or `Backend`.
    pub r#type: String,
    /// With `type: Header`.
    pub header: Option<String>,
}

/// `spec.urlRewrite.path`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterPath {
    /// `ReplaceRegexMatch`.
    pub r#type: String,
    /// The pattern and what replaces it.
    pub replace_regex_match: Option<RegexReplacement>,
}

/// `replaceRegexMatch`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegexReplacement {
    /// RE2.
    pub pattern: String,
    /// With `\1`.
    pub substitution: String,
}

/// `spec.directResponse`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterResponse {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Default: 200.
    pub status_code: Option<u16>,
    /// Default: empty.
    pub body: Option<FilterBody>,
}

/// `spec.directResponse.body`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterBody {
    /// `Inline` or `ValueRef`.
    pub r#type: String,
    /// With `type: Inline`.
    pub inline: Option<String>,
    /// With `type: ValueRef`: a ConfigMap.
    pub value_ref: Option<super::refs::ObjectRef>,
}

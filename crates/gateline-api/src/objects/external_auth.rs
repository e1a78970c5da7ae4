use serde::Deserialize;

use super::refs::BackendRef;

/// `externalAuth` of a filter of an HTTPRoute or a listener (GEP-1494).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalAuth {
    /// `HTTP` or `GRPC`.
    pub protocol: String,
    /// Who is asked.
    pub backend_ref: BackendRef,
    /// With `GRPC`.
    pub grpc: Option<GrpcAuth>,
    /// With `HTTP`.
    pub http: Option<HttpAuth>,
    /// Default: the body is not sent.
    pub forward_body: Option<ForwardBody>,
}

/// `externalAuth.grpc`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcAuth {
    /// Header names; none is all.
    pub allowed_headers: Vec<String>,
}

/// `externalAuth.http`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpAuth {
    /// Stands before the path of the request.
    pub path: Option<String>,
    /// Header names, besides those that are always sent.
    pub allowed_headers: Vec<String>,
    /// Header names; none is all.
    pub allowed_response_headers: Vec<String>,
}

/// `externalAuth.forwardBody`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForwardBody {
    /// Bytes; 0 is no body.
    pub max_size: u32,
}

//! Filters as data and as pure functions over `http` parts.

mod cors;
mod error;
mod external_auth;
mod header;
mod mirror;
mod origin;
mod path;
mod redirect;
mod respond;
mod rewrite;
mod substitute;

pub use cors::Cors;
pub use error::FilterError;
pub use external_auth::{AuthProtocol, ExternalAuth, is_framing};
pub use header::HeaderModifier;
pub(crate) use mirror::derive;
pub use mirror::{Mirror, Share};
pub use origin::CorsOrigin;
pub use path::PathModifier;
pub use redirect::Redirect;
pub use respond::DirectResponse;
pub use rewrite::{HostRewrite, Rewrite};
pub use substitute::ReplaceRegexMatch;

/// The filters of a rule or of one of its backends. The API allows each type once, except mirrors and `ExternalAuth`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
    /// `ExternalAuth`, in the order written: every one must agree before any other filter but a CORS preflight is applied. Of a
    /// rule only.
    pub auth: Vec<ExternalAuth>,
    /// `RequestHeaderModifier`.
    pub request_headers: Option<HeaderModifier>,
    /// `ResponseHeaderModifier`.
    pub response_headers: Option<HeaderModifier>,
    /// `RequestRedirect`: answers at once.
    pub redirect: Option<Redirect>,
    /// `URLRewrite`.
    pub rewrite: Option<Rewrite>,
    /// `RequestMirror`, in the order written.
    pub mirrors: Vec<Mirror>,
    /// `CORS`.
    pub cors: Option<Cors>,
    /// An `ExtensionRef` to a fixed answer: answers at once.
    pub respond: Option<DirectResponse>,
    /// A filter that cannot be followed (an unknown type, an `ExtensionRef` to nothing): every request of the rule is
    /// answered 500, never forwarded without it. Holds the reason.
    pub invalid: Option<Box<str>>,
}

//! Filters as data and as pure functions over `http` parts.

mod cors;
mod header;
mod mirror;
mod redirect;
mod respond;
mod rewrite;

pub use cors::{Cors, CorsOrigin};
pub use header::HeaderModifier;
pub use mirror::{Mirror, Share};
pub use redirect::Redirect;
pub use respond::DirectResponse;
pub use rewrite::{HostRewrite, PathModifier, Rewrite};

/// The filters of a rule or of one of its backends. The API allows each type once, except mirrors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
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

//! What ingress-nginx does with a set of Ingresses: its servers and locations, as rules of the engine.
//!
//! ```text
//! Objects --server--> Server { Location } --order--> paths in the order of nginx --model--> gateline::Model
//! ```
//!
//! # The model
//!
//! - Ingresses of one class, the oldest first; a host is one `server`, found by its whole name, then `*.` for one label;
//! - a location is the exact one, else the longest beginning; on a host with `use-regex` or a rewrite every path is a regular
//!   expression without regard to case, anchored at the start, the longest text first;
//! - `return`, redirects to HTTPS, rewrites, canaries, CORS and sessions as filters; who may pass, limits and timeouts as
//!   policies in words;
//! - port 443 answers for hosts with a certificate of their own.
//!
//! Paths are compared as sent: that nginx decodes them, merges slashes and resolves dots first is said by
//! [`crate::Source::implicit`], with all else that no annotation asks for.

mod annotations;
mod canary;
mod filters;
mod globals;
mod location;
mod model;
mod order;
pub(crate) mod policy;
mod redirect;
mod regex;
mod server;

pub use globals::{Globals, ImplementationSpecific};
pub use policy::Fate;

pub(crate) use annotations::Annotations;
pub(crate) use filters::rewrite;
pub(crate) use location::{Location, PathType};
pub(crate) use model::{ADD_SLASH, APP_ROOT, Builder, Built, Port, SSL_REDIRECT, Site, gateway};
pub(crate) use regex::{branches, has_branches, looks_around, starting as regex_over_paths};
pub(crate) use server::{Server, read, servers};

//! Gateway API objects: read with their places, validated as a cluster does, resolved to a model, statuses and findings.
//!
//! ```text
//! files, stdin --parse--> Objects --validate--> Objects, Findings --resolve--> Resolution { model, upstreams, tls, statuses, findings }
//! model --analyse--> Findings about all requests
//! ```
//!
//! Everything here is pure but [`parse::load`], which reads files. `resolve` never fails: what is wrong becomes a
//! condition on the object it is wrong with, and a finding with its place.

mod analysis;
mod beside;
pub mod finding;
pub mod object;
pub mod objects;
pub mod parse;
pub mod resolve;
pub mod status;
mod validate;

pub use analysis::{Target, analyse, plain_path};
pub use finding::{Finding, Severity};
pub use object::{Object, Objects};
pub use resolve::{Options, Resolution, resolve};
pub use validate::{nearest, validate};

//! From Ingress to the Gateway API without a change that nobody knows of.
//!
//! ```text
//! Ingresses --Source::ingress_nginx--> rules of the engine ─┐
//!                                                           ├─ verify: PROVED, or every class of requests that differs
//! Gateway API objects --Target::new--> rules of the engine ─┘
//! Ingresses --convert--> Gateway API objects, or why a route must not be written
//! ```
//!
//! Both sides become tables of the one engine and are compared by [`gateline::analysis::diff`]: over all requests, not
//! samples. Nothing here reads files or prints.

mod accept;
mod beside;
mod cause;
mod classify;
mod convert;
mod difference;
mod implicit;
mod inventory;
mod lock;
mod nginx;
mod source;
mod target;
mod traffic;
mod verify;

pub use accept::{Accept, AcceptError};
pub use beside::beside;
pub use convert::{ConvertOptions, Converted, Dialect, Manifest, convert};
pub use difference::Difference;
pub use inventory::{Annotation, Examined, Inventory, Verdict};
pub use lock::Lock;
pub use nginx::{Fate, Globals, ImplementationSpecific};
pub use source::{Source, SourceOptions};
pub use target::Target;
pub use verify::{Verification, verify};

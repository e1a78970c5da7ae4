//! `*.routetest.yaml`: what a file of tests says. Reading it needs no manifests; every value keeps its place.

mod case;
mod error;
mod expect;
mod file;
mod invariant;
mod matrix;
mod name;
mod node;
mod request;
mod waivers;

pub use case::{Case, Follow};
pub use error::SuiteError;
pub use expect::{Expect, ExpectRedirect, ExpectUpstream};
pub use file::Suite;
pub use invariant::{Claim, ClaimRedirect, Invariant};
pub use name::{Named, RuleIndex, RuleName};
pub use node::{Node, documents};
pub use waivers::{MeantChange, Waivers};

//! The Gateway API routing engine: what happens to this request, and why.
//!
//! A [`Model`] is plain data: listeners, the routes attached to them, their rules and backends, as `gateline-api`
//! resolves them from manifests or as a program builds them. [`Router::compile`] turns it into an immutable index;
//! [`Router::decide`] answers for one request without allocating, locking, reading a clock or drawing a random
//! number; [`Router::explain`] answers the same and says why every other rule lost.
//!
//! ```text
//! Model --compile--> Router --decide(entry, head)--> Decision --view--> RuleView --plan(head, x)--> Plan
//! ```

pub mod explain;
pub mod filter;
pub mod limit;
pub mod model;
pub mod pattern;
pub mod plan;
pub mod reference;
pub mod router;
pub mod weight;

mod decision;
mod head;
mod rank;

pub use decision::{Decision, EntryId, Hit, Miss, MissReason, RuleView};
pub use explain::Explanation;
pub use head::Head;
pub use model::Model;
pub use pattern::PatternError;
pub use plan::Plan;
pub use router::{CompileError, Options, RegexRank, Router, Stats};

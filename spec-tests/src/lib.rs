//! The semantics of the Gateway API as data, and the means to put every front door to the same questions.
//!
//! ```text
//! cases/**.yaml --files()--> File { objects, requests, … } --World::new--> Resolution, Router
//! a Door answers each Request --check--> mismatches with the Expect of the case
//! ```
//!
//! A [`Door`] is one way into the engine: the reference, the router, `explain`, the tower layers, the proxy, the command
//! line. All of them run the same cases through [`run`]; what a door cannot see it says in [`Sees`].

mod auth;
mod check;
mod door;
mod file;
mod load;
mod observed;
mod request;
mod resolved;
mod split;
mod status;
mod world;

pub use auth::{Refusal, authorize};
pub use check::check;
pub use door::{Ask, Door, Report, run};
pub use file::{
    Asked, Assume, Assumed, Attached, AuthReply, Case, Clause, Condition, Expect, File, Level, RegexRank,
    Request, Response, Retry, RuleData, Session, Upstream, UpstreamData,
};
pub use load::{LoadError, file, files};
pub use observed::{Became, Decided, Observed, Picks, Question, RouteAt, Sees, Sent};
pub use request::{Layer, Prepared};
pub use resolved::check_resolved;
pub use split::INVALID;
pub use status::check_status;
pub use world::{World, WorldError, worlds};

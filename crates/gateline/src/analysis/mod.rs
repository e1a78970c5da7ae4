//! Reasoning over *all* requests instead of samples of them: what no request reaches, what a change does to any
//! request, whether a claim holds for every request.
//!
//! [`reach`], [`diff`] and [`for_all`] read the very tables that the router searches, in the order of its one
//! `rank`. Their answers are proofs, or requests that show the contrary ([`Witness`]: decided by the router before it is
//! handed out), or say that and why something stayed unknown ([`Unknown`]). Nothing is sampled.
//!
//! # How
//!
//! Hosts fall into finitely many classes that no hostname tells apart, paths into finitely many that no path match tells
//! apart: exact paths and prefixes through a trie, regular expressions through one automaton of all of them, both at once
//! through their product. In a cell, hosts of one class with paths of one class, only methods, header fields and query
//! parameters are left. Rules ask only for what a request *has*; so whatever satisfies a match, one of finitely many *least*
//! requests that satisfy it satisfies no more, and if any request gets past the stronger matches, one of these does. For a
//! diff the same is asked of every two matches, one of each side, that have different effects.
//!
//! # The model
//!
//! All requests means:
//!
//! - hosts of up to 253 bytes; what is no host is answered 400 whatever the rules;
//! - paths in origin form, as the `http` crate reads them: `/`, then any UTF-8 but spaces, controls and `` #?<>` ``, of up
//!   to 4,096 bytes, the longest that regular expressions match. They are compared as sent: nothing is decoded. `OPTIONS *`
//!   and `CONNECT` have no path;
//! - any method; any header fields, of one line or several, `Host` not told from others; any query, form-decoded;
//! - in TLS a server name that is the host. [`diff`] also compares which hosts share a listener, for connections that
//!   serve several;
//! - one Gateway at a time, at an address of its own.
//!
//! What filters do to a request is compared as it is written, not as it comes out.
//!
//! # Limits
//!
//! Time is linear in the number of rules where they differ by host, exact path or prefix. Regular expressions multiply with
//! what they overlap; of the matches that compete for one cell, [`diff`] compares in
//! pairs those that the sides do not have in the same order. 32 MiB of automaton,
//! 2^20 states of a product, 4,096 ways to satisfy two matches, 10^8 steps: beyond one of these the answer is
//! [`Reason`], never a guess.

mod apart;
mod cell;
mod change;
mod claim;
mod comparing;
mod connections;
mod diff;
mod effect;
mod hosts;
mod language;
mod overlap;
mod paths;
mod reach;
mod redirects;
mod scene;
mod takers;
mod unknown;
mod values;
mod witness;
mod words;

pub use apart::tell_apart;
pub use change::{Change, ChangeKind, Party};
pub use claim::{Case, Counterexample, Scope, Verdict, for_all};
pub use comparing::{Beside, Comparing, Label, Waiver};
pub use diff::{Diff, diff, diff_with};
pub use effect::{Answer, Effect, Forwarding, Part, Why};
pub use hosts::Hosts;
pub use overlap::{Overlap, Overlaps, overlaps};
pub use reach::{MatchRef, Reach, reach};
pub use redirects::{Lead, LeadEnd, redirects};
pub use takers::takers;
pub use unknown::{Reason, Unknown};
pub use witness::{Witness, quoted};

//! Token buckets: one, several at once, or one a key. Time is an argument.
//!
//! A [`Bucket`] is one atomic number; what it holds follows from the [`Quota`] it is asked under, so a quota may change
//! while the bucket goes on. Buckets live outside the router and survive its replacement.

mod all;
mod bucket;
mod keyed;
mod quota;

pub use all::{Charge, take_all};
pub use bucket::{Bucket, Left, RetryAfter};
pub use keyed::Keyed;
pub use quota::Quota;

/// A point in time, in nanoseconds since any fixed moment: the start of the process, say. Lasts for 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nanos(pub u64);

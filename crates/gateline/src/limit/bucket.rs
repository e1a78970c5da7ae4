use std::time::Duration;

use super::{Nanos, Quota};
use sync::{AtomicU64, Ordering};

/// Under `--cfg loom` every interleaving of the atomics is tried (`tests/loom_bucket.rs`).
mod sync {
    #[cfg(loom)]
    pub(super) use loom::sync::atomic::{AtomicU64, Ordering};
    #[cfg(not(loom))]
    pub(super) use std::sync::atomic::{AtomicU64, Ordering};
}

/// A token bucket: the generic cell rate algorithm (ITU-T I.371) on one atomic number. Lock-free, 8 bytes.
///
/// The number is the time at which the bucket will be full again if nothing is taken from it ("theoretical arrival
/// time"); taking n tokens moves it n intervals into the future, and it may be at most a whole burst ahead of now.
///
/// Times may come from several threads and a little out of order: an earlier time sees fewer tokens, never more. A clock
/// that goes back by more than the bucket takes to fill finds it empty, and from there it fills as ever, so that a clock
/// set wrong for a moment blocks nobody for long.
#[derive(Debug, Default)]
pub struct Bucket {
    full_at: AtomicU64,
}

/// What is left after a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// Whole tokens.
    pub tokens: u32,
    /// Until the bucket is full again.
    pub full_after: Duration,
}

/// Why nothing was taken: when to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RetryAfter {
    /// The tokens will be there after this time if nobody else takes them.
    #[error("enough tokens after {0:?}")]
    After(Duration),
    /// The bucket never holds that many.
    #[error("more tokens than the bucket holds")]
    Never,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes `tokens`, or nothing if there are fewer. 0 tokens are always there: it asks what is left.
    pub fn take(&self, quota: Quota, now: Nanos, tokens: u32) -> Result<Left, RetryAfter> {
        let mut seen = self.full_at.load(Ordering::Relaxed);
        loop {
            let (new, answer) = step(seen, quota, now.0, tokens);
            if new == seen {
                return answer;
            }
            // The number is all there is: no other memory is published with it, so relaxed ordering is enough.
            match self.full_at.compare_exchange_weak(seen, new, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return answer,
                Err(other) => seen = other,
            }
        }
    }

    /// What [`Bucket::take`] would answer, without taking.
    pub fn peek(&self, quota: Quota, now: Nanos, tokens: u32) -> Result<Left, RetryAfter> {
        step(self.full_at.load(Ordering::Relaxed), quota, now.0, tokens).1
    }

    /// Gives back what a take at `now` took, but never more than makes the bucket full.
    pub(super) fn give_back(&self, quota: Quota, now: Nanos, tokens: u32) {
        let back = quota.time_for(tokens).unwrap_or_default();
        let mut seen = self.full_at.load(Ordering::Relaxed);
        loop {
            let new = seen.saturating_sub(back).max(now.0).min(seen);
            match self.full_at.compare_exchange_weak(seen, new, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => seen = other,
            }
        }
    }

    /// Whether nothing has been taken that has not come back: it is as good as a new one.
    #[must_use]
    pub fn is_full(&self, now: Nanos) -> bool {
        self.full_at.load(Ordering::Relaxed) <= now.0
    }
}

/// One step of the algorithm: the next value of `full_at`, and the answer.
fn step(full_at: u64, quota: Quota, now: u64, tokens: u32) -> (u64, Result<Left, RetryAfter>) {
    let fill = quota.time_to_fill();
    let mut start = full_at.max(now);
    if start - now > fill.saturating_mul(2) {
        start = now.saturating_add(fill);
    }
    // Looking changes nothing but a clock that went back.
    let kept = if start < full_at { start } else { full_at };
    let Some(time) = quota.time_for(tokens) else { return (kept, Err(RetryAfter::Never)) };
    let Some(end) = start.checked_add(time) else { return (kept, Err(RetryAfter::Never)) };
    let ahead = end - now;
    if tokens == 0 {
        return (kept, Ok(left(quota, ahead)));
    }
    match ahead.checked_sub(fill) {
        None | Some(0) => (end, Ok(left(quota, ahead))),
        Some(short) => (kept, Err(RetryAfter::After(Duration::from_nanos(short)))),
    }
}

fn left(quota: Quota, ahead: u64) -> Left {
    let tokens = quota.tokens_in(quota.time_to_fill().saturating_sub(ahead));
    Left { tokens, full_after: Duration::from_nanos(ahead) }
}

#[cfg(all(test, not(loom)))]
#[path = "bucket_tests.rs"]
mod tests;

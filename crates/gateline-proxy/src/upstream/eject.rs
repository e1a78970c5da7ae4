use std::cell::Cell;
use std::time::{Duration, Instant};

/// Passive health: an endpoint that fails [`FAILURES`] connections in a row is left out for a second, then for twice as
/// long after each further failure, up to [`LONGEST`]. One request after that time decides how it goes on.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failures: Cell<u32>,
    until: Cell<Option<Instant>>,
}

const FAILURES: u32 = 3;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

impl Health {
    /// Whether a request may go there.
    pub(crate) fn admits(&self, now: impl FnOnce() -> Instant) -> bool {
        self.until.get().is_none_or(|until| until <= now())
    }

    /// A request goes there. After an ejection has run out, further ones wait for its outcome, at most [`SHORTEST`].
    pub(crate) fn taken(&self, now: impl FnOnce() -> Instant) {
        if self.until.get().is_some() {
            self.until.set(Some(now() + SHORTEST));
        }
    }

    pub(crate) fn succeeded(&self) {
        self.failures.set(0);
        self.until.set(None);
    }

    /// Returns whether the endpoint is ejected by this failure.
    pub(crate) fn failed(&self, now: Instant) -> bool {
        let failures = self.failures.get().saturating_add(1);
        self.failures.set(failures);
        let Some(rounds) = failures.checked_sub(FAILURES) else { return false };
        let time = SHORTEST.saturating_mul(1 << rounds.min(6)).min(LONGEST);
        self.until.set(Some(now + time));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ejects_after_three_failures_and_doubles() {
        let (health, start) = (Health::default(), Instant::now());
        assert!(!health.failed(start));
        assert!(!health.failed(start));
        assert!(health.admits(|| start));
        assert!(health.failed(start));
        assert!(!health.admits(|| start + Duration::from_millis(999)));
        assert!(health.admits(|| start + Duration::from_secs(1)), "one probe");
        health.taken(|| start + Duration::from_secs(1));
        assert!(!health.admits(|| start + Duration::from_secs(1)), "and only one");
        assert!(health.failed(start));
        assert!(!health.admits(|| start + Duration::from_millis(1_999)));
        health.succeeded();
        assert!(health.admits(|| start));
    }

    #[test]
    fn never_longer_than_a_minute() {
        let (health, start) = (Health::default(), Instant::now());
        for _ in 0..1_000 {
            health.failed(start);
        }
        assert!(health.admits(|| start + LONGEST));
    }
}

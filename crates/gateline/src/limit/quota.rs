use std::time::Duration;

/// How fast a bucket fills and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    /// Nanoseconds a token takes to come; at least 1.
    interval: u64,
    /// Tokens in a full bucket.
    burst: u32,
}

/// No bucket takes longer to fill: a quarter of what `u64` holds, so that no sum of two overflows.
const LONGEST: u64 = u64::MAX / 4;

impl Quota {
    /// `tokens` for each `per`, spread evenly, in a bucket that holds `tokens`. 0 tokens refuse everything.
    ///
    /// The time between two tokens is rounded up to a nanosecond, so the rate is never exceeded: at a million tokens a second it
    /// is at most 0.1 % lower. More than 10^9 a second count as 10^9.
    #[must_use]
    pub fn new(tokens: u32, per: Duration) -> Self {
        let interval = per.as_nanos().div_ceil(u128::from(tokens.max(1)));
        let interval = u64::try_from(interval).unwrap_or(LONGEST).clamp(1, LONGEST);
        Self { interval, burst: 0 }.with_burst(tokens)
    }

    /// The same rate in a bucket that holds another number of tokens. A bucket that would take more than 146 years to fill
    /// holds less.
    #[must_use]
    pub fn with_burst(self, burst: u32) -> Self {
        let most = u32::try_from(LONGEST / self.interval).unwrap_or(u32::MAX);
        Self { burst: burst.min(most), ..self }
    }

    /// Tokens in a full bucket.
    #[must_use]
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// The time from one token to the next.
    #[must_use]
    pub fn interval(self) -> Duration {
        Duration::from_nanos(self.interval)
    }

    /// Nanoseconds that some tokens take to come; `None` for more than a full bucket has.
    pub(super) fn time_for(self, tokens: u32) -> Option<u64> {
        (tokens <= self.burst).then(|| u64::from(tokens).saturating_mul(self.interval))
    }

    /// Nanoseconds from empty to full.
    pub(super) fn time_to_fill(self) -> u64 {
        u64::from(self.burst).saturating_mul(self.interval)
    }

    /// The tokens that come in some time.
    pub(super) fn tokens_in(self, nanos: u64) -> u32 {
        u32::try_from(nanos / self.interval).unwrap_or(u32::MAX)
    }
}

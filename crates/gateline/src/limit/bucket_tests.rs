use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000_000;

fn quota(tokens: u32) -> Quota {
    Quota::new(tokens, Duration::from_secs(1))
}

#[test]
fn a_burst_and_then_the_rate() {
    let bucket = Bucket::new();
    let at = |millis: u64| Nanos(SECOND + millis * 1_000_000);
    for left in [1, 0] {
        assert_eq!(bucket.take(quota(2), at(0), 1).unwrap().tokens, left);
    }
    assert_eq!(bucket.take(quota(2), at(0), 1), Err(RetryAfter::After(Duration::from_millis(500))));
    assert_eq!(bucket.take(quota(2), at(499), 1), Err(RetryAfter::After(Duration::from_millis(1))));
    assert_eq!(bucket.take(quota(2), at(500), 1).unwrap().tokens, 0);
    assert_eq!(
        bucket.take(quota(2), at(60_000), 1),
        Ok(Left { tokens: 1, full_after: Duration::from_millis(500) })
    );
}

#[test]
fn more_than_the_bucket_holds() {
    let bucket = Bucket::new();
    assert_eq!(bucket.take(quota(2), Nanos(0), 3), Err(RetryAfter::Never));
    assert_eq!(bucket.take(quota(2), Nanos(0), u32::MAX), Err(RetryAfter::Never));
    assert_eq!(bucket.take(quota(2), Nanos(0), 2).unwrap().tokens, 0);
}

#[test]
fn nothing() {
    let bucket = Bucket::new();
    assert_eq!(bucket.take(quota(0), Nanos(9), 1), Err(RetryAfter::Never));
    assert_eq!(bucket.take(quota(0), Nanos(9), 0), Ok(Left { tokens: 0, full_after: Duration::ZERO }));
    assert_eq!(bucket.take(quota(1), Nanos(9), 1).unwrap().tokens, 0);
    // Asking is free even when the bucket is empty.
    assert_eq!(bucket.take(quota(1), Nanos(9), 0).unwrap().tokens, 0);
}

#[test]
fn a_clock_that_goes_back() {
    let bucket = Bucket::new();
    let day = 86_400 * SECOND;
    assert!(bucket.take(quota(2), Nanos(day), 2).is_ok());
    // A little: what is taken stays taken.
    assert!(bucket.take(quota(2), Nanos(day - SECOND / 4), 1).is_err());
    // A day: empty now, and filling from here.
    assert_eq!(bucket.take(quota(2), Nanos(0), 1), Err(RetryAfter::After(Duration::from_millis(500))));
    assert!(bucket.take(quota(2), Nanos(SECOND / 2), 1).is_ok());
    assert!(bucket.take(quota(2), Nanos(SECOND / 2), 1).is_err());
}

#[test]
fn the_end_of_time() {
    let bucket = Bucket::new();
    assert_eq!(bucket.take(quota(1), Nanos(u64::MAX), 1), Err(RetryAfter::Never));
    let slow = Quota::new(u32::MAX, Duration::MAX).with_burst(u32::MAX);
    assert!(slow.burst() >= 1);
    assert!(bucket.take(slow, Nanos(0), slow.burst()).is_ok());
    assert!(bucket.take(slow, Nanos(0), 1).is_err());
    let fast = Quota::new(u32::MAX, Duration::from_nanos(1));
    assert_eq!(fast.interval(), Duration::from_nanos(1));
}

/// The same bucket as a child would write it, in exact fractions: tokens times the interval.
struct Model {
    level: u128,
    at: u64,
}

impl Model {
    fn take(&mut self, quota: Quota, now: u64, tokens: u32) -> bool {
        let interval = quota.interval().as_nanos();
        let full = u128::from(quota.burst()) * interval;
        self.level = (self.level + u128::from(now - self.at)).min(full);
        self.at = now;
        let cost = u128::from(tokens) * interval;
        let enough = cost <= self.level;
        self.level -= if enough { cost } else { 0 };
        enough
    }
}

proptest! {
    #[test]
    fn agrees_with_a_model(
        tokens in 1_u32..50,
        burst in 0_u32..50,
        steps in prop::collection::vec((0_u64..200_000_000, 0_u32..6), 0..200),
    ) {
        let quota = quota(tokens).with_burst(burst);
        let bucket = Bucket::new();
        let mut model = Model { level: u128::from(burst) * quota.interval().as_nanos(), at: 0 };
        let mut now = 0;
        for (nanos, tokens) in steps {
            now += nanos;
            let taken = bucket.take(quota, Nanos(now), tokens);
            prop_assert_eq!(taken.is_ok(), model.take(quota, now, tokens));
            let left = u128::from(bucket.peek(quota, Nanos(now), 0).unwrap().tokens);
            prop_assert_eq!(left, model.level / quota.interval().as_nanos());
            if let Err(RetryAfter::After(wait)) = taken {
                let wait = u64::try_from(wait.as_nanos()).unwrap();
                prop_assert!(bucket.peek(quota, Nanos(now + wait), tokens).is_ok());
                prop_assert!(bucket.peek(quota, Nanos(now + wait - 1), tokens).is_err());
            }
        }
    }

    /// Whatever the clock does, nothing overflows, and a bucket is never blocked for longer than it takes to fill twice.
    #[test]
    fn any_clock(tokens: u32, per: u32, burst: u32, steps in prop::collection::vec((any::<u64>(), any::<u32>()), 0..50)) {
        let quota = Quota::new(tokens, Duration::from_millis(per.into())).with_burst(burst);
        let bucket = Bucket::new();
        for (now, tokens) in steps {
            let _ = bucket.take(quota, Nanos(now), tokens);
            if let Err(RetryAfter::After(wait)) = bucket.take(quota, Nanos(now), 1) {
                prop_assert!(wait <= quota.interval() * 2 * quota.burst().max(1));
            }
        }
    }
}

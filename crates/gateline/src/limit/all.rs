use super::{Bucket, Left, Nanos, Quota, RetryAfter};

/// What one limit asks of a request.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'a> {
    /// From where.
    pub bucket: &'a Bucket,
    /// Under which quota.
    pub quota: Quota,
    /// How many tokens; 0 takes part in the answer only.
    pub tokens: u32,
}

/// Takes every charge or none: a request that one limit refuses uses up none of the others. Answers what the scarcest
/// bucket has left, or how long the slowest of those that refuse will take. No charges leave `None`.
///
/// All buckets are looked at before the first is touched, so only a request that loses a race for the last token holds
/// tokens of other buckets for an instant before it gives them back.
pub fn take_all(charges: &[Charge<'_>], now: Nanos) -> Result<Option<Left>, RetryAfter> {
    let refused =
        charges.iter().filter_map(|charge| charge.bucket.peek(charge.quota, now, charge.tokens).err()).max();
    if let Some(retry_after) = refused {
        return Err(retry_after);
    }
    let mut least = None;
    for (index, charge) in charges.iter().enumerate() {
        match charge.bucket.take(charge.quota, now, charge.tokens) {
            Ok(left) => least = Some(least.map_or(left, |least: Left| least.min(left))),
            Err(retry_after) => {
                for taken in charges.iter().take(index) {
                    taken.bucket.give_back(taken.quota, now, taken.tokens);
                }
                return Err(retry_after);
            }
        }
    }
    Ok(least)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn quota(tokens: u32) -> Quota {
        Quota::new(tokens, Duration::from_secs(1))
    }

    #[test]
    fn a_refused_request_uses_up_nothing() {
        let (wide, narrow) = (Bucket::new(), Bucket::new());
        let charges = [
            Charge { bucket: &wide, quota: quota(10), tokens: 1 },
            Charge { bucket: &narrow, quota: quota(2), tokens: 1 },
        ];
        let now = Nanos(5_000_000_000);
        assert_eq!(take_all(&charges, now).unwrap().unwrap().tokens, 1);
        assert_eq!(take_all(&charges, now).unwrap().unwrap().tokens, 0);
        for _ in 0..100 {
            assert_eq!(take_all(&charges, now), Err(RetryAfter::After(Duration::from_millis(500))));
        }
        assert_eq!(wide.peek(quota(10), now, 0).unwrap().tokens, 8);
    }

    #[test]
    fn the_slowest_refusal_is_told() {
        let buckets = [Bucket::new(), Bucket::new()];
        let charges = [quota(1), quota(4)].map(|quota| quota.with_burst(1));
        let charges = [(0, charges[0]), (1, charges[1])];
        let charges = charges.map(|(index, quota)| Charge { bucket: &buckets[index], quota, tokens: 1 });
        assert!(take_all(&charges, Nanos(0)).is_ok());
        assert_eq!(take_all(&charges, Nanos(0)), Err(RetryAfter::After(Duration::from_secs(1))));
        let never = [Charge { tokens: 2, ..charges[0] }, charges[1]];
        assert_eq!(take_all(&never, Nanos(0)), Err(RetryAfter::Never));
        assert_eq!(take_all(&[], Nanos(0)), Ok(None));
    }

    #[test]
    fn one_bucket_charged_twice() {
        let bucket = Bucket::new();
        let charge = Charge { bucket: &bucket, quota: quota(3), tokens: 2 };
        assert!(take_all(&[charge, charge], Nanos(0)).is_err());
        assert_eq!(bucket.peek(quota(3), Nanos(0), 0).unwrap().tokens, 3);
    }

    proptest! {
        /// With the limits in any order and of any size: either all pay, or none.
        #[test]
        fn all_or_none(
            steps in prop::collection::vec((0_u64..400, prop::array::uniform3(0_u32..4)), 1..60),
            rates in prop::array::uniform3(1_u32..6),
        ) {
            let buckets = [Bucket::new(), Bucket::new(), Bucket::new()];
            let mut now = 0;
            for (millis, tokens) in steps {
                now += millis * 1_000_000;
                let charge = |i: usize| Charge { bucket: &buckets[i], quota: quota(rates[i]), tokens: tokens[i] };
                let charges = [charge(0), charge(1), charge(2)];
                let look = || charges.map(|c| c.bucket.peek(c.quota, Nanos(now), 0).unwrap());
                let before = look();
                let taken = take_all(&charges, Nanos(now)).is_ok();
                let after = look();
                for i in 0..3 {
                    let paid = if taken { tokens[i] } else { 0 };
                    prop_assert_eq!(before[i].tokens - after[i].tokens, paid);
                }
            }
        }
    }
}

//! Every interleaving of takes from one bucket: `RUSTFLAGS="--cfg loom" cargo test -p gateline --test loom_bucket --release`.
#![cfg(loom)]

use std::time::Duration;

use gateline::limit::{Bucket, Charge, Nanos, Quota, take_all};
use loom::sync::Arc;
use loom::thread;

const NOW: Nanos = Nanos(1_000_000_000);

/// Three threads, two tokens: two get one, in every order.
#[test]
fn no_token_is_taken_twice_or_lost() {
    loom::model(|| {
        let quota = Quota::new(2, Duration::from_secs(1));
        let bucket = Arc::new(Bucket::new());
        let take = |bucket: Arc<Bucket>| thread::spawn(move || u32::from(bucket.take(quota, NOW, 1).is_ok()));
        let others = [take(bucket.clone()), take(bucket.clone())];
        let mine = u32::from(bucket.take(quota, NOW, 1).is_ok());
        let taken = mine + others.into_iter().map(|thread| thread.join().unwrap()).sum::<u32>();
        assert_eq!(taken, 2);
        assert_eq!(bucket.peek(quota, NOW, 0).unwrap().tokens, 0);
    });
}

/// Two threads want a token of each of two buckets, in opposite order, and one of the buckets has only one: at most one
/// gets both, and whoever is refused gives back what it took.
#[test]
fn the_one_that_loses_gives_back() {
    loom::model(|| {
        let (one, two) = (Quota::new(1, Duration::from_secs(1)), Quota::new(2, Duration::from_secs(1)));
        let buckets = Arc::new((Bucket::new(), Bucket::new()));
        let other = buckets.clone();
        let other = thread::spawn(move || {
            let scarce = Charge { bucket: &other.0, quota: one, tokens: 1 };
            let plenty = Charge { bucket: &other.1, quota: two, tokens: 1 };
            u32::from(take_all(&[plenty, scarce], NOW).is_ok())
        });
        let scarce = Charge { bucket: &buckets.0, quota: one, tokens: 1 };
        let plenty = Charge { bucket: &buckets.1, quota: two, tokens: 1 };
        let mine = u32::from(take_all(&[scarce, plenty], NOW).is_ok());
        let taken = mine + other.join().unwrap();
        assert_eq!(taken, 1);
        assert_eq!(buckets.0.peek(one, NOW, 0).unwrap().tokens, 0);
        assert_eq!(buckets.1.peek(two, NOW, 0).unwrap().tokens, 1);
    });
}

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::quality::FixedState;

use super::{Bucket, Nanos};

/// Entries that share a lock, and that one key may stand in.
const WAYS: usize = 8;

/// A bucket for each key, in bounded memory whoever invents the keys.
///
/// The store has room for a fixed number of keys, in sets of 8. A new key takes a free place of its set, or that of a key
/// whose bucket is full again: such a bucket is as good as a new one, so nothing is forgotten. If there is none, the key
/// shares one overflow bucket with all others that found no place. So nobody gets fresh tokens by
/// pushing a spent bucket out, and a flood of keys costs the flood its own tokens first.
///
/// Finding a bucket takes O(1): at most 8 comparisons under a lock of its set alone, a shared one for a key that is there.
/// Memory: `capacity` × (size of `K` + 40 bytes) and what the keys own on the heap: bound their length before they come here.
#[derive(Debug)]
pub struct Keyed<K> {
    sets: Box<[RwLock<Set<K>>]>,
    overflow: Arc<Bucket>,
    hasher: FixedState,
}

#[derive(Debug)]
struct Set<K> {
    entries: Vec<(K, Arc<Bucket>)>,
}

impl<K: Hash + Eq> Keyed<K> {
    /// Room for at least `capacity` keys, rounded up to whole sets. `seed` is any number that clients do not know: it
    /// decides which keys share a set.
    #[must_use]
    pub fn new(capacity: usize, seed: u64) -> Self {
        let sets = capacity.div_ceil(WAYS).max(1);
        let sets = (0..sets).map(|_| RwLock::new(Set { entries: Vec::new() })).collect();
        Self { sets, overflow: Arc::new(Bucket::new()), hasher: FixedState::with_seed(seed) }
    }

    /// The bucket of a key. It keeps its place at least as long as the answer is held.
    pub fn bucket<Q>(&self, key: &Q, now: Nanos) -> Arc<Bucket>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let Some(set) = self.set_of(key) else { return self.overflow.clone() };
        // A set is a list of pairs; a thread that panics leaves it whole.
        if let Some(bucket) = set.read().unwrap_or_else(PoisonError::into_inner).find(key) {
            return bucket.clone();
        }
        let mut set = set.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = set.find(key) {
            return bucket.clone();
        }
        let bucket = Arc::new(Bucket::new());
        if set.insert((key.to_owned(), bucket.clone()), now) { bucket } else { self.overflow.clone() }
    }

    /// The bucket of all keys that found no place.
    #[must_use]
    pub fn overflow(&self) -> &Arc<Bucket> {
        &self.overflow
    }

    /// How many keys have a place of their own. O(capacity / 8).
    #[must_use]
    pub fn len(&self) -> usize {
        self.sets.iter().map(|set| set.read().unwrap_or_else(PoisonError::into_inner).entries.len()).sum()
    }

    /// Whether no key has a place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// For how many keys there is room.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.sets.len() * WAYS
    }

    fn set_of<Q: Hash + ?Sized>(&self, key: &Q) -> Option<&RwLock<Set<K>>> {
        let sets = u64::try_from(self.sets.len()).ok()?;
        let index = crate::weight::scale(self.hasher.hash_one(key), sets);
        self.sets.get(usize::try_from(index).ok()?)
    }
}

impl<K: Eq> Set<K> {
    fn find<Q: Eq + ?Sized>(&self, key: &Q) -> Option<&Arc<Bucket>>
    where
        K: Borrow<Q>,
    {
        self.entries.iter().find(|(other, _)| other.borrow() == key).map(|(_, bucket)| bucket)
    }

    /// Whether there was room.
    fn insert(&mut self, entry: (K, Arc<Bucket>), now: Nanos) -> bool {
        if self.entries.len() < WAYS {
            self.entries.push(entry);
            return true;
        }
        // A bucket that somebody still holds may be about to be taken from.
        let spare =
            |(_, bucket): &&mut (K, Arc<Bucket>)| Arc::strong_count(bucket) == 1 && bucket.is_full(now);
        match self.entries.iter_mut().find(spare) {
            Some(place) => *place = entry,
            None => return false,
        }
        true
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::limit::Quota;

    fn quota() -> Quota {
        Quota::new(2, Duration::from_secs(1))
    }

    #[test]
    fn keys_do_not_share() {
        let keyed = Keyed::<String>::new(64, 1);
        for key in ["a", "b"] {
            assert!(keyed.bucket(key, Nanos(0)).take(quota(), Nanos(0), 2).is_ok());
            assert!(keyed.bucket(key, Nanos(0)).take(quota(), Nanos(0), 1).is_err());
        }
        assert_eq!((keyed.len(), keyed.capacity()), (2, 64));
    }

    /// A spent bucket is not pushed out, however many keys come; when it is full again, it is.
    #[test]
    fn only_full_buckets_make_room() {
        let keyed = Keyed::<String>::new(1, 1);
        let take = |key: &str, now| keyed.bucket(key, Nanos(now)).take(quota(), Nanos(now), 2);
        for key in 0..WAYS {
            assert!(take(&key.to_string(), 0).is_ok());
        }
        assert!(take("late", 0).is_ok(), "the overflow bucket has tokens of its own");
        assert!(take("later", 0).is_err(), "and is shared");
        assert!(Arc::ptr_eq(&keyed.bucket("latest", Nanos(0)), keyed.overflow()));
        for key in 0..WAYS {
            assert!(take(&key.to_string(), 0).is_err());
        }
        assert_eq!(keyed.len(), WAYS);
        assert!(take("next day", 1_000_000_000).is_ok());
        assert_eq!(keyed.len(), WAYS);
    }

    #[test]
    fn a_bucket_that_is_held_keeps_its_place() {
        let keyed = Keyed::<String>::new(1, 1);
        let held: Vec<_> = (0..WAYS).map(|key| keyed.bucket(key.to_string().as_str(), Nanos(0))).collect();
        assert!(Arc::ptr_eq(&keyed.bucket("late", Nanos(0)), keyed.overflow()));
        drop(held);
        assert!(!Arc::ptr_eq(&keyed.bucket("late", Nanos(0)), keyed.overflow()));
    }

    proptest! {
        /// A key never gets more than a bucket of its own would give it, except from the overflow bucket.
        #[test]
        fn never_more_than_its_own_bucket(
            steps in prop::collection::vec((0_u64..300_000_000, 0_u8..40), 0..300),
        ) {
            let keyed = Keyed::<Vec<u8>>::new(16, 3);
            let mut model: HashMap<u8, Bucket> = HashMap::new();
            let mut now = 0;
            for (nanos, key) in steps {
                now += nanos;
                let bucket = keyed.bucket(&[key][..], Nanos(now));
                let own = model.entry(key).or_default();
                if !Arc::ptr_eq(&bucket, keyed.overflow()) {
                    let taken = bucket.take(quota(), Nanos(now), 1);
                    prop_assert_eq!(taken, own.take(quota(), Nanos(now), 1));
                }
                prop_assert!(keyed.len() <= keyed.capacity());
            }
        }
    }
}

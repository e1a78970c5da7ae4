//! A cluster as a stream of objects.

use std::sync::Arc;
use std::time::Duration;

use gateline::model::ObjectName;
use gateline_api::Objects;
use kube::Client;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::kinds::{INPUTS, Kind, One};
use crate::outage;
use crate::store::{Revision, Store};
use crate::watch as watches;

/// A change that comes alone is told at once. Of those that keep coming, the next are told together: after as long a rest
/// as the work on the last ones took, but at least …
const SHORTEST_REST: Duration = Duration::from_millis(5);
/// … and at most this.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// A cluster that is watched. Dropping it ends the watches.
#[derive(Debug)]
pub struct Cluster {
    store: Arc<Store>,
    changes: watch::Receiver<Revision>,
    seen: Revision,
    pace: Pace,
    watches: AbortHandle,
}

impl Cluster {
    /// Begins to watch everything a resolution is made from. Needs a tokio runtime.
    #[must_use]
    pub fn watch(client: &Client) -> Self {
        Self::watch_kinds(&outage::told(client.clone()), INPUTS.to_vec(), None)
    }

    /// As [`Cluster::watch`], but of all Secrets only this one: what the pods of a Gateway may read.
    #[must_use]
    pub fn watch_with_secret(client: &Client, secret: &ObjectName) -> Self {
        let only = One { kind: "Secret", name: secret.clone() };
        Self::watch_kinds(&outage::told(client.clone()), INPUTS.to_vec(), Some(only))
    }

    pub(crate) fn watch_kinds(client: &Client, kinds: Vec<Kind>, only: Option<One>) -> Self {
        let store = Arc::new(Store::new());
        let changes = store.subscribe();
        let task = tokio::spawn(watches::all(client.clone(), kinds, only, store.clone()));
        Self {
            store,
            changes,
            seen: Revision::default(),
            pace: Pace::default(),
            watches: task.abort_handle(),
        }
    }

    pub(crate) fn store(&self) -> Arc<Store> {
        self.store.clone()
    }

    /// Waits until something that routing depends on has changed; then all objects. The first time it waits for every
    /// kind to be listed. `None` when nothing is watched any more. Changes that come while the caller is at work with the
    /// objects before, and for as long again (5 to 50 ms), are told together.
    ///
    /// While the API server is away this waits: whoever calls goes on with the objects it has.
    pub async fn changed(&mut self) -> Option<Objects> {
        self.next(|seen, now| seen.inputs != now.inputs).await.map(|(objects, _)| objects)
    }

    /// As [`Cluster::changed`], for any change; says whether routing depends on it.
    pub(crate) async fn touched(&mut self) -> Option<(Objects, bool)> {
        self.next(|seen, now| seen != now).await
    }

    async fn next(&mut self, relevant: impl Fn(&Revision, &Revision) -> bool) -> Option<(Objects, bool)> {
        self.pace.worked(Instant::now());
        loop {
            let seen = self.seen;
            self.changes.wait_for(|now| relevant(&seen, now)).await.ok()?;
            tokio::time::sleep_until(self.pace.next()).await;
            let now = *self.changes.borrow_and_update();
            let input = now.inputs != seen.inputs;
            self.seen = now;
            if let Some(objects) = self.store.objects() {
                self.pace.told(Instant::now());
                return Some((objects, input));
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.watches.abort();
    }
}

/// When the next changes may be told.
#[derive(Debug)]
enum Pace {
    /// The caller is at work with what it was told then.
    Working(Instant),
    Resting(Instant),
}

impl Pace {
    fn told(&mut self, now: Instant) {
        *self = Self::Working(now);
    }

    /// The caller asks for more, perhaps not for the first time.
    fn worked(&mut self, now: Instant) {
        if let Self::Working(since) = self {
            let rest = now.duration_since(*since).clamp(SHORTEST_REST, LONGEST_REST);
            *self = Self::Resting(now + rest);
        }
    }

    fn next(&self) -> Instant {
        let (Self::Working(at) | Self::Resting(at)) = self;
        *at
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::Resting(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_keep_coming_wait_as_long_as_the_work_took() {
        let begin = Instant::now();
        let after = |millis| begin + Duration::from_millis(millis);
        let mut pace = Pace::default();
        for (worked, next) in [(1, 1 + 5), (20, 20 + 20), (300, 300 + 50)] {
            pace.told(begin);
            pace.worked(after(worked));
            pace.worked(after(worked + 3));
            assert_eq!(pace.next(), after(next));
        }
    }
}

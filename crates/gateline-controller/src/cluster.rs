//! A cluster as a stream of objects.

use std::sync::Arc;
use std::time::Duration;

use gateline::model::ObjectName;
use gateline_api::Objects;
use kube::Client;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::kinds::{INPUTS, Kind, One};
use crate::store::{Revision, Store};
use crate::watch as watches;

/// Changes come in bursts: wait until it is quiet for this long, …
const QUIET: Duration = Duration::from_millis(5);
/// … but not longer than this.
const PATIENCE: Duration = Duration::from_millis(50);

/// A cluster that is watched. Dropping it ends the watches.
#[derive(Debug)]
pub struct Cluster {
    store: Arc<Store>,
    changes: watch::Receiver<Revision>,
    seen: Revision,
    watches: AbortHandle,
}

impl Cluster {
    /// Begins to watch everything a resolution is made from. Needs a tokio runtime.
    #[must_use]
    pub fn watch(client: &Client) -> Self {
        Self::watch_kinds(client, INPUTS.to_vec(), None)
    }

    /// As [`Cluster::watch`], but of all Secrets only this one: what the pods of a Gateway may read.
    #[must_use]
    pub fn watch_with_secret(client: &Client, secret: &ObjectName) -> Self {
        let only = One { kind: "Secret", name: secret.clone() };
        Self::watch_kinds(client, INPUTS.to_vec(), Some(only))
    }

    pub(crate) fn watch_kinds(client: &Client, kinds: Vec<Kind>, only: Option<One>) -> Self {
        let store = Arc::new(Store::new());
        let changes = store.subscribe();
        let task = tokio::spawn(watches::all(client.clone(), kinds, only, store.clone()));
        Self { store, changes, seen: Revision::default(), watches: task.abort_handle() }
    }

    pub(crate) fn store(&self) -> Arc<Store> {
        self.store.clone()
    }

    /// Waits until something that routing depends on has changed, and until the burst is over; then all objects. The
    /// first time it waits for every kind to be listed. `None` when nothing is watched any more.
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
        loop {
            let seen = self.seen;
            self.changes.wait_for(|now| relevant(&seen, now)).await.ok()?;
            let burst =
                async { while let Ok(Ok(())) = tokio::time::timeout(QUIET, self.changes.changed()).await {} };
            // Whether quiet or not: it is time.
            let _ = tokio::time::timeout(PATIENCE, burst).await;
            let now = *self.changes.borrow_and_update();
            let input = now.inputs != seen.inputs;
            self.seen = now;
            if let Some(objects) = self.store.objects() {
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

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateline::model::ObjectName;
use gateline_api::Object;
use gateline_api::status::Status;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Client};
use tokio::task::JoinSet;

use super::{Author, Desired, patch};
use crate::address::GatewayAddress;
use crate::metrics::{Metrics, add};
use crate::store::Store;
use crate::watch::read;

/// Writes under way at once.
const AT_ONCE: usize = 32;
/// How often a write is tried that others keep overtaking.
const TRIES: usize = 5;

type Key = (Box<str>, Box<str>, ObjectName);

/// A status to be written.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) object: Object,
    pub(crate) status: Status,
    pub(crate) addresses: Option<Vec<GatewayAddress>>,
    pub(crate) features: &'static [&'static str],
}

/// Writes statuses: of each object one at a time, and always what was asked for last.
pub(crate) struct Writer {
    client: Client,
    store: Arc<Store>,
    controller: Arc<str>,
    metrics: Arc<Metrics>,
    waiting: BTreeMap<Key, Job>,
    busy: BTreeSet<Key>,
    tasks: JoinSet<(Key, kube::Result<()>)>,
}

impl Job {
    /// What is to be changed, if anything.
    pub(crate) fn patch(&self, controller: &str, now: &str) -> Option<serde_json::Value> {
        let desired =
            Desired { status: &self.status, addresses: self.addresses.as_deref(), features: self.features };
        patch(&self.object, &desired, Author { controller, now })
    }

    fn key(&self) -> Key {
        (self.object.group.clone(), self.object.kind.clone(), self.object.name.clone())
    }
}

impl Writer {
    pub(crate) fn new(client: Client, store: Arc<Store>, controller: &str, metrics: Arc<Metrics>) -> Self {
        Self {
            client,
            store,
            controller: controller.into(),
            metrics,
            waiting: BTreeMap::new(),
            busy: BTreeSet::new(),
            tasks: JoinSet::new(),
        }
    }

    /// From now on these are to be written, and what still waits from before is not.
    pub(crate) fn replace(&mut self, jobs: impl Iterator<Item = Job>) {
        let now = now();
        let needed = jobs.filter(|job| job.patch(&self.controller, &now).is_some());
        self.waiting = needed.map(|job| (job.key(), job)).collect();
        self.begin();
    }

    /// The next write that has come to its end: whether it is worth trying again later. Pending while there is none.
    pub(crate) async fn done(&mut self) -> bool {
        let Some(done) = self.tasks.join_next().await else { return std::future::pending().await };
        let Ok((key, result)) = done else { return true };
        self.busy.remove(&key);
        self.begin();
        let Err(error) = result else { return false };
        add(&self.metrics.write_errors);
        tracing::warn!(kind = %key.1, object = %key.2, %error, "writing a status");
        !matches!(&error, kube::Error::Api(status) if matches!(status.code, 400 | 403 | 422))
    }

    fn begin(&mut self) {
        while self.tasks.len() < AT_ONCE {
            let Some(key) = self.waiting.keys().find(|key| !self.busy.contains(*key)).cloned() else {
                return;
            };
            let Some(job) = self.waiting.remove(&key) else { return };
            let Some(resource) = self.store.resource(&key.0, &key.1) else { continue };
            self.busy.insert(key.clone());
            let (client, store) = (self.client.clone(), self.store.clone());
            let (controller, metrics) = (self.controller.clone(), self.metrics.clone());
            self.tasks.spawn(async move {
                let result = write(client, &resource, job, &controller, &store, &metrics).await;
                (key, result)
            });
        }
    }
}

async fn write(
    client: Client,
    resource: &ApiResource,
    mut job: Job,
    controller: &str,
    store: &Store,
    metrics: &Metrics,
) -> kube::Result<()> {
    let name = job.object.name.clone();
    let api: Api<DynamicObject> = if name.namespace.is_empty() {
        Api::all_with(client, resource)
    } else {
        Api::namespaced_with(client, &name.namespace, resource)
    };
    let params = PatchParams::apply(crate::MANAGER);
    for last in (0..TRIES).map(|attempt| attempt + 1 == TRIES) {
        let Some(patch) = job.patch(controller, &now()) else { return Ok(()) };
        match api.patch_status(&name.name, &params, &Patch::Merge(&patch)).await {
            Ok(written) => {
                add(&metrics.statuses_written);
                if let Some(object) = read(resource, written) {
                    store.written(object);
                }
                return Ok(());
            }
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 409 && !last => {
                add(&metrics.conflicts);
                let Some(fresh) = api.get_opt(&name.name).await? else { return Ok(()) };
                let Some(fresh) = read(resource, fresh) else { return Ok(()) };
                job.object = fresh;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// RFC 3339, whole seconds.
fn now() -> String {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

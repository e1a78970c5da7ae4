use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use gateline::model::ObjectName;
use gateline_api::Object;
use gateline_api::status::Status;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Author, Desired, patch};
use crate::address::GatewayAddress;
use crate::lease::Leadership;
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
pub(crate) struct Job<'a> {
    pub(crate) object: Cow<'a, Object>,
    pub(crate) status: Cow<'a, Status>,
    pub(crate) addresses: Option<Vec<GatewayAddress>>,
    pub(crate) features: &'static [&'static str],
}

/// Writes statuses while we lead: of each object one at a time, and always what was asked for last.
pub(crate) struct Writer {
    client: Client,
    leads: watch::Receiver<Leadership>,
    store: Arc<Store>,
    controller: Arc<str>,
    metrics: Arc<Metrics>,
    /// What was found to need no writing: as long as it stays the same, it is not looked at again.
    settled: BTreeMap<Key, Settled>,
    waiting: BTreeMap<Key, Job<'static>>,
    busy: BTreeSet<Key>,
    tasks: JoinSet<(Key, kube::Result<()>)>,
}

/// An object, by its value, that says what it is to say.
struct Settled {
    value: Arc<serde_json::Value>,
    status: Status,
    addresses: Option<Vec<GatewayAddress>>,
}

impl Settled {
    fn is(&self, job: &Job<'_>) -> bool {
        Arc::ptr_eq(&self.value, &job.object.value)
            && self.status == *job.status
            && self.addresses == job.addresses
    }
}

impl Job<'_> {
    /// What is to be changed, if anything.
    pub(crate) fn patch(&self, controller: &str, now: &str) -> Option<serde_json::Value> {
        let desired =
            Desired { status: &self.status, addresses: self.addresses.as_deref(), features: self.features };
        patch(&self.object, &desired, Author { controller, now })
    }

    fn into_owned(self) -> Job<'static> {
        let Job { object, status, addresses, features } = self;
        let (object, status) = (Cow::Owned(object.into_owned()), Cow::Owned(status.into_owned()));
        Job { object, status, addresses, features }
    }

    fn key(&self) -> Key {
        (self.object.group.clone(), self.object.kind.clone(), self.object.name.clone())
    }
}

impl Writer {
    /// The client is one that is [fenced](crate::fence), so that no try of a write begins too late either.
    pub(crate) fn new(
        client: Client,
        leads: watch::Receiver<Leadership>,
        store: Arc<Store>,
        controller: &str,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            client,
            leads,
            store,
            controller: controller.into(),
            metrics,
            settled: BTreeMap::new(),
            waiting: BTreeMap::new(),
            busy: BTreeSet::new(),
            tasks: JoinSet::new(),
        }
    }

    /// From now on these are to be written, and what still waits from before is not.
    pub(crate) fn replace<'a>(&mut self, jobs: impl IntoIterator<Item = Job<'a>>) {
        let now = now();
        let mut before = std::mem::take(&mut self.settled);
        self.waiting.clear();
        for job in jobs {
            let key = job.key();
            if let Some(settled) = before.remove(&key).filter(|settled| settled.is(&job)) {
                self.settled.insert(key, settled);
            } else if job.patch(&self.controller, &now).is_some() {
                self.waiting.insert(key, job.into_owned());
            } else {
                let Job { object, status, addresses, .. } = job;
                let (value, status) = (object.value.clone(), status.into_owned());
                self.settled.insert(key, Settled { value, status, addresses });
            }
        }
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
        if matches!(error, kube::Error::Api(_)) {
            tracing::warn!(kind = %key.1, object = %key.2, %error, "writing a status");
        } else {
            // Of an API server that does not answer the client tells, once.
            tracing::debug!(kind = %key.1, object = %key.2, %error, "writing a status");
        }
        !matches!(&error, kube::Error::Api(status) if matches!(status.code, 400 | 403 | 422))
    }

    /// Of those that wait, as many as may be under way; none if we lead no longer.
    fn begin(&mut self) {
        if !self.leads.borrow().holds(Instant::now()) {
            self.waiting.clear();
        }
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
    mut job: Job<'static>,
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
                job.object = Cow::Owned(fresh);
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use kube::client::Body;
    use kube::core::GroupVersionKind;
    use serde_json::json;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::kinds::INPUTS;

    fn route(number: usize) -> Object {
        let stale = json!({ "controllerName": "gateline.dev/controller", "parentRef": { "name": "gone" } });
        Object::from_cluster(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": { "name": format!("route-{number}"), "namespace": "shop" },
            "status": { "parents": [stale] },
        }))
        .unwrap()
    }

    #[tokio::test]
    async fn what_waits_is_dropped_when_we_lead_no_longer() {
        let (sent, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (counted, gate) = (sent.clone(), open.clone());
        let server = tower::service_fn(move |_: http::Request<Body>| {
            counted.fetch_add(1, Relaxed);
            let gate = gate.clone();
            async move {
                // Fails when it is closed: answers wait until then.
                let _ = gate.acquire().await;
                let written = serde_json::to_vec(&*route(0).value).unwrap();
                Ok::<_, Infallible>(http::Response::new(Body::from(written)))
            }
        });
        let store = Arc::new(Store::new());
        let kind = *INPUTS.iter().find(|kind| kind.kind == "HTTPRoute").unwrap();
        store.served_at(kind, ApiResource::from_gvk(&GroupVersionKind::gvk(kind.group, "v1", kind.kind)));
        let (leadership, leads) = watch::channel(Leadership::Always);
        let client = Client::new(server, "default");
        let mut writer = Writer::new(client, leads, store, "gateline.dev/controller", Arc::default());
        let routes: Vec<Object> = (0..AT_ONCE + 8).map(route).collect();
        writer.replace(routes.iter().map(|route| Job {
            object: Cow::Borrowed(route),
            status: Cow::Owned(Status::of(route)),
            addresses: None,
            features: &[],
        }));
        assert_eq!((writer.tasks.len(), writer.waiting.len()), (AT_ONCE, 8));

        leadership.send_replace(Leadership::Until(Instant::now()));
        open.close();
        for _ in 0..AT_ONCE {
            assert!(!writer.done().await);
        }
        assert_eq!((writer.tasks.len(), writer.waiting.len()), (0, 0));
        assert_eq!(sent.load(Relaxed), AT_ONCE);
    }
}

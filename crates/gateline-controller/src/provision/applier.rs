use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateline::model::ObjectName;
use gateline_api::Objects;
use gateline_api::objects::CORE;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::Value;
use tokio::task::JoinSet;

use super::DataPlane;
use crate::metrics::{Metrics, add};

/// How long to wait for a watch to tell of what was made.
const ECHO: Duration = Duration::from_secs(2);
/// How long to wait before something that failed is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// How often everything is applied again, whatever others have done to it.
const AGAIN: Duration = Duration::from_mins(5);

/// Makes what serves Gateways: for each Gateway one change at a time, and none where nothing changed.
pub(crate) struct Applier {
    client: Client,
    metrics: Arc<Metrics>,
    applied: BTreeMap<ObjectName, Applied>,
    busy: BTreeSet<ObjectName>,
    tasks: JoinSet<(ObjectName, kube::Result<Vec<Value>>)>,
}

#[derive(Debug)]
struct Applied {
    /// Empty where it failed.
    objects: Vec<Value>,
    at: Instant,
}

impl Applier {
    pub(crate) fn new(client: Client, metrics: Arc<Metrics>) -> Self {
        Self { client, metrics, applied: BTreeMap::new(), busy: BTreeSet::new(), tasks: JoinSet::new() }
    }

    /// Sees to it that a Gateway has its data plane.
    pub(crate) fn want(&mut self, plane: &DataPlane<'_>, objects: &Objects, now: Instant) {
        let gateway = &plane.gateway.name;
        if self.busy.contains(gateway) {
            return;
        }
        let wanted = plane.objects();
        if let Some(applied) = self.applied.get(gateway) {
            let age = now.duration_since(applied.at);
            let same = applied.objects == wanted;
            let failed = applied.objects.is_empty();
            if (failed && age < RETRY) || (same && age < AGAIN && (age < ECHO || plane.exists(objects))) {
                return;
            }
        }
        let force = plane.is_owned(objects);
        self.busy.insert(gateway.clone());
        let (client, gateway) = (self.client.clone(), gateway.clone());
        self.tasks.spawn(async move {
            let result = apply(client, &gateway.namespace, &wanted, force).await;
            (gateway, result.map(|()| wanted))
        });
    }

    /// Forgets Gateways that are gone: what was made for them goes with them.
    pub(crate) fn retain(&mut self, gateways: &BTreeSet<ObjectName>) {
        self.applied.retain(|gateway, _| gateways.contains(gateway));
    }

    /// The next change that has come to its end: whether it is to be tried again. Pending while there is none.
    pub(crate) async fn done(&mut self) -> bool {
        let Some(done) = self.tasks.join_next().await else { return std::future::pending().await };
        let Ok((gateway, result)) = done else { return true };
        self.busy.remove(&gateway);
        let failed = result.is_err();
        add(if failed { &self.metrics.apply_errors } else { &self.metrics.data_planes_applied });
        let objects = result.unwrap_or_else(|error| {
            tracing::warn!(%gateway, %error, "making the data plane");
            Vec::new()
        });
        self.applied.insert(gateway, Applied { objects, at: Instant::now() });
        failed
    }
}

impl DataPlane<'_> {
    fn made(&self, objects: &Objects) -> [Option<Value>; 2] {
        let name = self.object_name();
        [(CORE, "Service"), ("apps", "Deployment")].map(|(group, kind)| {
            let object = objects.get(group, kind, &name)?;
            let owners = object.value["metadata"]["ownerReferences"].as_array()?;
            let uid = &self.gateway.value["metadata"]["uid"];
            owners.iter().find(|owner| owner["uid"] == *uid).cloned()
        })
    }

    fn exists(&self, objects: &Objects) -> bool {
        let [service, deployment] = self.made(objects);
        deployment.is_some() && (service.is_some() || self.ports.is_empty())
    }

    /// Whether objects of the name are the Gateway's already. If not, fields of others are never taken over.
    fn is_owned(&self, objects: &Objects) -> bool {
        self.made(objects).iter().any(Option::is_some)
    }
}

async fn apply(client: Client, namespace: &str, objects: &[Value], force: bool) -> kube::Result<()> {
    let params = PatchParams { force, ..PatchParams::apply(crate::MANAGER) };
    for object in objects {
        let text = |field: &str| object[field].as_str().unwrap_or_default();
        let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, text("kind")));
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        api.patch(name, &params, &Patch::Apply(object)).await?;
    }
    Ok(())
}

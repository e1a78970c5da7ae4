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
/// How often everything is applied again, whatever others have done to what is not watched.
const AGAIN: Duration = Duration::from_mins(5);

/// Makes what serves Gateways: for each Gateway one change at a time, and none where nothing changed.
pub(crate) struct Applier {
    client: Client,
    metrics: Arc<Metrics>,
    applied: BTreeMap<ObjectName, Applied>,
    busy: BTreeSet<ObjectName>,
    tasks: JoinSet<(ObjectName, kube::Result<Applied>)>,
}

#[derive(Debug)]
struct Applied {
    /// Empty where it failed.
    objects: Vec<Value>,
    /// Of the Service and the Deployment, as they came out.
    versions: [Option<u64>; 2],
    at: Instant,
}

/// Of a data plane, what others touch most and what is watched.
const WATCHED: [(&str, &str); 2] = [(CORE, "Service"), ("apps", "Deployment")];

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
            let failed = applied.objects.is_empty();
            let stands = age < ECHO || plane.exists(objects);
            let same = applied.objects == wanted && stands && !plane.is_touched(applied.versions, objects);
            if (failed && age < RETRY) || (same && age < AGAIN) {
                return;
            }
        }
        let force = plane.is_owned(objects);
        self.busy.insert(gateway.clone());
        let (client, gateway) = (self.client.clone(), gateway.clone());
        self.tasks.spawn(async move {
            let result = apply(client, &gateway.namespace, wanted, force).await;
            (gateway, result)
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
        let applied = result.unwrap_or_else(|error| {
            tracing::warn!(%gateway, %error, "making the data plane");
            Applied { objects: Vec::new(), versions: [None; 2], at: Instant::now() }
        });
        self.applied.insert(gateway, applied);
        failed
    }
}

impl DataPlane<'_> {
    /// Those of the watched objects that are the Gateway's.
    fn made<'o>(&self, objects: &'o Objects) -> [Option<&'o Value>; 2] {
        let name = self.object_name();
        WATCHED.map(|(group, kind)| {
            let object = &*objects.get(group, kind, &name)?.value;
            let owners = object["metadata"]["ownerReferences"].as_array()?;
            let uid = &self.gateway.value["metadata"]["uid"];
            owners.iter().any(|owner| owner["uid"] == *uid).then_some(object)
        })
    }

    /// Whether somebody has changed one of them since.
    pub(super) fn is_touched(&self, versions: [Option<u64>; 2], objects: &Objects) -> bool {
        let now = self.made(objects).map(|object| object.and_then(version));
        versions.into_iter().zip(now).any(|(then, now)| then.zip(now).is_some_and(|(then, now)| now > then))
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

/// Grows with each change: the generation, which a status leaves alone, or for kinds without one the resourceVersion.
fn version(object: &Value) -> Option<u64> {
    let metadata = &object["metadata"];
    let generation = metadata["generation"].as_u64();
    generation.or_else(|| metadata["resourceVersion"].as_str()?.parse().ok())
}

async fn apply(client: Client, namespace: &str, objects: Vec<Value>, force: bool) -> kube::Result<Applied> {
    let params = PatchParams { force, ..PatchParams::apply(crate::MANAGER) };
    let mut versions = [None; 2];
    for object in &objects {
        let text = |field: &str| object[field].as_str().unwrap_or_default();
        let (group, api) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, api, text("kind")));
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let applied = api.patch(name, &params, &Patch::Apply(object)).await?;
        for (version_of, watched) in versions.iter_mut().zip(WATCHED) {
            if watched == (group, text("kind")) {
                *version_of = serde_json::to_value(&applied).ok().as_ref().and_then(version);
            }
        }
    }
    Ok(Applied { objects, versions, at: Instant::now() })
}

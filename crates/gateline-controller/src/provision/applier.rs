use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use gateline::model::ObjectName;
use gateline_api::Objects;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::Value;
use tokio::task::JoinSet;

use super::made::{Made, Next, group_and_kind, version};
use super::repairs::Repairs;
use super::{DataPlane, RETRY};
use crate::controller::earliest;
use crate::metrics::{Metrics, add};

/// Makes what serves Gateways: for each Gateway one change at a time, and none where nothing changed.
pub(crate) struct Applier {
    client: Client,
    metrics: Arc<Metrics>,
    known: BTreeMap<ObjectName, Known>,
    busy: BTreeSet<ObjectName>,
    tasks: JoinSet<(ObjectName, Vec<Applied>, kube::Result<()>)>,
}

/// What was made for one Gateway.
#[derive(Debug, Default)]
struct Known {
    /// By kind: of each there is one.
    made: BTreeMap<String, Made>,
    /// After a failure, when to try again.
    retry: Option<Instant>,
}

/// An object to be applied.
struct Job {
    object: Value,
    /// Because somebody else has changed or deleted it.
    foreign: bool,
}

/// An object that was.
struct Applied {
    object: Value,
    version: Option<u64>,
    /// Of a foreign change, whether it was to something of ours, and by whom.
    found: Option<(bool, String)>,
}

impl Applier {
    pub(crate) fn new(client: Client, metrics: Arc<Metrics>) -> Self {
        Self { client, metrics, known: BTreeMap::new(), busy: BTreeSet::new(), tasks: JoinSet::new() }
    }

    /// Sees to it that a Gateway has its data plane. When to ask again, if nothing changes.
    pub(crate) fn want(&mut self, plane: &DataPlane<'_>, objects: &Objects, now: Instant) -> Option<Instant> {
        let gateway = &plane.gateway.name;
        if self.busy.contains(gateway) {
            return None;
        }
        let known = self.known.entry(gateway.clone()).or_default();
        if known.retry.is_some_and(|retry| now < retry) {
            return known.retry;
        }
        let (mut due, mut jobs) = (None, Vec::new());
        // If none is the Gateway's already, fields of others are never taken over.
        let mut force = false;
        for object in plane.objects() {
            let there = plane.made(&object, objects);
            force |= there.is_some();
            let next = known.next(&object, there, now);
            if next.at <= now {
                jobs.push(Job { object, foreign: next.foreign });
            } else {
                due = earliest(due, Some(next.at));
            }
        }
        if !jobs.is_empty() {
            self.busy.insert(gateway.clone());
            let (client, gateway) = (self.client.clone(), gateway.clone());
            self.tasks.spawn(async move {
                let (applied, result) = apply_all(&client, &gateway.namespace, jobs, force).await;
                (gateway, applied, result)
            });
        }
        due
    }

    /// Forgets Gateways that are gone: what was made for them goes with them.
    pub(crate) fn retain(&mut self, gateways: &BTreeSet<ObjectName>) {
        self.known.retain(|gateway, _| gateways.contains(gateway));
    }

    /// Waits until a change has come to its end. Pending while there is none.
    pub(crate) async fn done(&mut self) {
        let Some(done) = self.tasks.join_next().await else { return std::future::pending().await };
        let Ok((gateway, applied, result)) = done else { return };
        self.busy.remove(&gateway);
        let now = Instant::now();
        let known = self.known.entry(gateway.clone()).or_default();
        for one in applied {
            if known.take(one, now) {
                add(&self.metrics.repairs);
            }
        }
        known.retry = result.is_err().then_some(now + RETRY);
        match result {
            Ok(()) => add(&self.metrics.data_planes_applied),
            Err(error) => {
                add(&self.metrics.apply_errors);
                tracing::warn!(%gateway, %error, "making the data plane");
            }
        }
    }
}

impl Known {
    /// When to apply an object; `there` is what it is.
    fn next(&mut self, object: &Value, there: Option<&Value>, now: Instant) -> Next {
        match self.made.get_mut(group_and_kind(object).1) {
            Some(made) => made.next(object, there, now),
            None => Next { at: now, foreign: false },
        }
    }

    /// Keeps in mind what was applied. Whether it had to be set right.
    fn take(&mut self, applied: Applied, now: Instant) -> bool {
        let Applied { object, version, found } = applied;
        let kind = group_and_kind(&object).1.to_owned();
        let mut repairs = self.made.get(&kind).map(|made| made.repairs).unwrap_or_default();
        if let Some((repaired, by)) = &found {
            repairs.looked(*repaired, now);
            if *repaired {
                tell(&object, by, &repairs, now);
            }
        }
        self.made.insert(kind, Made { wanted: object, version, seen: false, at: now, repairs });
        found.is_some_and(|(repaired, _)| repaired)
    }
}

/// Says what was set right, and who had changed it.
fn tell(object: &Value, by: &str, repairs: &Repairs, now: Instant) {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    let object = format!("{} {}/{}", group_and_kind(object).1, text("namespace"), text("name"));
    if repairs.in_a_row == 1 {
        tracing::info!(object, by, "set right: somebody else had changed it");
    } else {
        let pause = repairs.next.map(|next| next.duration_since(now)).unwrap_or_default();
        let times = repairs.in_a_row;
        tracing::warn!(object, by, times, ?pause, "set right: somebody else keeps changing it");
    }
}

impl DataPlane<'_> {
    /// One of its objects as it is, if it is the Gateway's.
    fn made<'o>(&self, object: &Value, objects: &'o Objects) -> Option<&'o Value> {
        let (group, kind) = group_and_kind(object);
        let object = &*objects.get(group, kind, &self.object_name())?.value;
        let owners = object["metadata"]["ownerReferences"].as_array()?;
        let uid = &self.gateway.value["metadata"]["uid"];
        owners.iter().any(|owner| owner["uid"] == *uid).then_some(object)
    }
}

/// Applies them in order, until one cannot be.
async fn apply_all(
    client: &Client,
    namespace: &str,
    jobs: Vec<Job>,
    force: bool,
) -> (Vec<Applied>, kube::Result<()>) {
    let mut applied = Vec::new();
    for job in jobs {
        match apply(client, namespace, job, force).await {
            Ok(one) => applied.push(one),
            Err(error) => return (applied, Err(error)),
        }
    }
    (applied, Ok(()))
}

async fn apply(client: &Client, namespace: &str, job: Job, force: bool) -> kube::Result<Applied> {
    let Job { object, foreign } = job;
    let (group, kind) = group_and_kind(&object);
    let version_of_api = object["apiVersion"].as_str().and_then(|api| api.rsplit('/').next());
    let resource =
        ApiResource::from_gvk(&GroupVersionKind::gvk(group, version_of_api.unwrap_or_default(), kind));
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let before = if foreign { Some(api.get_metadata_opt(name).await?) } else { None };
    let params = PatchParams { force, ..PatchParams::apply(crate::MANAGER) };
    let version = version_in(&api.patch(name, &params, &Patch::Apply(&object)).await?.metadata);
    let found = before.map(|before| match before {
        Some(before) => (version_in(&before.metadata) != version, changed_by(&before.metadata)),
        None => (true, "whoever deleted it".to_owned()),
    });
    Ok(Applied { object, version, found })
}

fn version_in(metadata: &ObjectMeta) -> Option<u64> {
    serde_json::to_value(metadata).ok().as_ref().and_then(version)
}

/// The field manager that has changed an object last, but for us and for those of its status.
fn changed_by(metadata: &ObjectMeta) -> String {
    let is_foreign = |entry: &&ManagedFieldsEntry| {
        entry.manager.as_deref() != Some(crate::MANAGER) && entry.subresource.as_deref() != Some("status")
    };
    let entries = metadata.managed_fields.iter().flatten().filter(is_foreign);
    let last = entries.max_by_key(|entry| entry.time.as_ref().map(|time| time.0));
    last.and_then(|entry| entry.manager.clone()).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_changed_an_object_last_is_named() {
        let entry = |manager: &str, time: &str, subresource: Option<&str>| json!({ "manager": manager, "time": time, "subresource": subresource });
        let entries = json!([
            entry("old", "2026-11-30T10:00:00Z", None),
            entry("fighter", "2026-11-30T10:00:02Z", None),
            entry("gateline", "2026-11-30T10:00:03Z", None),
            entry("cloud", "2026-11-30T10:00:04Z", Some("status")),
        ]);
        let metadata = |entries: Value| serde_json::from_value(json!({ "managedFields": entries })).unwrap();
        assert_eq!(changed_by(&metadata(entries)), "fighter");
        assert_eq!(changed_by(&metadata(json!([]))), "unknown");
    }
}

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gateline::model::ObjectName;
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How often it is written again, whatever others have done to it.
const AGAIN: Duration = Duration::from_mins(5);

/// One ClusterRoleBinding for all data planes: whoever is not wanted any more loses its leave to read by itself.
pub(crate) struct Binding {
    api: Api<ClusterRoleBinding>,
    name: String,
    written: Option<(BTreeSet<ObjectName>, Instant)>,
    tasks: JoinSet<(BTreeSet<ObjectName>, kube::Result<()>)>,
}

impl Binding {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Self { api: Api::all(client), name: name.to_owned(), written: None, tasks: JoinSet::new() }
    }

    /// Sees to it that exactly these ServiceAccounts are bound.
    pub(crate) fn want(&mut self, accounts: BTreeSet<ObjectName>, now: Instant) {
        let known = self
            .written
            .as_ref()
            .is_some_and(|(written, at)| *written == accounts && now.duration_since(*at) < AGAIN);
        if known || !self.tasks.is_empty() {
            return;
        }
        let (api, name, patch) = (self.api.clone(), self.name.clone(), patch(&accounts));
        self.tasks.spawn(async move {
            let params = PatchParams::apply(crate::MANAGER);
            let result = api.patch(&name, &params, &Patch::Merge(patch)).await;
            (accounts, result.map(drop))
        });
    }

    /// As [`super::Applier::done`].
    pub(crate) async fn done(&mut self) -> bool {
        let Some(done) = self.tasks.join_next().await else { return std::future::pending().await };
        let Ok((accounts, result)) = done else { return true };
        match result {
            Ok(()) => {
                self.written = Some((accounts, Instant::now()));
                false
            }
            Err(error) => {
                tracing::warn!(%error, binding = self.name, "binding the data planes");
                true
            }
        }
    }
}

fn patch(accounts: &BTreeSet<ObjectName>) -> Value {
    let subject = |account: &ObjectName| json!({ "kind": "ServiceAccount", "namespace": account.namespace, "name": account.name });
    json!({ "subjects": accounts.iter().map(subject).collect::<Vec<_>>() })
}

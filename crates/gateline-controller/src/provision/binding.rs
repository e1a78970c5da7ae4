use std::collections::BTreeSet;
use std::time::Instant;

use gateline::model::ObjectName;
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{AGAIN, RETRY};

/// One ClusterRoleBinding for all data planes: whoever is not wanted any more loses its leave to read by itself.
pub(crate) struct Binding {
    api: Api<ClusterRoleBinding>,
    name: String,
    written: Option<(BTreeSet<ObjectName>, Instant)>,
    /// After a failure, when to try again.
    retry: Option<Instant>,
    tasks: JoinSet<(BTreeSet<ObjectName>, kube::Result<()>)>,
}

impl Binding {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Self {
            api: Api::all(client),
            name: name.to_owned(),
            written: None,
            retry: None,
            tasks: JoinSet::new(),
        }
    }

    /// Sees to it that exactly these ServiceAccounts are bound. When to ask again, if nothing changes.
    pub(crate) fn want(&mut self, accounts: BTreeSet<ObjectName>, now: Instant) -> Option<Instant> {
        if !self.tasks.is_empty() {
            return None;
        }
        let known = self.written.as_ref().filter(|(written, _)| *written == accounts);
        let due = self.retry.or_else(|| known.map(|(_, at)| *at + AGAIN));
        if due.is_some_and(|due| now < due) {
            return due;
        }
        let (api, name, patch) = (self.api.clone(), self.name.clone(), patch(&accounts));
        self.tasks.spawn(async move {
            let params = PatchParams::apply(crate::MANAGER);
            let result = api.patch(&name, &params, &Patch::Merge(patch)).await;
            (accounts, result.map(drop))
        });
        None
    }

    /// As [`super::Applier::done`].
    pub(crate) async fn done(&mut self) {
        let Some(done) = self.tasks.join_next().await else { return std::future::pending().await };
        let now = Instant::now();
        self.retry = Some(now + RETRY);
        match done {
            Ok((accounts, Ok(()))) => (self.written, self.retry) = (Some((accounts, now)), None),
            Ok((_, Err(error))) => tracing::warn!(%error, binding = self.name, "binding the data planes"),
            Err(error) => tracing::error!(%error, binding = self.name, "binding the data planes"),
        }
    }
}

fn patch(accounts: &BTreeSet<ObjectName>) -> Value {
    let subject = |account: &ObjectName| json!({ "kind": "ServiceAccount", "namespace": account.namespace, "name": account.name });
    json!({ "subjects": accounts.iter().map(subject).collect::<Vec<_>>() })
}

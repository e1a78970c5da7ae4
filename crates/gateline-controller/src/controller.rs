//! The loop: objects, resolution, data planes, statuses.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateline::model::ObjectName;
use gateline_api::objects::GATEWAY;
use gateline_api::resolve::Resolution;
use gateline_api::status::{ConditionStatus, Status};
use gateline_api::{Objects, resolve};
use kube::Client;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, JoinSet};

use crate::cluster::Cluster;
use crate::fence::fenced;
use crate::kinds::{DATA_PLANES, INPUTS};
use crate::lease::{Candidate, Leadership, told};
use crate::metrics::Metrics;
use crate::options::{LeaseOptions, Options, Serving};
use crate::provision::Provisioner;
use crate::status::{Writer, jobs};
use crate::{outage, resolving};

/// How often everything is looked at again: certificates expire, failures pass.
const AGAIN: Duration = Duration::from_secs(30);
/// When to try again what has failed.
const SOON: Duration = Duration::from_secs(1);

/// Keeps the statuses of a cluster true, and data planes for its Gateways.
pub struct Controller {
    options: Options,
    cluster: Cluster,
    /// What was resolved last, but for later changes that make no difference to a resolution; …
    objects: Arc<Objects>,
    /// … and what came of it.
    resolution: Resolution,
    /// The next one, if it is under way.
    resolving: JoinSet<(Arc<Objects>, Resolution)>,
    provisioner: Provisioner,
    writer: Writer,
    metrics: Arc<Metrics>,
    leads: watch::Receiver<Leadership>,
    candidate: Option<JoinHandle<()>>,
}

impl Controller {
    /// Begins to watch, and to run for the Lease if there is one. Needs a tokio runtime.
    #[must_use]
    pub fn new(client: Client, options: Options) -> Self {
        let client = outage::told(client);
        let mut kinds = INPUTS.to_vec();
        if matches!(options.serving, Serving::Pods(_)) {
            kinds.extend(DATA_PLANES);
        }
        let cluster = Cluster::watch_kinds(&client, kinds, None);
        let metrics = Arc::new(Metrics::default());
        let (leads, candidate) = stand(&client, options.lease.as_ref(), &metrics);
        let writes = fenced(client, leads.clone());
        let controller = options.controller.as_str();
        Self {
            provisioner: Provisioner::new(&writes, &options, metrics.clone()),
            writer: Writer::new(writes, leads.clone(), cluster.store(), controller, metrics.clone()),
            metrics,
            objects: Arc::default(),
            resolution: Resolution::default(),
            resolving: JoinSet::new(),
            options,
            cluster,
            leads,
            candidate,
        }
    }

    /// What it has done so far.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        self.metrics.clone()
    }

    /// Runs until `stop` becomes true, then gives the Lease back.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut again = tokio::time::interval(AGAIN);
        // When to act although nothing happens.
        let mut due: Option<Instant> = None;
        loop {
            let idle = self.resolving.is_empty();
            let wait = due.map_or(AGAIN, |due| due.saturating_duration_since(Instant::now()));
            tokio::select! {
                changed = self.cluster.touched(), if idle => match changed {
                    Some((objects, true)) => {
                        self.resolve(Arc::new(objects));
                        continue;
                    }
                    Some((objects, false)) => self.objects = Arc::new(objects),
                    None => break,
                },
                _ = again.tick(), if idle && !self.objects.is_empty() => {
                    self.resolve(self.objects.clone());
                    continue;
                }
                Some(resolved) = self.resolving.join_next() => self.take(resolved),
                failed = self.writer.done() => {
                    if failed { due = earliest(due, Some(Instant::now() + SOON)) }
                    continue;
                }
                () = self.provisioner.done() => {}
                Ok(()) = self.leads.changed() => {}
                () = tokio::time::sleep(wait), if due.is_some() => {}
                () = told(&mut stop) => break,
            }
            due = self.act();
        }
        let candidate = self.candidate.take();
        // Nobody writes any more when the Lease is given back.
        drop(self);
        if let Some(candidate) = candidate {
            // If it panics, the Lease runs out.
            let _ = candidate.await;
        }
    }

    /// Works out what these objects come to. What is to be written meanwhile is written.
    fn resolve(&mut self, objects: Arc<Objects>) {
        let (options, metrics) = (resolving::options(&self.options.controller), self.metrics.clone());
        self.resolving.spawn_blocking(move || {
            let begin = Instant::now();
            let resolution = resolve(&objects, &options);
            metrics.resolved(objects.len(), begin.elapsed());
            (objects, resolution)
        });
    }

    fn take(&mut self, resolved: Result<(Arc<Objects>, Resolution), JoinError>) {
        match resolved {
            Ok(resolved) => (self.objects, self.resolution) = resolved,
            Err(error) => tracing::error!(%error, "resolving: the resolution before stays"),
        }
    }

    /// Has data planes made and statuses written, as far as they are not as they should be. When to do so again, at the
    /// latest.
    fn act(&mut self) -> Option<Instant> {
        if !self.leads.borrow().holds(Instant::now()) {
            self.writer.replace([]);
            return None;
        }
        if self.resolution.statuses.is_empty() && self.objects.is_empty() {
            return None;
        }
        let accepted = accepted(&self.resolution.statuses);
        let (reach, due) = self.provisioner.provision(&self.objects, &self.resolution, &accepted);
        self.writer.replace(jobs(&self.objects, &self.resolution.statuses, &reach));
        due
    }
}

/// Runs for the Lease, if there is one.
fn stand(
    client: &Client,
    lease: Option<&LeaseOptions>,
    metrics: &Arc<Metrics>,
) -> (watch::Receiver<Leadership>, Option<JoinHandle<()>>) {
    let Some(lease) = lease else {
        metrics.leads(Leadership::Always);
        return (watch::channel(Leadership::Always).1, None);
    };
    let (sender, leads) = watch::channel(Leadership::Never);
    let candidate = Candidate::new(client.clone(), lease, metrics.clone());
    (leads, Some(tokio::spawn(candidate.run(sender))))
}

/// Whichever comes first.
pub(crate) fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

/// Gateways that are to be served.
fn accepted(statuses: &[Status]) -> BTreeSet<ObjectName> {
    let accepted = |status: &&Status| {
        let holds =
            |c: &gateline_api::status::Condition| c.kind == "Accepted" && c.status == ConditionStatus::True;
        (&*status.group, &*status.kind) == (GATEWAY, "Gateway") && status.conditions.iter().any(holds)
    };
    statuses.iter().filter(accepted).map(|status| status.name.clone()).collect()
}

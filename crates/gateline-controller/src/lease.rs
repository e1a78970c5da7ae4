//! Which of several controllers writes: the one that holds the Lease.

use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::watch;

use crate::metrics::Metrics;
use crate::options::LeaseOptions;

/// How long a Lease holds without being renewed.
const HOLDS: Duration = Duration::from_secs(15);
/// A holder that could not renew for this long stops to write, well before somebody else begins.
const GIVE_UP: Duration = Duration::from_secs(10);
/// How often it is renewed, or tried.
const RETRY: Duration = Duration::from_secs(2);
/// How long the API server may take to answer.
const ANSWER: Duration = Duration::from_secs(4);

/// Runs for the Lease until the process ends.
pub(crate) struct Candidate {
    api: Api<Lease>,
    lease: String,
    me: String,
    seen: Option<Seen>,
    renewed: Option<Instant>,
    failing: bool,
    metrics: Arc<Metrics>,
}

/// What a Lease said, and when we first saw it say that: the clocks of other machines are not looked at.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    holder: Option<String>,
    renewed: Option<MicroTime>,
    since: Instant,
}

/// Whether we may write. It ends by itself: a process that was stopped for long does not go on where it was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Leadership {
    #[default]
    Never,
    Until(Instant),
    /// Nobody else could.
    Always,
}

impl Leadership {
    pub(crate) fn holds(self, now: Instant) -> bool {
        match self {
            Self::Never => false,
            Self::Until(end) => now < end,
            Self::Always => true,
        }
    }
}

impl Candidate {
    pub(crate) fn new(client: Client, lease: &LeaseOptions, metrics: Arc<Metrics>) -> Self {
        let api = Api::namespaced(client, &lease.namespace);
        let (lease, me) = (lease.name.clone(), lease.identity.clone());
        Self { api, lease, me, seen: None, renewed: None, failing: false, metrics }
    }

    /// Says in `leads` whether the Lease is ours. Ends, giving it back, when nobody listens any more: then nobody writes.
    pub(crate) async fn run(mut self, leads: watch::Sender<Leadership>) {
        loop {
            match tokio::time::timeout(ANSWER, self.attempt(Instant::now())).await {
                Ok(Ok(held)) => {
                    self.failing = false;
                    self.say(&leads, self.renewed.filter(|_| held));
                }
                Ok(Err(error)) => self.failed(&leads, &error),
                Err(error) => self.failed(&leads, &error),
            }
            tokio::select! {
                () = leads.closed() => break,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
        if *leads.borrow() != Leadership::Never {
            self.say(&leads, None);
            self.release().await;
        }
    }

    /// One failure does not end it: the Lease still holds for others to see.
    fn failed(&mut self, leads: &watch::Sender<Leadership>, error: &dyn std::fmt::Display) {
        if std::mem::replace(&mut self.failing, true) {
            tracing::debug!(%error, lease = self.lease, "renewing the Lease");
        } else {
            tracing::warn!(%error, lease = self.lease, "renewing the Lease");
        }
        if self.renewed.is_none_or(|renewed| renewed.elapsed() + RETRY > GIVE_UP) {
            self.say(leads, None);
        }
    }

    /// Wakes nobody who knows: each renewal only moves the end.
    fn say(&self, leads: &watch::Sender<Leadership>, renewed: Option<Instant>) {
        let now = renewed.map_or(Leadership::Never, |renewed| Leadership::Until(renewed + GIVE_UP));
        self.metrics.leads(now);
        let changed = leads.send_if_modified(|leads| {
            let before = std::mem::replace(leads, now);
            (before == Leadership::Never) != (now == Leadership::Never)
        });
        if changed {
            tracing::info!(lease = self.lease, me = self.me, leader = renewed.is_some(), "leadership");
        }
    }

    /// Renews the Lease or takes it, if it is ours, nobody's, or has not been renewed for long. A conflict means that
    /// somebody else was faster.
    async fn attempt(&mut self, now: Instant) -> kube::Result<bool> {
        let Some(mut lease) = self.api.get_opt(&self.lease).await? else {
            let metadata = ObjectMeta { name: Some(self.lease.clone()), ..ObjectMeta::default() };
            let lease = Lease { metadata, spec: Some(self.spec(0)) };
            return self.written(self.api.create(&PostParams::default(), &lease).await, now);
        };
        let spec = lease.spec.take().unwrap_or_default();
        self.see(&spec, now);
        if !may_take(self.seen.as_ref(), &self.me, now) {
            return Ok(false);
        }
        let same = spec.holder_identity.as_deref() == Some(&*self.me);
        let transitions = spec.lease_transitions.unwrap_or(0).saturating_add(i32::from(!same));
        let acquired = spec.acquire_time.filter(|_| same);
        lease.spec = Some(self.spec(transitions));
        if let (Some(spec), Some(acquired)) = (&mut lease.spec, acquired) {
            spec.acquire_time = Some(acquired);
        }
        self.written(self.api.replace(&self.lease, &PostParams::default(), &lease).await, now)
    }

    fn written(&mut self, result: kube::Result<Lease>, now: Instant) -> kube::Result<bool> {
        match result {
            Ok(lease) => {
                self.see(&lease.spec.unwrap_or_default(), now);
                self.renewed = Some(now);
                Ok(true)
            }
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn see(&mut self, spec: &LeaseSpec, now: Instant) {
        let (holder, renewed) = (spec.holder_identity.clone(), spec.renew_time.clone());
        if self.seen.as_ref().is_none_or(|seen| (&seen.holder, &seen.renewed) != (&holder, &renewed)) {
            self.seen = Some(Seen { holder, renewed, since: now });
        }
    }

    fn spec(&self, transitions: i32) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        LeaseSpec {
            holder_identity: Some(self.me.clone()),
            lease_duration_seconds: i32::try_from(HOLDS.as_secs()).ok(),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            lease_transitions: Some(transitions),
            ..LeaseSpec::default()
        }
    }

    /// So that the next one needs not to wait.
    async fn release(&self) {
        let released = async {
            let mut lease = self.api.get(&self.lease).await?;
            if let Some(spec) =
                lease.spec.as_mut().filter(|s| s.holder_identity.as_deref() == Some(&*self.me))
            {
                spec.holder_identity = None;
                self.api.replace(&self.lease, &PostParams::default(), &lease).await?;
            }
            Ok::<_, kube::Error>(())
        };
        if let Err(error) = released.await {
            tracing::debug!(%error, "giving the Lease back");
        }
    }
}

/// Waits until it is time to stop.
pub(crate) async fn told(stop: &mut watch::Receiver<bool>) {
    // An error: nobody can tell any more.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Whether a Lease that was seen so is free for us.
fn may_take(seen: Option<&Seen>, me: &str, now: Instant) -> bool {
    let Some(seen) = seen else { return true };
    match seen.holder.as_deref() {
        None | Some("") => true,
        Some(holder) => holder == me || now.duration_since(seen.since) > HOLDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leadership_that_is_not_renewed_ends_without_anybody_saying_so() {
        let now = Instant::now();
        let until = Leadership::Until(now + GIVE_UP);
        assert!(until.holds(now) && !until.holds(now + GIVE_UP));
        assert!(Leadership::Always.holds(now) && !Leadership::Never.holds(now));
    }

    #[test]
    fn a_lease_is_free_when_given_back_or_not_renewed_for_long() {
        let since = Instant::now();
        let seen = |holder: &str| Seen { holder: Some(holder.into()), renewed: None, since };
        let later = since + HOLDS + Duration::from_secs(1);
        assert!(may_take(None, "me", since));
        assert!(may_take(Some(&Seen { holder: None, renewed: None, since }), "me", since));
        assert!(may_take(Some(&seen("me")), "me", since));
        assert!(!may_take(Some(&seen("other")), "me", since + HOLDS));
        assert!(may_take(Some(&seen("other")), "me", later));
    }
}

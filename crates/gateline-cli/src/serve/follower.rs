use std::sync::Arc;
use std::time::Duration;

use gateline_api::resolve::Resolution;
use gateline_api::{Objects, resolve};
use gateline_controller::{resolve_options, restrict, unpack};
use gateline_proxy::Proxy;
use serde_json::Value;
use tokio::time::Instant;

use super::cache::{self, Cache};
use super::kubernetes::ClusterArgs;

/// How long the Secrets of a Gateway may come later than what refers to them, and the objects of a cluster than what was
/// kept of them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serves what a cluster says, change by change.
pub(super) struct Follower<'a> {
    args: &'a ClusterArgs,
    proxy: &'a Proxy,
    cache: Option<Cache>,
    served: Option<Resolution>,
    /// What the objects were that were looked at last.
    seen: Vec<Arc<Value>>,
    /// Objects whose Secrets are still to come, and how long to wait for them.
    held: Option<(Objects, Instant)>,
}

impl<'a> Follower<'a> {
    /// Needs a tokio runtime.
    pub(super) fn new(args: &'a ClusterArgs, proxy: &'a Proxy) -> Self {
        let kept = args.cache.as_deref().and_then(cache::read);
        Self {
            held: kept.map(|objects| (objects, Instant::now() + PATIENCE)),
            cache: args.cache.clone().map(Cache::new),
            args,
            proxy,
            served: None,
            seen: Vec::new(),
        }
    }

    /// Until it is time to give up waiting. Pending if nothing is waited for.
    pub(super) async fn wait(&self) {
        match &self.held {
            Some((_, due)) => tokio::time::sleep_until(*due).await,
            None => std::future::pending().await,
        }
    }

    /// Serves what the cluster says now.
    pub(super) fn take(&mut self, mut objects: Objects) {
        if let Some(gateway) = &self.args.gateway {
            restrict(&mut objects, gateway);
            let now: Vec<_> = objects.iter().map(|object| object.value.clone()).collect();
            let pairs = self.seen.iter().zip(&now);
            if self.seen.len() == now.len() && pairs.into_iter().all(|(seen, now)| Arc::ptr_eq(seen, now)) {
                return;
            }
            self.seen = now;
            if self.args.secrets.is_some() && !unpack(gateway, &mut objects) {
                // A listener must not close because its new certificate comes a moment after its name.
                let due = self.held.take().map_or_else(|| Instant::now() + PATIENCE, |(_, due)| due);
                self.held = Some((objects, due));
                return;
            }
        }
        self.held = None;
        self.serve(&objects);
    }

    /// The controller or the API server is away: what can be served without is.
    pub(super) fn give_up_waiting(&mut self) {
        if let Some((objects, _)) = self.held.take() {
            self.serve(&objects);
        }
    }

    /// Serves what the objects say, or goes on with what was served before.
    fn serve(&mut self, objects: &Objects) {
        let resolution = resolve(objects, &resolve_options(&self.args.name.controller_name));
        if self.served.as_ref().is_some_and(|served| served.serves_as(&resolution)) {
            return;
        }
        let (listeners, routes) = (resolution.model.listeners.len(), resolution.model.routes.len());
        match tokio::task::block_in_place(|| self.proxy.apply(&resolution)) {
            Ok(()) => {
                tracing::info!(listeners, routes, "serving");
                self.served = Some(resolution);
                if let Some(cache) = &self.cache {
                    cache.keep(objects);
                }
            }
            Err(error) => {
                tracing::error!(%error, "the configuration before stays");
                // A port that another listener has not yet given back, perhaps.
                self.held = Some((objects.clone(), Instant::now() + PATIENCE));
            }
        }
    }
}

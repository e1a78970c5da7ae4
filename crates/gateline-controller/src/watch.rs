//! One watch for each kind, for as long as the process lives.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use gateline::model::ObjectName;
use gateline_api::Object;
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::watcher::{self, Config, watcher};
use kube::runtime::{WatchStreamExt as _, utils::Backoff};
use kube::{Api, Client};
use serde_json::Value;
use tokio::task::{AbortHandle, JoinSet};

use crate::discovery::{self, Schemas};
use crate::kinds::{Kind, One};
use crate::store::{Event, Store};

/// How often to look whether kinds have appeared that were not served.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// How long to leave a kind alone whose definition was taken away.
const GONE: Duration = Duration::from_secs(1);
/// An API server that starts refuses what it permits a moment later. So many refusals in a row are worth a line.
const REFUSED: u32 = 5;

/// The watch of a kind.
struct Watching {
    task: AbortHandle,
    /// Group and version.
    version: String,
}

/// Watches all kinds that are served, and those that come to be served later. Never returns.
pub(crate) async fn all(client: Client, kinds: Vec<Kind>, only: Option<One>, store: Arc<Store>) {
    let mut tasks = JoinSet::new();
    let mut watched: BTreeMap<Kind, Watching> = BTreeMap::new();
    let mut schemas = Schemas::new();
    let mut started = false;
    let changing = kinds.iter().any(|kind| kind.plural.is_none());
    loop {
        if changing && let Ok(now) = discovery::schemas(&client).await {
            end_outdated(&mut watched, &schemas, &now);
            schemas = now;
        }
        let missing: Vec<Kind> = kinds.iter().filter(|kind| !watched.contains_key(kind)).copied().collect();
        match discovery::served(&client, &missing).await {
            Ok(served) => {
                for (kind, _) in served.iter().filter(|_| !started) {
                    store.expect(*kind);
                }
                for (kind, resource) in served {
                    store.served_at(kind, resource.clone());
                    tracing::debug!(kind = kind.kind, version = %resource.api_version, "watching");
                    let (client, store) = (client.clone(), store.clone());
                    let only =
                        only.as_ref().filter(|only| only.kind == kind.kind).map(|only| only.name.clone());
                    let version = resource.api_version.clone();
                    let task = tasks.spawn(async move {
                        one(client, kind, &resource, only, &store).await;
                        tokio::time::sleep(GONE).await;
                        kind
                    });
                    watched.insert(kind, Watching { task, version });
                }
                if !started {
                    started = true;
                    store.started();
                }
            }
            Err(error @ kube::Error::Api(_)) => tracing::warn!(%error, "asking which kinds are served"),
            Err(error) => tracing::debug!(%error, "asking which kinds are served"),
        }
        tokio::select! {
            Some(Ok((id, kind))) = tasks.join_next_with_id() => {
                if watched.get(&kind).is_some_and(|watching| watching.task.id() == id) {
                    watched.remove(&kind);
                }
            }
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Ends the watches of kinds whose schema is another one, so that they are begun anew with a list. While the API server learns
/// of a schema, a watch may tell of an object without its new fields, and never tells of it again.
fn end_outdated(watched: &mut BTreeMap<Kind, Watching>, before: &Schemas, now: &Schemas) {
    watched.retain(|kind, watching| {
        let (before, now) = (before.get(&watching.version), now.get(&watching.version));
        let outdated = before.zip(now).is_some_and(|(before, now)| before != now);
        if outdated {
            tracing::info!(kind = kind.kind, "its schema has changed: everything is listed again");
            watching.task.abort();
        }
        !outdated
    });
}

/// Watches one kind until it is served no longer.
async fn one(client: Client, kind: Kind, resource: &ApiResource, only: Option<ObjectName>, store: &Store) {
    let api: Api<DynamicObject> = match &only {
        Some(name) => Api::namespaced_with(client, &name.namespace, resource),
        None => Api::all_with(client, resource),
    };
    let fields = match only {
        Some(only) => format!("metadata.name={}", only.name),
        None => kind.fields.to_owned(),
    };
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let config =
        Config { field_selector: given(&fields), label_selector: given(kind.labels), ..Config::default() };
    let mut events = pin!(watcher(api, config).backoff(Patience::default()));
    let mut refused = 0;
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                refused = 0;
                take(kind, resource, event, store);
            }
            Err(error) if is_gone(&error) => {
                tracing::info!(kind = kind.kind, "no longer served");
                // No more objects of it can be had; the last ones are gone with their definition.
                store.take(kind, Event::Init);
                return store.take(kind, Event::Ready);
            }
            Err(error) if is_expired(&error) => {
                tracing::info!(kind = kind.kind, %error, "a watch has expired: everything is listed again");
            }
            Err(error) => {
                refused += u32::from(is_refusal(&error));
                if refused == REFUSED {
                    tracing::warn!(kind = kind.kind, %error, "watching is refused");
                } else {
                    tracing::debug!(kind = kind.kind, %error, "watching");
                }
            }
        }
    }
}

fn take(kind: Kind, resource: &ApiResource, event: watcher::Event<DynamicObject>, store: &Store) {
    let event = match event {
        watcher::Event::Init => Some(Event::Init),
        watcher::Event::InitDone => Some(Event::Ready),
        watcher::Event::InitApply(object) => read(resource, object).map(Event::Listed),
        watcher::Event::Apply(object) => read(resource, object).map(Event::Apply),
        watcher::Event::Delete(object) => Some(Event::Delete(ObjectName::new(
            object.metadata.namespace.unwrap_or_default(),
            object.metadata.name.unwrap_or_default(),
        ))),
    };
    if let Some(event) = event {
        store.take(kind, event);
    }
}

/// The object, whatever is in it. What cannot even be named is left out.
pub(crate) fn read(resource: &ApiResource, mut object: DynamicObject) -> Option<Object> {
    object.metadata.managed_fields = None;
    let mut value = serde_json::to_value(object).ok()?;
    // The items of a list do not repeat them.
    if let Value::Object(fields) = &mut value {
        fields.insert("apiVersion".into(), resource.api_version.as_str().into());
        fields.insert("kind".into(), resource.kind.as_str().into());
    }
    match Object::from_cluster(value) {
        Ok(object) => Some(object),
        Err(error) => {
            tracing::warn!(kind = %resource.kind, %error, "an object is ignored");
            None
        }
    }
}

/// Whether the API server has forgotten what has happened since.
fn is_expired(error: &watcher::Error) -> bool {
    matches!(error, watcher::Error::WatchError(status) if status.code == 410)
}

/// Whether it is an answer; of those that do not come the client tells.
fn is_refusal(error: &watcher::Error) -> bool {
    use watcher::Error::{InitialListFailed, WatchError, WatchStartFailed};
    matches!(
        error,
        InitialListFailed(kube::Error::Api(_)) | WatchStartFailed(kube::Error::Api(_)) | WatchError(_)
    )
}

fn is_gone(error: &watcher::Error) -> bool {
    matches!(
        error,
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status)) if status.code == 404
    )
}

/// Waits a little longer after each error in a row, so that an API server that comes back finds no crowd.
#[derive(Debug, Default)]
struct Patience {
    errors: u32,
}

impl Iterator for Patience {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.errors = self.errors.saturating_add(1);
        let longest = 100_u64 << self.errors.min(8);
        Some(Duration::from_millis(fastrand::u64(longest / 2..=longest)))
    }
}

impl Backoff for Patience {
    fn reset(&mut self) {
        self.errors = 0;
    }
}

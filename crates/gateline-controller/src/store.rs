//! The objects of a cluster as last seen, and a word to whoever waits when they have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gateline::model::ObjectName;
use gateline_api::{Object, Objects};
use kube::core::ApiResource;
use serde_json::Value;
use tokio::sync::watch;

use crate::kinds::Kind;

/// What a watch says.
#[derive(Debug)]
pub(crate) enum Event {
    /// The list begins again.
    Init,
    /// An object of the list.
    Listed(Object),
    /// The list is whole: what is not in it is gone.
    Ready,
    /// An object is new or has changed.
    Apply(Object),
    /// An object is gone.
    Delete(ObjectName),
}

/// How often things have changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revision {
    /// Anything at all.
    pub(crate) any: u64,
    /// Something that a resolution is made from: not a status, not a resourceVersion.
    pub(crate) inputs: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Store {
    state: Mutex<State>,
    revision: watch::Sender<Revision>,
}

#[derive(Debug, Default)]
struct State {
    objects: Objects,
    started: bool,
    /// Kinds whose first list is not yet whole.
    waiting: BTreeSet<Kind>,
    /// By kind, while a list is on its way: what it holds so far.
    listed: BTreeMap<Kind, BTreeSet<ObjectName>>,
    /// By group and kind.
    resources: BTreeMap<(Box<str>, Box<str>), ApiResource>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), revision: watch::Sender::new(Revision::default()) }
    }

    /// A kind is going to be watched: until its list is whole, the store is not.
    pub(crate) fn expect(&self, kind: Kind) {
        self.state().waiting.insert(kind);
    }

    /// Where objects of a kind are in the API.
    pub(crate) fn served_at(&self, kind: Kind, resource: ApiResource) {
        self.state().resources.insert((kind.group.into(), kind.kind.into()), resource);
    }

    /// See [`Store::served_at`].
    pub(crate) fn resource(&self, group: &str, kind: &str) -> Option<ApiResource> {
        self.state().resources.get(&(group.into(), kind.into())).cloned()
    }

    /// What the API server answered to a write, unless a watch has brought something newer already. Watches tell of it
    /// too, but later: until then, the same would be written again.
    pub(crate) fn written(&self, object: Object) {
        let version =
            |object: &Object| object.value["metadata"]["resourceVersion"].as_str()?.parse::<u64>().ok();
        let mut state = self.state();
        let known = state.objects.get(&object.group, &object.kind, &object.name).and_then(version);
        if known.zip(version(&object)).is_some_and(|(known, written)| known < written) {
            state.objects.insert(object);
        }
    }

    /// All kinds that are there at the beginning are expected.
    pub(crate) fn started(&self) {
        self.state().started = true;
        self.revision.send_modify(|revision| {
            *revision = Revision { any: revision.any + 1, inputs: revision.inputs + 1 }
        });
    }

    pub(crate) fn take(&self, kind: Kind, event: Event) {
        let mut state = self.state();
        let changed = state.take(kind, event);
        drop(state);
        if let Some(input) = changed {
            self.revision.send_modify(|revision| {
                revision.any += 1;
                revision.inputs += u64::from(input);
            });
        }
    }

    /// Told of every change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Revision> {
        self.revision.subscribe()
    }

    /// All objects, once every kind has been listed. Objects are shared, so this is cheap.
    pub(crate) fn objects(&self) -> Option<Objects> {
        let state = self.state();
        (state.started && state.waiting.is_empty()).then(|| state.objects.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether anything has changed, and if so, whether it was an input.
    fn take(&mut self, kind: Kind, event: Event) -> Option<bool> {
        match event {
            Event::Init => {
                self.listed.insert(kind, BTreeSet::new());
                None
            }
            Event::Listed(object) => {
                self.listed.entry(kind).or_default().insert(object.name.clone());
                self.insert(object)
            }
            Event::Ready => {
                let listed = self.listed.remove(&kind).unwrap_or_default();
                let known = self.objects.of_kind(kind.group, kind.kind).map(|object| &object.name);
                let gone: Vec<ObjectName> = known.filter(|name| !listed.contains(*name)).cloned().collect();
                for name in &gone {
                    self.objects.remove(kind.group, kind.kind, name);
                }
                let first = self.waiting.remove(&kind);
                (first || !gone.is_empty()).then_some(true)
            }
            Event::Apply(object) => self.insert(object),
            Event::Delete(name) => self.objects.remove(kind.group, kind.kind, &name).map(|_| true),
        }
    }

    fn insert(&mut self, object: Object) -> Option<bool> {
        let value = object.value.clone();
        match self.objects.insert(object) {
            None => Some(true),
            Some(before) if before.value == value => None,
            Some(before) => Some(!same_input(&before.value, &value)),
        }
    }
}

/// Whether two versions of an object mean the same to a resolution.
fn same_input(a: &Value, b: &Value) -> bool {
    const BOOKKEEPING: &[&str] = &["resourceVersion", "managedFields"];
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return false };
    let fields = |one: &serde_json::Map<String, Value>| {
        one.keys().filter(|key| *key != "status" && *key != "metadata").cloned().collect::<BTreeSet<_>>()
    };
    let metadata = |one: &serde_json::Map<String, Value>| {
        let metadata = one.get("metadata").and_then(Value::as_object).into_iter().flatten();
        let kept = metadata.filter(|(key, _)| !BOOKKEEPING.contains(&key.as_str()));
        kept.map(|(key, value)| (key.clone(), value.clone())).collect::<BTreeMap<_, _>>()
    };
    let names = fields(a);
    names == fields(b) && metadata(a) == metadata(b) && names.iter().all(|name| a.get(name) == b.get(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::INPUTS;

    fn route(name: &str, version: &str, path: &str, status: &str) -> Object {
        Object::from_cluster(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": { "name": name, "namespace": "shop", "resourceVersion": version },
            "spec": { "path": path }, "status": { "text": status },
        }))
        .unwrap()
    }

    fn kind() -> Kind {
        *INPUTS.iter().find(|kind| kind.kind == "HTTPRoute").unwrap()
    }

    fn names(store: &Store) -> Vec<String> {
        store.objects().unwrap().iter().map(|object| object.name.name.to_string()).collect()
    }

    #[test]
    fn is_whole_only_when_every_kind_was_listed() {
        let store = Store::new();
        store.expect(kind());
        store.started();
        store.take(kind(), Event::Init);
        store.take(kind(), Event::Listed(route("a", "1", "/", "")));
        assert!(store.objects().is_none());
        store.take(kind(), Event::Ready);
        assert_eq!(names(&store), ["a"]);
    }

    #[test]
    fn a_new_list_takes_away_what_it_does_not_hold_but_only_at_its_end() {
        let store = Store::new();
        store.started();
        store.take(kind(), Event::Apply(route("a", "1", "/", "")));
        store.take(kind(), Event::Apply(route("b", "2", "/", "")));
        store.take(kind(), Event::Init);
        store.take(kind(), Event::Listed(route("b", "2", "/", "")));
        assert_eq!(names(&store), ["a", "b"]);
        store.take(kind(), Event::Ready);
        assert_eq!(names(&store), ["b"]);
    }

    #[test]
    fn a_status_is_a_change_but_no_input() {
        let store = Store::new();
        let revision = store.subscribe();
        let now = || *revision.borrow();
        store.take(kind(), Event::Apply(route("a", "1", "/", "")));
        assert_eq!(now(), Revision { any: 1, inputs: 1 });
        store.take(kind(), Event::Apply(route("a", "2", "/", "accepted")));
        assert_eq!(now(), Revision { any: 2, inputs: 1 });
        store.take(kind(), Event::Apply(route("a", "2", "/", "accepted")));
        assert_eq!(now(), Revision { any: 2, inputs: 1 });
        store.take(kind(), Event::Apply(route("a", "3", "/new", "accepted")));
        assert_eq!(now(), Revision { any: 3, inputs: 2 });
        store.take(kind(), Event::Delete(ObjectName::new("shop", "a")));
        assert_eq!(now(), Revision { any: 4, inputs: 3 });
    }
}

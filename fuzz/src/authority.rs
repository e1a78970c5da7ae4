use std::sync::{Arc, LazyLock};

use gateline::model::{Match, Model, ObjectName, Origin, PathMatch, Protocol, Route, RouteKind};
use gateline::{Options, Router, reference};

use crate::fields;
use crate::world::{self, Owned, PORT};

const HOSTS: [&str; 5] = ["*", "*.com", "*.a.com", "a.com", "b.a.com"];

static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    Router::compile(Arc::new(model()), &Options::default()).expect("the model has no patterns")
});

/// A listener and a route with its own prefixes for each host.
fn model() -> Model {
    let mut model = Model::default();
    for (index, host) in HOSTS.into_iter().enumerate() {
        model.listeners.push(world::listener(index, "g", Protocol::Http, host));
    }
    for (index, host) in HOSTS.into_iter().enumerate() {
        let rules = ["", "/a", "/a/b"].into_iter().map(|path| world::rule(vec![prefix(path)])).collect();
        let name = ObjectName::new("n", format!("r{index}").as_str());
        let route = Route { kind: RouteKind::Http, name, created: None, rules, origin: Origin::default() };
        world::attach(&mut model, route, &[host]);
    }
    model
}

fn prefix(path: &str) -> Match {
    let path = PathMatch::Prefix(path.into());
    Match { path, method: None, headers: vec![], query: vec![], origin: Origin::default() }
}

/// The router reads any authority and any path as the naive reference does. Input: authority, path.
///
/// # Panics
///
/// Where it does not.
pub fn authority(input: &[u8]) {
    let Some([authority, path]) = fields(input) else { return };
    let request = Owned::get(authority, path);
    let entry = ROUTER.entry(PORT).expect("there is a listener on this port");
    let expected = reference::decide(ROUTER.model(), &Options::default(), PORT, None, &request.head());
    assert_eq!(ROUTER.decide(entry, &request.head()), expected, "{request:?}");
}

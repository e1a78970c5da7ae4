//! The router answers as the naive reference does: for a model that the generators of the property tests make from a
//! seed, requests of the same generators, and one request that the fuzzer writes.
#![no_main]

#[path = "../../crates/gateline/tests/world/mod.rs"]
mod world;

use std::sync::Arc;

use gateline::{Options, Router, reference};
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use world::{Owned, PORT};

fuzz_target!(|input: ([u8; 16], &str, &str, &str, &str)| {
    let (seed, authority, path, query, header) = input;
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &seed);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    let requests = proptest::collection::vec(world::request(), 8);
    let Ok(tree) = (world::listeners(), world::routes(), requests).new_tree(&mut runner) else { return };
    let (listeners, routes, mut requests) = tree.current();
    if HeaderValue::from_str(header).is_ok() {
        requests.push(Owned::get(authority, path).query(query).header("x-a", header));
    }

    let model = world::model(listeners, &routes);
    let options = Options::default();
    let router = Router::compile(Arc::new(model.clone()), &options).expect("the patterns of the generators compile");
    let entry = router.entry(PORT).expect("there is a listener on this port");
    for request in &requests {
        let head = request.head();
        let expected = reference::decide(&model, &options, PORT, None, &head);
        assert_eq!(router.decide(entry, &head), expected, "{request:?}");
    }
});

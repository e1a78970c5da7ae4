use std::sync::Arc;

use gateline::{Options, Router, reference};
use http::HeaderValue;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::fields;
use crate::world::{self, Owned, PORT};

/// The router answers as the naive reference does: for a model that the generators of the property tests make from a
/// seed, requests of the same generators, and one request that is written. Input: seed, authority, query, header, path.
///
/// # Panics
///
/// Where it does not.
pub fn decide(input: &[u8]) {
    let Some([seed, authority, query, header, path]) = fields(input) else { return };
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &bytes(seed));
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    let requests = proptest::collection::vec(world::request(), 8);
    let Ok(tree) = (world::listeners(), world::routes(), requests).new_tree(&mut runner) else { return };
    let (listeners, attached, mut requests) = tree.current();
    if HeaderValue::from_str(header).is_ok() {
        requests.push(Owned::get(authority, path).query(query).header("x-a", header));
    }

    let model = world::model(listeners, &attached);
    let options = Options::default();
    let router =
        Router::compile(Arc::new(model.clone()), &options).expect("the patterns of the generators compile");
    let entry = router.entry(PORT).expect("there is a listener on this port");
    for request in &requests {
        let head = request.head();
        let expected = reference::decide(&model, &options, PORT, None, &head);
        assert_eq!(router.decide(entry, &head), expected, "{request:?}");
    }
}

/// The first sixteen, filled up with zeros.
fn bytes(seed: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(seed.bytes()).for_each(|(byte, from)| *byte = from);
    bytes
}

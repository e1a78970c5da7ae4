//! The part of Gateline that runs in a browser: the least that the playground needs of `gateline-testing` and `gateline-migrate`.
//! Results cross as JSON, which is that of the command line. There are no files, and the time is an argument.

mod error;
mod manifests;
mod migrate;

use gateline_testing::{json, words};
use wasm_bindgen::prelude::wasm_bindgen;

pub use manifests::Manifests;
pub use migrate::migrate;

/// What decides between two matches, in order of precedence, each with a sentence: as JSON, pairs.
#[wasm_bindgen]
pub fn criteria() -> String {
    json(&words::criteria())
}

/// What comes in turn.
fn pairs(list: Vec<String>) -> Vec<(String, String)> {
    let mut list = list.into_iter();
    std::iter::from_fn(|| Some((list.next()?, list.next()?))).collect()
}

/// Seconds since 1970, of the milliseconds that JavaScript counts.
fn seconds(now: Option<f64>) -> Option<i64> {
    let seconds = (now? / 1000.0).floor();
    // Beyond this a number is no time that anybody means.
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked")]
    (seconds.abs() < 1e15).then_some(seconds as i64)
}

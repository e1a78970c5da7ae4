//! What the steps need beyond Rust and Python: installed on first use, under `target/` where that is possible.

pub(crate) mod debian;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod wasm;

//! What must hold of every input, a function a fuzz target. It panics where it does not hold.
//!
//! Inputs are text, so that one can be written by hand: one field a line, and the last field is what is left.

mod access_log;
mod authority;
mod decide;
mod parse_resolve;
mod redirect_location;
#[allow(clippy::wildcard_imports, reason = "it is a helper of tests, where clippy allows them")]
#[path = "../../crates/gateline/tests/world/mod.rs"]
mod world;

pub use access_log::access_log;
pub use authority::authority;
pub use decide::decide;
pub use parse_resolve::parse_resolve;
pub use redirect_location::redirect_location;

/// A fuzz target, by its name in `fuzz_targets/`.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 5] = [
    ("access_log", access_log),
    ("authority", authority),
    ("decide", decide),
    ("parse_resolve", parse_resolve),
    ("redirect_location", redirect_location),
];

/// The fields of an input; those that it does not have are empty.
fn fields<const N: usize>(input: &[u8]) -> Option<[&str; N]> {
    let mut fields = std::str::from_utf8(input).ok()?.splitn(N, '\n');
    Some(std::array::from_fn(|_| fields.next().unwrap_or_default()))
}

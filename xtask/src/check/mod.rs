//! Checks of the repository that no other tool makes.

pub(crate) mod commands;
pub(crate) mod dependencies;
pub(crate) mod length;
pub(crate) mod toolchain;

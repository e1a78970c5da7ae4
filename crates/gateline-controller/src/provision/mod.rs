//! From a Gateway to the objects that serve it, as data; and the making of them.

mod access;
mod applier;
mod binding;
mod budget;
mod data_plane;
mod deployment;
mod labels;
mod names;
mod parameters;
mod ports;
mod provisioner;
mod reach;
mod service;
#[cfg(test)]
mod tests;

pub(crate) use provisioner::Provisioner;
pub(crate) use reach::{Reach, settle};

use applier::Applier;
use binding::Binding;
use data_plane::{DataPlane, Settings};
use names::bounded;

pub use ports::{ADMIN_PORT, RESERVED_PORTS, container_port};

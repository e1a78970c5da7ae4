//! From a Gateway to the objects that serve it, as data; and the making of them.

mod access;
mod applier;
mod binding;
mod budget;
mod data_plane;
mod deployment;
mod labels;
mod made;
mod names;
mod parameters;
mod ports;
mod provisioner;
mod reach;
mod repairs;
mod service;
#[cfg(test)]
mod tests;

pub(crate) use provisioner::Provisioner;
pub(crate) use reach::{Reach, settle};

use std::time::Duration;

use applier::Applier;
use binding::Binding;
use data_plane::{DataPlane, Settings};
use names::bounded;

/// How often everything is applied again, whatever others have done to what is not watched.
const AGAIN: Duration = Duration::from_mins(5);
/// How long to wait before something that failed is tried again.
const RETRY: Duration = Duration::from_secs(5);

pub use ports::{ADMIN_PORT, RESERVED_PORTS, container_port};

//! How a cluster is resolved: what is not there is missing.

use gateline::model::Timestamp;
use gateline_api::resolve::{Assume, Options};

use crate::provision::RESERVED_PORTS;

/// The options of a resolution in a cluster, for the GatewayClasses with this `controllerName`.
#[must_use]
pub fn options(controller: &str) -> Options {
    let mut options = Options::default();
    options.services = Assume::Missing;
    options.secrets = Assume::Missing;
    options.gateways = Assume::Missing;
    options.namespaces = Assume::Missing;
    options.controller = Some(controller.to_owned());
    options.now = Some(Timestamp(k8s_openapi::jiff::Timestamp::now().as_second()));
    options.reserved_ports = Some(RESERVED_PORTS);
    options
}

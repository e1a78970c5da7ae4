use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use gateline::model::Timestamp;
use serde::Deserialize;

/// What to assume of things that are not in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assume {
    /// Offline input is partial: treated as present, with a warning.
    #[default]
    Unknown,
    /// As if it were there, without a word.
    Present,
    /// As a cluster would: the reference is broken.
    Missing,
}

/// Choices of a resolution.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Services (and EndpointSlices) that are not in the input.
    pub services: Assume,
    /// Secrets and ConfigMaps that are not in the input.
    pub secrets: Assume,
    /// Gateways and GatewayClasses that are not in the input.
    pub gateways: Assume,
    /// Labels of Namespaces that are not in the input (`gateline.toml`, or what `dev` stands in for).
    pub namespace_labels: BTreeMap<String, BTreeMap<String, String>>,
    /// Namespaces neither in the input nor above are taken to have the labels that a listener's selector asks for.
    pub namespaces: Assume,
    /// Only GatewayClasses with this controllerName; `None` takes all (offline).
    pub controller: Option<String>,
    /// Ports that listeners cannot have where they are served.
    pub reserved_ports: Option<RangeInclusive<u16>>,
    /// For the expiry of certificates; `None` does not look.
    pub now: Option<Timestamp>,
}

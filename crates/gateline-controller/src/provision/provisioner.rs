use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use gateline::model::ObjectName;
use gateline_api::Objects;
use gateline_api::objects::GATEWAY;
use gateline_api::resolve::Resolution;
use kube::Client;

use super::{Applier, Binding, DataPlane, Reach, Settings};
use crate::metrics::Metrics;
use crate::options::{Options, Serving};

/// Makes the data planes of Gateways, if somebody is to make them, and says how they can be reached.
pub(crate) enum Provisioner {
    Pods(Box<Pods>),
    At(Vec<(String, String)>),
}

/// Makes them.
pub(crate) struct Pods {
    settings: Settings,
    applier: Applier,
    binding: Option<Binding>,
}

impl Provisioner {
    pub(crate) fn new(client: &Client, options: &Options, metrics: Arc<Metrics>) -> Self {
        match &options.serving {
            Serving::At(addresses) => Self::At(addresses.clone()),
            Serving::Pods(pods) => Self::Pods(Box::new(Pods {
                settings: Settings {
                    image: pods.image.clone(),
                    pull_policy: pods.pull_policy.clone(),
                    replicas: pods.replicas,
                    controller: options.controller.clone(),
                },
                applier: Applier::new(client.clone(), metrics),
                binding: pods.binding.as_deref().map(|name| Binding::new(client.clone(), name)),
            })),
        }
    }

    /// Has made what is missing for these Gateways, and says how each can be reached now.
    pub(crate) fn provision(
        &mut self,
        objects: &Objects,
        resolution: &Resolution,
        gateways: &BTreeSet<ObjectName>,
    ) -> BTreeMap<ObjectName, Reach> {
        let Pods { settings, applier, binding } = match self {
            Self::At(addresses) => {
                let here =
                    |name: &ObjectName| (name.clone(), Reach { addresses: addresses.clone(), fault: None });
                return gateways.iter().map(here).collect();
            }
            Self::Pods(pods) => &mut **pods,
        };
        let now = Instant::now();
        let living = gateways.iter().filter_map(|name| objects.get(GATEWAY, "Gateway", name));
        let living = living.filter(|gateway| gateway.value["metadata"]["deletionTimestamp"].is_null());
        let planes: Vec<DataPlane<'_>> =
            living.filter_map(|gateway| DataPlane::of(gateway, objects, resolution, settings)).collect();
        if let Some(binding) = binding {
            binding.want(planes.iter().map(DataPlane::account).collect(), now);
        }
        for plane in &planes {
            applier.want(plane, objects, now);
        }
        applier.retain(gateways);
        planes.iter().map(|plane| (plane.gateway.name.clone(), Reach::of(plane, objects))).collect()
    }

    /// The next change that has come to its end: whether to try again. Pending while there is none.
    pub(crate) async fn done(&mut self) -> bool {
        match self {
            Self::At(_) => std::future::pending().await,
            Self::Pods(pods) => {
                let Pods { applier, binding, .. } = &mut **pods;
                match binding {
                    None => applier.done().await,
                    Some(binding) => tokio::select! {
                        failed = applier.done() => failed,
                        failed = binding.done() => failed,
                    },
                }
            }
        }
    }
}

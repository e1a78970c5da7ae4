use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use gateline::model::ObjectName;
use gateline_api::objects::{CORE, GATEWAY};
use gateline_api::resolve::Resolution;
use gateline_api::{Object, Objects};
use kube::Client;

use super::{Applier, Binding, DataPlane, Reach, Settings};
use crate::address::GatewayAddress;
use crate::bundle::Bundles;
use crate::controller::earliest;
use crate::metrics::Metrics;
use crate::options::{Options, Serving};

/// Makes the data planes of Gateways, if somebody is to make them, and says how they can be reached.
pub(crate) enum Provisioner {
    Pods(Box<Pods>),
    At(Vec<GatewayAddress>),
}

/// Makes them.
pub(crate) struct Pods {
    settings: Settings,
    bundles: Bundles,
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
                bundles: Bundles::default(),
                applier: Applier::new(client.clone(), metrics),
                binding: pods.binding.as_deref().map(|name| Binding::new(client.clone(), name)),
            })),
        }
    }

    /// Has made what is missing for these Gateways. Says how each can be reached now, and when to do so again if nothing
    /// changes.
    pub(crate) fn provision(
        &mut self,
        objects: &Objects,
        resolution: &Resolution,
        gateways: &BTreeSet<ObjectName>,
    ) -> (BTreeMap<ObjectName, Reach>, Option<Instant>) {
        let Pods { settings, bundles, applier, binding } = match self {
            Self::At(addresses) => {
                let here =
                    |name: &ObjectName| (name.clone(), Reach { addresses: addresses.clone(), fault: None });
                return (gateways.iter().map(here).collect(), None);
            }
            Self::Pods(pods) => &mut **pods,
        };
        let now = Instant::now();
        let ours = resolution
            .statuses
            .iter()
            .filter(|status| (&*status.group, &*status.kind) == (GATEWAY, "Gateway"));
        let ours = ours.filter_map(|status| objects.get(GATEWAY, "Gateway", &status.name));
        let planes: Vec<DataPlane<'_>> = ours
            .filter(|gateway| stays(gateway, objects))
            .filter_map(|gateway| DataPlane::of(gateway, objects, resolution, settings, bundles))
            .collect();
        // Pods of a Gateway that is not accepted any more go on with what they have, and can still read.
        let accounts = || planes.iter().map(DataPlane::object_name).collect();
        let mut due = binding.as_mut().and_then(|binding| binding.want(accounts(), now));
        let accepted = || planes.iter().filter(|plane| gateways.contains(&plane.gateway.name));
        for plane in accepted() {
            due = earliest(due, applier.want(plane, objects, now));
        }
        applier.retain(gateways);
        bundles.retain(&planes.iter().map(|plane| plane.gateway.name.clone()).collect());
        let reach = accepted().map(|plane| (plane.gateway.name.clone(), Reach::of(plane, objects)));
        (reach.collect(), due)
    }

    /// Waits until a change has come to its end. Pending while there is none.
    pub(crate) async fn done(&mut self) {
        match self {
            Self::At(_) => std::future::pending().await,
            Self::Pods(pods) => {
                let Pods { applier, binding, .. } = &mut **pods;
                match binding {
                    None => applier.done().await,
                    Some(binding) => tokio::select! {
                        () = applier.done() => {}
                        () = binding.done() => {}
                    },
                }
            }
        }
    }
}

/// Whether neither the Gateway nor its namespace is about to go.
fn stays(gateway: &Object, objects: &Objects) -> bool {
    let going = |object: &Object| !object.value["metadata"]["deletionTimestamp"].is_null();
    let namespace = ObjectName::new("", gateway.name.namespace.clone());
    !going(gateway) && !objects.get(CORE, "Namespace", &namespace).is_some_and(going)
}

use std::collections::{BTreeMap, BTreeSet};

use gateline::Model;
use gateline::model::{ObjectName, Protocol};
use gateline_api::objects::{Address, GATEWAY, Gateway};
use gateline_api::resolve::Resolution;
use gateline_api::{Object, Objects};
use serde_json::{Value, json};

use super::parameters::{Parameters, pairs};
use super::ports::Port;
use super::{access, bounded, budget, deployment, labels, service};
use crate::bundle::{Bundle, Bundles};

/// What all data planes have in common.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The image of this very program.
    pub(crate) image: String,
    /// `IfNotPresent`, `Always`, `Never`; `None` leaves it to Kubernetes.
    pub(crate) pull_policy: Option<String>,
    /// Our `controllerName`.
    pub(crate) controller: String,
    /// Pods of a Gateway that does not say; `None` is one, and leaves the number to a HorizontalPodAutoscaler.
    pub(crate) replicas: Option<i32>,
}

/// What serves one Gateway.
#[derive(Debug)]
pub(crate) struct DataPlane<'a> {
    pub(super) gateway: &'a Object,
    pub(super) settings: &'a Settings,
    pub(super) parameters: Parameters<'a>,
    /// Of the Deployment, the Service and the ServiceAccount.
    pub(crate) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) ports: BTreeSet<Port>,
    /// The Secret with the Secrets it uses.
    pub(super) secrets: Bundle,
    /// Addresses that the Gateway asks for.
    pub(crate) addresses: Vec<Address>,
}

impl<'a> DataPlane<'a> {
    /// What a Gateway asks for. `None` if it cannot be read.
    pub(crate) fn of(
        gateway: &'a Object,
        objects: &'a Objects,
        resolution: &Resolution,
        settings: &'a Settings,
        bundles: &mut Bundles,
    ) -> Option<Self> {
        let spec = gateway.decode::<Gateway>().ok()?.spec;
        let asked = |field: &str| pairs(gateway.value.pointer(&format!("/spec/infrastructure/{field}")));
        let class = spec.gateway_class_name.as_str();
        Some(Self {
            name: bounded(&format!("{}-{class}", gateway.name.name)),
            labels: labels::labels(&gateway.name.name, class, &asked("labels")),
            annotations: asked("annotations"),
            ports: ports(&gateway.name, &spec, &resolution.model),
            parameters: Parameters::of(gateway, class, objects),
            secrets: bundles.pack(&gateway.name, resolution, objects),
            addresses: spec.addresses,
            gateway,
            settings,
        })
    }

    /// The objects to be applied. Those without which pods cannot start come first.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let mut objects = vec![self.service_account()];
        objects.extend(access::access(self));
        objects.push(deployment::deployment(self));
        objects.push(budget::budget(self));
        // A Service needs a port.
        if !self.ports.is_empty() {
            objects.push(service::service(self));
        }
        objects
    }

    /// What each of its objects is called, the ServiceAccount of its pods among them.
    pub(crate) fn object_name(&self) -> ObjectName {
        ObjectName::new(self.gateway.name.namespace.clone(), self.name.as_str())
    }

    fn service_account(&self) -> Value {
        self.object("v1", "ServiceAccount", &BTreeMap::new(), &BTreeMap::new())
    }

    /// An object of the Gateway: it is deleted with it.
    pub(super) fn object(
        &self,
        api_version: &str,
        kind: &str,
        labels: &BTreeMap<String, String>,
        annotations: &BTreeMap<String, String>,
    ) -> Value {
        json!({
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {
                "name": self.name,
                "namespace": self.gateway.name.namespace,
                "labels": over(labels, &self.labels),
                "annotations": over(annotations, &self.annotations),
                "ownerReferences": [{
                    "apiVersion": format!("{GATEWAY}/v1"),
                    "kind": "Gateway",
                    "name": self.gateway.name.name,
                    "uid": self.gateway.value["metadata"]["uid"],
                    "controller": true,
                    "blockOwnerDeletion": true,
                }],
            },
        })
    }
}

/// Two sets of pairs; of two with the same key the second stands.
pub(super) fn over(
    below: &BTreeMap<String, String>,
    above: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    below.iter().chain(above).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The ports of the listeners that serve, those of ListenerSets too. Where none does, those that are written, so that a
/// Gateway has its address before its certificates come.
fn ports(name: &ObjectName, spec: &gateline_api::objects::GatewaySpec, model: &Model) -> BTreeSet<Port> {
    let serving = model.listeners.iter().filter(|listener| listener.name.gateway == *name);
    let serving: BTreeSet<Port> = serving
        .map(|listener| Port { port: listener.port, udp: listener.protocol == Protocol::Udp })
        .collect();
    if !serving.is_empty() {
        return serving;
    }
    let written = spec.listeners.iter().filter(|listener| listener.port != 0);
    written.map(|listener| Port { port: listener.port, udp: listener.protocol == "UDP" }).collect()
}

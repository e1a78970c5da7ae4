use gateline_api::objects::{Address, CORE};
use gateline_api::status::{Condition, ConditionStatus, Status};
use gateline_api::{Object, Objects};
use serde_json::Value;

use super::DataPlane;

/// Whether a Gateway can be reached, and where.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// `(type, value)`, as in `status.addresses`.
    pub(crate) addresses: Vec<(String, String)>,
    /// Reason and message of `Programmed: False`.
    pub(crate) fault: Option<(&'static str, String)>,
}

impl Reach {
    /// From the Service and the Deployment as they are.
    pub(crate) fn of(plane: &DataPlane<'_>, objects: &Objects) -> Self {
        let name = plane.object_name();
        let assigned = objects.get(CORE, "Service", &name).map(assigned).unwrap_or_default();
        let asked = |address: &Address| Some((address.kind().to_owned(), address.asked()?.to_owned()));
        let wanted: Vec<(String, String)> = plane.addresses.iter().filter_map(asked).collect();
        let pods = objects.get("apps", "Deployment", &name);
        let pods = pods.and_then(|pods| pods.value["status"]["availableReplicas"].as_i64()).unwrap_or(0);
        let unusable: Vec<&str> = wanted
            .iter()
            .filter(|address| !assigned.contains(address))
            .map(|(_, value)| value.as_str())
            .collect();
        let fault = if !unusable.is_empty() {
            let message = format!("the load balancer has not assigned {}", unusable.join(", "));
            Some(("AddressNotUsable", message))
        } else if assigned.is_empty() {
            let message = format!("the load balancer has not assigned an address to Service {name}");
            Some(("AddressNotAssigned", message))
        } else if pods == 0 {
            Some(("Pending", format!("no pod of Deployment {name} is ready yet")))
        } else {
            None
        };
        let addresses = if wanted.is_empty() {
            assigned
        } else {
            wanted.into_iter().filter(|address| assigned.contains(address)).collect()
        };
        Self { addresses, fault }
    }
}

/// What a Service can be reached at: from the load balancer, or inside the cluster where it asks for none.
fn assigned(service: &Object) -> Vec<(String, String)> {
    let spec = &service.value["spec"];
    let addresses = |value: &Value, kind: &str| {
        value
            .as_str()
            .filter(|text| !text.is_empty() && *text != "None")
            .map(|text| (kind.to_owned(), text.to_owned()))
    };
    if spec["type"] != "LoadBalancer" {
        let own = spec["clusterIPs"].as_array().into_iter().flatten();
        return own.filter_map(|address| addresses(address, "IPAddress")).collect();
    }
    let ingress = service.value["status"]["loadBalancer"]["ingress"].as_array().into_iter().flatten();
    ingress
        .filter_map(|one| {
            addresses(&one["ip"], "IPAddress").or_else(|| addresses(&one["hostname"], "Hostname"))
        })
        .collect()
}

/// Takes back `Programmed: True` from a Gateway or ListenerSet, and from its listeners, while it cannot be reached.
pub(crate) fn settle(status: &mut Status, fault: Option<&(&'static str, String)>) {
    let Some((reason, message)) = fault else { return };
    let holds = |condition: &&mut Condition| {
        condition.kind == "Programmed" && condition.status == ConditionStatus::True
    };
    let waits = |condition: &mut Condition, reason| {
        condition.status = ConditionStatus::False;
        condition.reason = reason;
        condition.message.clone_from(message);
    };
    // Only a Gateway has the reasons that are about addresses.
    let own = if *status.kind == *"Gateway" { *reason } else { "Pending" };
    for condition in status.conditions.iter_mut().filter(holds) {
        waits(condition, own);
    }
    for condition in status.listeners.iter_mut().flat_map(|listener| &mut listener.conditions).filter(holds) {
        waits(condition, "Pending");
    }
}

use gateline_api::objects::{Address, CORE};
use gateline_api::status::{Condition, ConditionStatus, Status};
use gateline_api::{Object, Objects};
use serde_json::Value;

use super::DataPlane;
use crate::address::GatewayAddress;

/// Whether a Gateway can be reached, and where.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) addresses: Vec<GatewayAddress>,
    /// Reason and message of `Programmed: False`.
    pub(crate) fault: Option<Fault>,
}

type Fault = (&'static str, String);

impl Reach {
    /// From the Service and the Deployment as they are.
    pub(crate) fn of(plane: &DataPlane<'_>, objects: &Objects) -> Self {
        let name = plane.object_name();
        let service = objects.get(CORE, "Service", &name);
        let pods = objects.get("apps", "Deployment", &name);
        let pods = pods.and_then(|pods| pods.value["status"]["availableReplicas"].as_i64()).unwrap_or(0);
        let mut reach = Self::default();
        for in_cluster in [false, true] {
            let wanted: Vec<_> = plane.addresses.iter().filter(|a| a.in_cluster() == in_cluster).collect();
            // A Gateway that asks for nothing asks for any address from outside.
            if wanted.is_empty() && (in_cluster || !plane.addresses.is_empty()) {
                continue;
            }
            let assigned = service.map(|service| assigned(service, in_cluster)).unwrap_or_default();
            let fault = reach.add(&wanted, assigned, &format!("Service {name}"));
            reach.fault = reach.fault.or(fault);
        }
        if let Err(bytes) = plane.secrets {
            let message = format!(
                "the Secrets of its listeners have {bytes} bytes together, more than fit into one Secret: \
                 use fewer certificates, or several Gateways"
            );
            reach.fault = Some(("Invalid", message));
        }
        if pods == 0 && reach.fault.is_none() {
            reach.fault = Some(("Pending", format!("no pod of Deployment {name} is ready yet")));
        }
        reach
    }

    /// Those of the assigned addresses that are wanted: all of them if any will do.
    fn add(&mut self, wanted: &[&Address], assigned: Vec<GatewayAddress>, service: &str) -> Option<Fault> {
        let asked: Vec<_> =
            wanted.iter().filter_map(|address| Some((address.kind(), address.asked()?))).collect();
        let is = |address: &GatewayAddress, (kind, value): (&str, &str)| {
            (address.kind.as_str(), address.value.as_str()) == (kind, value)
        };
        let missing = asked.iter().filter(|asked| !assigned.iter().any(|address| is(address, **asked)));
        let missing: Vec<_> = missing.map(|(_, value)| *value).collect();
        let fault = if !missing.is_empty() {
            Some(("AddressNotUsable", format!("{service} has not been assigned {}", missing.join(", "))))
        } else if assigned.is_empty() {
            Some(("AddressNotAssigned", format!("{service} has not been assigned an address")))
        } else {
            None
        };
        let kept =
            |address: &GatewayAddress| asked.is_empty() || asked.iter().any(|asked| is(address, *asked));
        self.addresses.extend(assigned.into_iter().filter(kept));
        fault
    }
}

/// What a Service can be reached at: from the load balancer, or inside the cluster where that is asked for or it has none.
fn assigned(service: &Object, in_cluster: bool) -> Vec<GatewayAddress> {
    let spec = &service.value["spec"];
    let addresses = |value: &Value, kind: &str| {
        let value = value.as_str().filter(|text| !text.is_empty() && *text != "None")?;
        Some(GatewayAddress { kind: kind.to_owned(), value: value.to_owned(), in_cluster })
    };
    if in_cluster || spec["type"] != "LoadBalancer" {
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

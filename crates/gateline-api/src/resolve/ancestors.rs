use std::collections::{BTreeMap, BTreeSet};

use gateline::model::ObjectName;

use crate::objects::GATEWAY;
use crate::status::{Condition, ConditionStatus, ParentRef, ParentStatus, Status};

/// The parents of routes, and the Gateways there are: what the status of a policy is written about (GEP-713).
pub(super) struct Ancestors {
    /// By kind and name.
    routes: BTreeMap<(Box<str>, ObjectName), Vec<ParentStatus>>,
    holders: BTreeSet<(Box<str>, ObjectName)>,
}

impl Ancestors {
    /// From the statuses of Gateways, ListenerSets and routes.
    pub(super) fn new(statuses: &[Status]) -> Self {
        let mut ancestors = Self { routes: BTreeMap::new(), holders: BTreeSet::new() };
        for status in statuses.iter().filter(|status| *status.group == *GATEWAY) {
            let key = (status.kind.clone(), status.name.clone());
            if status.kind.ends_with("Route") {
                ancestors.routes.insert(key, status.parents.clone());
            } else {
                ancestors.holders.insert(key);
            }
        }
        ancestors
    }

    /// The ancestors of a policy on a Gateway or ListenerSet (itself), or on a route (its parents that accept it).
    pub(super) fn of(&self, kind: &str, name: &ObjectName, section: Option<&str>) -> Vec<ParentRef> {
        let key = (Box::from(kind), name.clone());
        if self.holders.contains(&key) {
            let section_name = section.map(ToOwned::to_owned);
            return vec![ParentRef { kind: kind.to_owned(), section_name, ..ParentRef::gateway(name) }];
        }
        let parents = self.routes.get(&key).into_iter().flatten().filter(|parent| is_accepted(parent));
        parents.map(|parent| absolute(&parent.parent_ref, name)).collect()
    }

    /// The Gateways a route names as its parents, whether or not they accept it.
    pub(super) fn gateways_named_by(&self, kind: &str, name: &ObjectName) -> BTreeSet<ObjectName> {
        let parents = self.routes.get(&(Box::from(kind), name.clone())).into_iter().flatten();
        let gateways = parents
            .map(|parent| absolute(&parent.parent_ref, name))
            .filter(|parent| parent.kind == "Gateway");
        gateways.map(|parent| ObjectName::new(parent.namespace.unwrap_or_default(), parent.name)).collect()
    }
}

/// The most entries `status.ancestors` may have (`PolicyStatus`).
const MOST: usize = 16;
/// How many of the left out ones are named.
const NAMED: usize = 8;

/// Keeps what the API allows: first the ancestors with something to tell, then by their order. As Envoy Gateway does, the last
/// one kept says with a condition `Aggregated` that there are more; the policy is in force for those too.
pub(super) fn limit(status: &mut Status, generation: i64) {
    if status.parents.len() <= MOST {
        return;
    }
    let overridden = |parent: &ParentStatus| parent.conditions.iter().any(|one| one.kind == "Overridden");
    status.parents.sort_by_key(|parent| (is_accepted(parent), !overridden(parent)));
    let left_out = status.parents.split_off(MOST);
    let Some(last) = status.parents.last_mut() else { return };
    let name = |parent: &ParentStatus| {
        let ParentRef { kind, namespace, name, .. } = &parent.parent_ref;
        format!("{kind} {}/{name}", namespace.as_deref().unwrap_or_default())
    };
    let named: Vec<String> = left_out.iter().take(NAMED).map(name).collect();
    let message = match left_out.len().saturating_sub(NAMED) {
        0 => format!("Only {MOST} ancestors can be listed; not listed: {}", named.join(", ")),
        more => {
            format!("Only {MOST} ancestors can be listed; not listed: {} and {more} more", named.join(", "))
        }
    };
    last.conditions.push(Condition::new("Aggregated", true, "Aggregated", message, generation));
}

fn is_accepted(parent: &ParentStatus) -> bool {
    parent.conditions.iter().any(|one| one.kind == "Accepted" && one.status == ConditionStatus::True)
}

fn absolute(parent: &ParentRef, route: &ObjectName) -> ParentRef {
    ParentRef {
        namespace: Some(parent.namespace.clone().unwrap_or_else(|| route.namespace.to_string())),
        ..parent.clone()
    }
}

use gateline::model::ObjectName;
use serde::Deserialize as _;

use super::acceptance;
use super::client_certificates::Clients;
use super::fault::Fault;
use super::listeners::{SetVerdict, Slot};
use super::options::Assume;
use super::unread;
use super::world::{Item, World};
use crate::finding::{Finding, codes};
use crate::object::Object;
use crate::objects::{GATEWAY, Gateway, GatewaySpec, ParentRef};
use crate::status::{Condition, ListenerStatus, Status};

/// GatewayClasses of ours: accepted, unless their parameters cannot be followed.
pub(super) fn classes(world: &World<'_>) -> Vec<Status> {
    let ours = |controller: &str| world.options.controller.as_deref().is_none_or(|ours| ours == controller);
    let of = |(_, class): (&&ObjectName, &Item<'_, crate::objects::GatewayClass>)| {
        let generation = class.object.generation;
        let fault = acceptance::of_class(world, &class.read);
        let mut status = Status::of(class.object);
        status.conditions = vec![
            condition("Accepted", fault.as_ref(), "Accepted", "The class is accepted", generation),
            Condition::new(
                "SupportedVersion",
                true,
                "SupportedVersion",
                "The version of the CRDs is supported",
                generation,
            ),
        ];
        status
    };
    world.classes.iter().filter(|(_, class)| ours(&class.read.spec.controller_name)).map(of).collect()
}

/// Gateways and ListenerSets of ours.
pub(super) fn gateways(
    world: &World<'_>,
    slots: &[Slot<'_>],
    sets: &[SetVerdict<'_>],
    clients: &Clients,
    findings: &mut Vec<Finding>,
) -> Vec<Status> {
    let mut statuses = Vec::new();
    for (name, gateway) in world.gateways.iter().filter(|(_, gateway)| world.is_ours(&gateway.read)) {
        let class = ObjectName::new("", gateway.read.spec.gateway_class_name.as_str());
        if !world.classes.contains_key(&class) && world.options.gateways != Assume::Present {
            let message = format!("GatewayClass {class} of Gateway {name} is not in the input");
            findings.push(Finding::new(
                &codes::GL102,
                gateway.object.origin("spec.gatewayClassName"),
                message,
            ));
        }
        let own: Vec<&Slot<'_>> =
            slots.iter().filter(|slot| slot.name.gateway == **name && slot.name.set.is_none()).collect();
        let attached =
            sets.iter().filter(|set| set.gateway == **name && set_fault(set, slots).is_none()).count();
        let mut status = of_gateway(world, gateway, &own, attached, findings);
        let fault = clients.get(*name).and_then(|client| client.as_ref().err()).cloned();
        let fault = fault.or_else(|| unresolved(&own));
        let fine = "All references are resolved";
        let generation = gateway.object.generation;
        status.conditions.push(condition("ResolvedRefs", fault.as_ref(), "ResolvedRefs", fine, generation));
        statuses.push(status);
    }
    statuses.extend(sets.iter().map(|set| of_set(set, slots)));
    let gateways = unread::of(world.objects, GATEWAY, "Gateway", &world.gateways).into_iter();
    let unread = gateways.filter(|(object, _)| is_ours(world, object));
    let sets = unread::of(world.objects, GATEWAY, "ListenerSet", &world.sets).into_iter();
    let unread = unread.chain(sets.filter(|(object, _)| is_of_ours(world, object)));
    statuses.extend(unread.map(|(object, fault)| invalid(object, &fault)));
    statuses
}

/// Whether a Gateway that cannot be read is of a class of ours, as far as that can be told.
fn is_ours(world: &World<'_>, object: &Object) -> bool {
    let class = object.value.pointer("/spec/gatewayClassName").and_then(serde_json::Value::as_str);
    class.is_some_and(|class| {
        let spec = GatewaySpec { gateway_class_name: class.to_owned(), ..GatewaySpec::default() };
        world.is_ours(&Gateway { spec })
    })
}

/// Whether a ListenerSet that cannot be read names a Gateway of ours, as far as that can be told.
fn is_of_ours(world: &World<'_>, set: &Object) -> bool {
    let parent = set.value.pointer("/spec/parentRef").and_then(|value| ParentRef::deserialize(value).ok());
    parent.is_some_and(|parent| world.parent_of(&set.name, &parent).is_some())
}

fn invalid(object: &Object, fault: &Fault) -> Status {
    let condition = |kind| Condition::new(kind, false, "Invalid", fault.message.clone(), object.generation);
    let mut status = Status::of(object);
    status.conditions = vec![condition("Accepted"), condition("Programmed")];
    status
}

fn of_gateway(
    world: &World<'_>,
    gateway: &Item<'_, Gateway>,
    own: &[&Slot<'_>],
    attached_sets: usize,
    findings: &mut Vec<Finding>,
) -> Status {
    let generation = gateway.object.generation;
    let fault = acceptance::of_gateway(world, gateway);
    if let Some(fault) = &fault {
        let message = format!("Gateway {}: {}", gateway.object.name, fault.message);
        let finding = Finding::new(&codes::GL110, gateway.object.origin("spec"), message);
        findings.push(finding.severity(acceptance::severity(&gateway.read.spec)));
    }
    let bad: Vec<&str> = own.iter().filter(|slot| !valid(slot)).map(|slot| &*slot.name.section).collect();
    let none = !own.is_empty() && bad.len() == own.len();
    let listeners = format!("listeners that cannot be used: {}", bad.join(", "));
    let accepted = match (&fault, bad.is_empty()) {
        (Some(fault), _) => {
            Condition::new("Accepted", false, fault.reason, fault.message.clone(), generation)
        }
        (None, true) => Condition::new("Accepted", true, "Accepted", "The Gateway is accepted", generation),
        (None, false) => Condition::new("Accepted", !none, "ListenersNotValid", listeners, generation),
    };
    let programmed = if fault.is_some() || none {
        Condition::new("Programmed", false, "Invalid", "The Gateway is not accepted", generation)
    } else {
        Condition::new("Programmed", true, "Programmed", "The Gateway serves", generation)
    };
    let mut status = Status::of(gateway.object);
    status.conditions = vec![accepted, programmed];
    status.conditions.extend(insecure_frontend(gateway));
    status.listeners = own.iter().map(|slot| listener(slot)).collect();
    status.attached_listener_sets = Some(i32::try_from(attached_sets).unwrap_or(i32::MAX));
    status
}

/// There only while some port lets clients in whose certificate is missing or wrong (GEP-91).
fn insecure_frontend(gateway: &Item<'_, Gateway>) -> Option<Condition> {
    let frontend = gateway.read.spec.tls.as_ref()?.frontend.as_ref()?;
    let mut configs =
        std::iter::once(&frontend.default).chain(frontend.per_port.iter().map(|port| &port.tls));
    let insecure = configs.any(|config| {
        config.validation.as_ref().and_then(|v| v.mode.as_deref()) == Some("AllowInsecureFallback")
    });
    let message = "AllowInsecureFallback lets clients in without a valid certificate";
    let condition = || {
        let kind = "InsecureFrontendValidationMode";
        Condition::new(kind, true, "ConfigurationChanged", message, gateway.object.generation)
    };
    insecure.then(condition)
}

/// Whether a Gateway may count a listener as one of its good ones: references do not matter here.
fn valid(slot: &Slot<'_>) -> bool {
    slot.accepted.is_none() && slot.conflict.is_none()
}

fn unresolved(own: &[&Slot<'_>]) -> Option<Fault> {
    let bad: Vec<&str> =
        own.iter().filter(|slot| slot.refs.is_some()).map(|slot| &*slot.name.section).collect();
    let message = || format!("listeners with references that are not resolved: {}", bad.join(", "));
    (!bad.is_empty()).then(|| Fault::new("ListenersNotResolved", message()))
}

fn of_set(set: &SetVerdict<'_>, slots: &[Slot<'_>]) -> Status {
    let generation = set.object.generation;
    let fault = set_fault(set, slots);
    let mut status = Status::of(set.object);
    status.conditions = vec![
        condition("Accepted", fault.as_ref(), "Accepted", "The ListenerSet is accepted", generation),
        condition("Programmed", fault.as_ref(), "Programmed", "The ListenerSet serves", generation),
    ];
    if set.refused.is_none() {
        status.listeners = members(set, slots).map(listener).collect();
    }
    status
}

fn members<'m>(set: &'m SetVerdict<'_>, slots: &'m [Slot<'_>]) -> impl Iterator<Item = &'m Slot<'m>> {
    slots
        .iter()
        .filter(|slot| slot.name.set.as_ref() == Some(&set.object.name) && slot.name.gateway == set.gateway)
}

fn set_fault(set: &SetVerdict<'_>, slots: &[Slot<'_>]) -> Option<Fault> {
    let usable = members(set, slots).any(|slot| valid(slot) && slot.refs.is_none());
    let none = || (!usable).then(|| Fault::new("ListenersNotValid", "no listener of the set can be used"));
    set.refused.clone().or_else(|| set.unaccepted.clone()).or_else(none)
}

fn listener(slot: &Slot<'_>) -> ListenerStatus {
    let generation = slot.holder.generation;
    let accepted = slot.accepted.as_ref().or(slot.conflict.as_ref());
    let mut conditions = vec![
        condition("Accepted", accepted, "Accepted", "The listener is accepted", generation),
        programmed(slot, generation),
        condition(
            "ResolvedRefs",
            slot.refs.as_ref(),
            "ResolvedRefs",
            "All references are resolved",
            generation,
        ),
        match &slot.conflict {
            Some(fault) => {
                Condition::new("Conflicted", true, fault.reason, fault.message.clone(), generation)
            }
            None => Condition::new(
                "Conflicted",
                false,
                "NoConflicts",
                "No other listener wants the same",
                generation,
            ),
        },
    ];
    if slot.overlapping {
        let message = "another listener of this port takes some of the same hostnames";
        conditions.push(Condition::new(
            "OverlappingTLSConfig",
            true,
            "OverlappingHostnames",
            message,
            generation,
        ));
    }
    ListenerStatus {
        name: slot.name.section.to_string(),
        supported_kinds: slot
            .kinds
            .iter()
            .map(|kind| (GATEWAY.to_owned(), kind.as_str().to_owned()))
            .collect(),
        attached_routes: i32::try_from(slot.attached.len()).unwrap_or(i32::MAX),
        conditions,
    }
}

fn programmed(slot: &Slot<'_>, generation: i64) -> Condition {
    match (&slot.conflict, slot.serves()) {
        (Some(fault), _) => {
            Condition::new("Programmed", false, fault.reason, fault.message.clone(), generation)
        }
        (None, false) => {
            Condition::new("Programmed", false, "Invalid", "The listener cannot serve", generation)
        }
        (None, true) => Condition::new("Programmed", true, "Programmed", "The listener serves", generation),
    }
}

fn condition(
    kind: &'static str,
    fault: Option<&Fault>,
    good: &'static str,
    fine: &str,
    generation: i64,
) -> Condition {
    match fault {
        None => Condition::new(kind, true, good, fine, generation),
        Some(fault) => Condition::new(kind, false, fault.reason, fault.message.clone(), generation),
    }
}

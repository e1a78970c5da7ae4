use std::collections::{BTreeMap, BTreeSet};

use gateline::model::{
    AttachedHostname, AttachedRoute, HostPattern, ObjectName, Protocol, RouteId, RouteKind,
};

use super::attachment::Step;
use super::fault::Fault;
use super::listeners::Slot;
use super::namespaces::{self, Admission};
use super::options::Assume;
use super::routes::Draft;
use super::world::World;
use crate::finding::{Finding, Severity, codes};
use crate::object::Object;
use crate::objects::{self, GATEWAY};
use crate::status::{Condition, ParentRef, ParentStatus, Status};

/// Attaches routes to listeners: parentRef, section, port, kind, namespace, hostname, in this order.
pub(super) struct Attaching<'s, 'w, 'a> {
    world: &'w World<'a>,
    pub(super) slots: &'s mut [Slot<'w>],
    holders: BTreeMap<(Box<str>, ObjectName), Vec<usize>>,
    /// Selectors that were taken to be satisfied, so that each is reported once.
    assumed: BTreeSet<(usize, Box<str>)>,
    pub(super) findings: Vec<Finding>,
}

/// How one listener sees one route.
pub(super) enum View {
    Attached(Vec<AttachedHostname>),
    Refused(Step, String),
    NoHostname,
}

impl<'s, 'w, 'a> Attaching<'s, 'w, 'a> {
    pub(super) fn new(world: &'w World<'a>, slots: &'s mut [Slot<'w>]) -> Self {
        let mut holders: BTreeMap<(Box<str>, ObjectName), Vec<usize>> = BTreeMap::new();
        for (i, slot) in slots.iter().enumerate() {
            holders.entry((slot.holder.kind.clone(), slot.holder.name.clone())).or_default().push(i);
        }
        Self { world, slots, holders, assumed: BTreeSet::new(), findings: Vec::new() }
    }

    /// The status of a route, after it was attached wherever it may.
    pub(super) fn route(&mut self, id: RouteId, draft: &Draft<'w>) -> Status {
        let mut status = Status::of(draft.object);
        for (i, parent) in &draft.parents {
            if let Some(accepted) = self.parent(id, draft, *i, parent) {
                status.parents.push(ParentStatus {
                    parent_ref: written(parent),
                    conditions: conditions(draft, accepted.as_ref()),
                });
            }
        }
        status
    }

    /// `None`: not a parent of ours, nothing is to be written. `Some(None)`: accepted.
    #[expect(clippy::option_option, reason = "no status, a good one, a bad one")]
    pub(super) fn parent(
        &mut self,
        id: RouteId,
        draft: &Draft<'w>,
        index: usize,
        parent: &objects::ParentRef,
    ) -> Option<Option<Fault>> {
        let (kind, name) = holder(draft.object, parent)?;
        let path = format!("spec.parentRefs[{index}]");
        if !self.is_ours(kind, &name) {
            self.absent(draft, &path, kind, &name);
            return None;
        }
        if let Some(fault) = &draft.faults.accepted {
            return Some(Some(fault.clone()));
        }
        let all = self.listeners(kind, &name);
        let wanted = |slot: &Slot<'_>| passes(parent, slot).is_none();
        let selected: Vec<usize> =
            all.iter().copied().filter(|&i| self.slots.get(i).is_some_and(wanted)).collect();
        if selected.is_empty() {
            return Some(Some(self.no_match(draft, &path, parent, kind, &name, &all)));
        }
        Some(self.attach(id, draft, &path, &selected))
    }

    /// Those of a Gateway or ListenerSet.
    pub(super) fn listeners(&self, kind: &str, name: &ObjectName) -> Vec<usize> {
        self.holders.get(&(kind.into(), name.clone())).cloned().unwrap_or_default()
    }

    fn is_ours(&self, kind: &str, name: &ObjectName) -> bool {
        let World { gateways, sets, .. } = self.world;
        match kind {
            "Gateway" => gateways.get(name).is_some_and(|gateway| self.world.is_ours(&gateway.read)),
            _ => sets
                .get(name)
                .is_some_and(|set| self.world.parent_of(name, &set.read.spec.parent_ref).is_some()),
        }
    }

    fn absent(&mut self, draft: &Draft<'_>, path: &str, kind: &str, name: &ObjectName) {
        let known = self.world.objects.get(GATEWAY, kind, name).is_some_and(|object| !object.refused);
        if known || self.world.options.gateways == Assume::Present {
            return;
        }
        let message = format!(
            "{kind} {name}, the parent of {} {}, is not in the input",
            draft.object.kind, draft.object.name
        );
        let finding = Finding::new(&codes::GL101, draft.object.origin(path), message);
        self.findings.push(match self.world.options.gateways {
            Assume::Missing => finding,
            _ => finding
                .severity(Severity::Warning)
                .help("add it, or nothing can be said about where this route serves"),
        });
    }

    fn no_match(
        &mut self,
        draft: &Draft<'_>,
        path: &str,
        parent: &objects::ParentRef,
        kind: &str,
        name: &ObjectName,
        all: &[usize],
    ) -> Fault {
        let mut asked = Vec::new();
        asked.extend(parent.section_name.as_ref().map(|section| format!("sectionName {section:?}")));
        asked.extend(parent.port.map(|port| format!("port {port}")));
        let there: Vec<String> = all
            .iter()
            .filter_map(|&i| self.slots.get(i))
            .map(|slot| format!("{} ({} {})", slot.name.section, slot.written.protocol, slot.written.port))
            .collect();
        let with = if asked.is_empty() { String::new() } else { format!(" with {}", asked.join(" and ")) };
        let message = format!("{kind} {name} has no listener{with}");
        let origin = draft.object.origin(path);
        let text = format!("{} {}: {message}", draft.object.kind, draft.object.name);
        let finding = Finding::new(&codes::GL103, origin, text);
        let help = if there.is_empty() {
            "it has none, or its Gateway does not let them in".to_owned()
        } else {
            format!("its listeners are {}", there.join(", "))
        };
        self.findings.push(finding.help(help.clone()));
        Fault::new("NoMatchingParent", format!("{message}; {help}"))
    }

    fn attach(&mut self, id: RouteId, draft: &Draft<'w>, path: &str, selected: &[usize]) -> Option<Fault> {
        let mut attached = Vec::new();
        let mut refused = Vec::new();
        let mut mismatched = Vec::new();
        let mut useful: BTreeSet<&HostPattern> = BTreeSet::new();
        for &i in selected {
            match self.view(i, draft) {
                View::Attached(hostnames) => {
                    useful.extend(
                        draft
                            .hostnames
                            .iter()
                            .filter(|h| hostnames.iter().any(|a| a.written.as_ref() == Some(h))),
                    );
                    attached.push((i, hostnames));
                }
                View::Refused(_, why) => refused.push((i, why)),
                View::NoHostname => mismatched.push(i),
            }
        }
        if attached.is_empty() {
            return Some(self.nowhere(draft, path, &refused, &mismatched));
        }
        self.partly(draft, path, &attached, &refused, &useful);
        for (i, hostnames) in attached {
            let Some(slot) = self.slots.get_mut(i) else { continue };
            match slot.attached.iter_mut().find(|attached| attached.route == id) {
                Some(_) => {}
                None => slot.attached.push(AttachedRoute { route: id, hostnames }),
            }
        }
        None
    }

    pub(super) fn view(&mut self, index: usize, draft: &Draft<'_>) -> View {
        let Some(slot) = self.slots.get(index) else { return View::NoHostname };
        let kind = draft.route.kind;
        if !slot.kinds.contains(&kind) {
            let kinds: Vec<&str> = slot.kinds.iter().map(|kind| kind.as_str()).collect();
            let takes = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
            return View::Refused(Step::Kind, format!("it takes {takes}, not {kind}"));
        }
        let (home, namespace) = (&slot.holder.name.namespace, &draft.object.name.namespace);
        let selector = slot.written.allowed_routes.namespaces.as_ref();
        match namespaces::admits(self.world, selector, "Same", home, namespace) {
            Admission::No(why) => return View::Refused(Step::Namespace, why),
            Admission::Yes => {}
            Admission::Assumed => {
                if self.assumed.insert((index, namespace.clone())) {
                    let asked = selector
                        .and_then(|s| s.selector.as_ref())
                        .map(namespaces::describe)
                        .unwrap_or_default();
                    let message = format!(
                        "listener {} takes routes only from namespaces with {asked}, and Namespace {namespace} is not in the input",
                        slot.name
                    );
                    let origin = slot.origin("allowedRoutes.namespaces.selector");
                    let finding = Finding::new(&codes::GL104, draft.object.origin(""), message)
                        .severity(Severity::Warning);
                    let help = format!(
                        "without the label every route of {namespace} is refused: kubectl label namespace {namespace} {asked}"
                    );
                    self.findings.push(finding.help(help).related("the listener", origin));
                }
            }
        }
        match hostnames(slot, kind, &draft.hostnames) {
            hostnames if hostnames.is_empty() => View::NoHostname,
            hostnames => View::Attached(hostnames),
        }
    }

    fn nowhere(
        &mut self,
        draft: &Draft<'_>,
        path: &str,
        refused: &[(usize, String)],
        mismatched: &[usize],
    ) -> Fault {
        let name = |i: usize| self.slots.get(i).map(|slot| slot.name.section.to_string()).unwrap_or_default();
        let (code, reason, message) = if mismatched.is_empty() {
            let why: Vec<String> = refused.iter().map(|(i, why)| format!("{}: {why}", name(*i))).collect();
            (
                &codes::GL104,
                "NotAllowedByListeners",
                format!("no listener allows this route ({})", why.join("; ")),
            )
        } else {
            let theirs: Vec<String> = mismatched
                .iter()
                .filter_map(|&i| self.slots.get(i))
                .map(|slot| {
                    format!("{} has {}", slot.name.section, slot.written.hostname.as_deref().unwrap_or("any"))
                })
                .collect();
            let ours: Vec<String> = draft.hostnames.iter().map(ToString::to_string).collect();
            let message = format!("hostnames {} match no listener ({})", ours.join(", "), theirs.join("; "));
            (&codes::GL105, "NoMatchingListenerHostname", message)
        };
        let field = if reason == "NoMatchingListenerHostname" { "spec.hostnames" } else { path };
        let text = format!("{} {}: {message}", draft.object.kind, draft.object.name);
        self.findings.push(Finding::new(code, draft.object.origin(field), text));
        Fault::new(reason, message)
    }

    /// Attached, but not everywhere the parentRef points, or not with every hostname.
    fn partly(
        &mut self,
        draft: &Draft<'_>,
        path: &str,
        attached: &[(usize, Vec<AttachedHostname>)],
        refused: &[(usize, String)],
        useful: &BTreeSet<&HostPattern>,
    ) {
        let (kind, name) = (&draft.object.kind, &draft.object.name);
        for (i, hostname) in
            draft.hostnames.iter().enumerate().filter(|(_, hostname)| !useful.contains(hostname))
        {
            let message = format!(
                "{kind} {name}: hostname {hostname} matches no listener it attaches to and is ignored there"
            );
            let origin = draft.object.origin(&format!("spec.hostnames[{i}]"));
            self.findings.push(Finding::new(&codes::GL105, origin, message).severity(Severity::Warning));
        }
        let slot = |i: usize| self.slots.get(i);
        let http = refused
            .iter()
            .filter(|(i, _)| slot(*i).is_some_and(|slot| slot.kinds.contains(&draft.route.kind)));
        let refusals: Vec<(String, &Slot<'_>)> =
            http.filter_map(|(i, why)| slot(*i).map(|s| (format!("{}: {why}", s.name.section), s))).collect();
        let Some((_, first)) = refusals.first() else { return };
        let only_tls =
            attached.iter().all(|(i, _)| slot(*i).is_some_and(|s| s.protocol == Some(Protocol::Https)));
        let plain = refusals.iter().any(|(_, s)| s.protocol == Some(Protocol::Http));
        let upgrades = draft.route.rules.iter().any(|rule| {
            rule.filters.redirect.as_ref().is_some_and(|redirect| redirect.scheme.as_deref() == Some("https"))
        });
        let to: Vec<&str> =
            attached.iter().filter_map(|(i, _)| slot(*i)).map(|slot| &*slot.name.section).collect();
        let why: Vec<&str> = refusals.iter().map(|(text, _)| text.as_str()).collect();
        let message = format!("{kind} {name} attaches to {} but not to {}", to.join(", "), why.join("; "));
        let mut finding = Finding::new(&codes::GL106, draft.object.origin(path), message)
            .related("a listener that refuses it", first.origin(""));
        if only_tls && plain && upgrades {
            finding = finding.severity(Severity::Error).help("the redirect to https never sees a plain HTTP request: let the HTTP listener take this route");
        }
        self.findings.push(finding);
    }
}

/// The Gateway or ListenerSet that a parentRef names; `None` where it names something else.
pub(super) fn holder<'p>(object: &Object, parent: &'p objects::ParentRef) -> Option<(&'p str, ObjectName)> {
    let kind = parent.kind.as_deref().unwrap_or("Gateway");
    if parent.group.as_deref().unwrap_or(GATEWAY) != GATEWAY || !matches!(kind, "Gateway" | "ListenerSet") {
        return None;
    }
    let namespace = parent.namespace.as_deref().unwrap_or(&object.name.namespace);
    Some((kind, ObjectName::new(namespace, parent.name.as_str())))
}

/// Why a parentRef passes a listener by.
pub(super) fn passes(parent: &objects::ParentRef, slot: &Slot<'_>) -> Option<(Step, String)> {
    let section = parent.section_name.as_deref().filter(|section| !section.is_empty());
    let port = parent.port.filter(|port| *port != i32::from(slot.written.port));
    match (section.filter(|section| **section != *slot.name.section), port) {
        (Some(section), _) => Some((Step::Section, format!("the parentRef has sectionName {section}"))),
        (None, Some(port)) => Some((Step::Port, format!("the parentRef has port {port}"))),
        (None, None) => None,
    }
}

/// What of a route's hostnames works on a listener; empty where nothing does.
fn hostnames(slot: &Slot<'_>, kind: RouteKind, written: &[HostPattern]) -> Vec<AttachedHostname> {
    if matches!(kind, RouteKind::Tcp | RouteKind::Udp) {
        return vec![AttachedHostname { written: None, effective: None }];
    }
    let theirs = slot.hostname.as_ref();
    if written.is_empty() {
        return vec![AttachedHostname { written: None, effective: theirs.cloned() }];
    }
    let meet = |pattern: &HostPattern| match theirs {
        None => Some(pattern.clone()),
        Some(theirs) => theirs.intersect(pattern),
    };
    let attached = |pattern: &HostPattern| {
        meet(pattern)
            .map(|effective| AttachedHostname { written: Some(pattern.clone()), effective: Some(effective) })
    };
    written.iter().filter_map(attached).collect()
}

fn conditions(draft: &Draft<'_>, accepted: Option<&Fault>) -> Vec<Condition> {
    let generation = draft.object.generation;
    let condition = |kind, fault: Option<&Fault>, good, fine| match fault {
        None => Condition::new(kind, true, good, fine, generation),
        Some(fault) => Condition::new(kind, false, fault.reason, fault.message.clone(), generation),
    };
    vec![
        condition("Accepted", accepted, "Accepted", "The route is accepted"),
        condition("ResolvedRefs", draft.faults.refs.as_ref(), "ResolvedRefs", "All references are resolved"),
    ]
}

/// The parentRef as written, with the defaults of the CRD.
pub(super) fn written(parent: &objects::ParentRef) -> ParentRef {
    ParentRef {
        group: parent.group.clone().unwrap_or_else(|| GATEWAY.to_owned()),
        kind: parent.kind.clone().unwrap_or_else(|| "Gateway".to_owned()),
        namespace: parent.namespace.clone(),
        name: parent.name.clone(),
        section_name: parent.section_name.clone(),
        port: parent.port,
    }
}

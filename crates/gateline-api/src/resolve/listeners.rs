use std::collections::BTreeMap;

use gateline::filter::ExternalAuth;
use gateline::model::{
    AttachedRoute, HostPattern, ListenerName, ObjectName, Origin, Protocol, RouteKind, TlsMode,
};

use super::acceptance;
use super::fault::Fault;
use super::namespaces::{self, Admission};
use super::need::Need;
use super::resolution::ListenerTls;
use super::world::{Item, World};
use crate::finding::{Finding, codes};
use crate::object::Object;
use crate::objects::{GATEWAY, Gateway, Listener, ListenerSet};

/// One listener of a Gateway or of a ListenerSet, with all that is known of it so far.
pub(super) struct Slot<'w> {
    pub(super) name: ListenerName,
    /// The Gateway or ListenerSet that holds it.
    pub(super) holder: &'w Object,
    /// Index in its holder.
    pub(super) index: usize,
    pub(super) written: &'w Listener,
    /// `None`: not one that Gateline speaks.
    pub(super) protocol: Option<Protocol>,
    pub(super) hostname: Option<HostPattern>,
    /// What may attach: what is allowed and what the protocol carries.
    pub(super) kinds: Vec<RouteKind>,
    pub(super) accepted: Option<Fault>,
    pub(super) refs: Option<Fault>,
    pub(super) conflict: Option<Fault>,
    pub(super) overlapping: bool,
    pub(super) tls: Option<ListenerTls>,
    pub(super) filters: Vec<ExternalAuth>,
    pub(super) attached: Vec<AttachedRoute>,
}

impl<'w> Slot<'w> {
    fn new(
        gateway: &'w Object,
        holder: &'w Object,
        index: usize,
        written: &'w Listener,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let set = (!std::ptr::eq(gateway, holder)).then(|| holder.name.clone());
        let name = ListenerName { gateway: gateway.name.clone(), set, section: written.name.as_str().into() };
        let protocol = protocol(&written.protocol);
        let mut slot = Self {
            name,
            holder,
            index,
            written,
            protocol,
            hostname: None,
            kinds: Vec::new(),
            accepted: None,
            refs: None,
            conflict: None,
            overlapping: false,
            tls: None,
            filters: Vec::new(),
            attached: Vec::new(),
        };
        slot.read(findings);
        slot
    }

    fn read(&mut self, findings: &mut Vec<Finding>) {
        if let Some(text) = self.written.hostname.as_deref().filter(|text| !text.is_empty()) {
            match HostPattern::parse(text) {
                Ok(pattern) => self.hostname = Some(pattern),
                Err(error) => {
                    self.refuse(Fault::new("UnsupportedValue", error.to_string()), "hostname", findings);
                }
            }
        }
        let Some(protocol) = self.protocol else {
            let message = format!(
                "protocol {:?} is not supported: use HTTP, HTTPS, TLS, TCP or UDP",
                self.written.protocol
            );
            return self.refuse(Fault::new("UnsupportedProtocol", message), "protocol", findings);
        };
        let mode = self.written.tls.as_ref().and_then(|tls| tls.mode.as_deref()).unwrap_or("Terminate");
        if !matches!(mode, "Terminate" | "Passthrough")
            || (protocol == Protocol::Https && mode == "Passthrough")
        {
            let message = format!(
                "tls.mode {mode:?} does not work on a listener of protocol {}",
                self.written.protocol
            );
            self.refuse(Fault::new("UnsupportedValue", message), "tls.mode", findings);
        }
        let http = matches!(protocol, Protocol::Http | Protocol::Https);
        if !http && !self.written.filters.requests.is_empty() {
            let message = "filters may only be set when protocol is HTTP or HTTPS";
            self.refuse(Fault::new("InvalidListenerFilter", message), "filters", findings);
        }
        self.kinds(protocol, findings);
    }

    fn kinds(&mut self, protocol: Protocol, findings: &mut Vec<Finding>) {
        let carried = protocol.kinds();
        let wanted = &self.written.allowed_routes.kinds;
        if wanted.is_empty() {
            self.kinds = carried.to_vec();
            return;
        }
        let mut unknown = Vec::new();
        for entry in wanted {
            let ours = entry.group.as_deref().unwrap_or(GATEWAY) == GATEWAY;
            match carried.iter().find(|kind| ours && kind.as_str() == entry.kind) {
                Some(kind) if !self.kinds.contains(kind) => self.kinds.push(*kind),
                Some(_) => {}
                None => unknown.push(entry.kind.as_str()),
            }
        }
        if !unknown.is_empty() {
            let message = format!(
                "allowedRoutes.kinds: a listener of protocol {} cannot carry {}",
                self.written.protocol,
                unknown.join(", ")
            );
            findings.push(self.finding("allowedRoutes.kinds", &message));
            self.refs = Some(Fault::new("InvalidRouteKinds", message));
        }
    }

    pub(super) fn refuse(&mut self, fault: Fault, field: &str, findings: &mut Vec<Finding>) {
        findings.push(self.finding(field, &fault.message));
        self.accepted.get_or_insert(fault);
    }

    fn finding(&self, field: &str, message: &str) -> Finding {
        let message =
            format!("listener {} of {} {}: {message}", self.written.name, self.holder.kind, self.holder.name);
        Finding::new(&codes::GL110, self.origin(field), message)
    }

    /// The place of a field of the listener, or of the listener itself.
    pub(super) fn origin(&self, field: &str) -> Origin {
        self.holder.origin(&self.path(field))
    }

    /// The listener as what needs the referent of a field.
    pub(super) fn need(&self, field: &str) -> Need<'w> {
        Need { who: format!("listener {}", self.name), object: self.holder, path: self.path(field) }
    }

    /// The path of a field of the listener in its holder, or of the listener itself.
    pub(super) fn path(&self, field: &str) -> String {
        let dot = if field.is_empty() { "" } else { "." };
        format!("spec.listeners[{}]{dot}{field}", self.index)
    }

    /// Whether TLS ends here, so that a certificate is needed.
    pub(super) fn terminates(&self) -> bool {
        matches!(self.protocol, Some(Protocol::Https | Protocol::Tls)) && self.mode() == TlsMode::Terminate
    }

    /// `tls.mode`; others than the two are refused.
    pub(super) fn mode(&self) -> TlsMode {
        match self.written.tls.as_ref().and_then(|tls| tls.mode.as_deref()) {
            Some("Passthrough") => TlsMode::Passthrough,
            _ => TlsMode::Terminate,
        }
    }

    /// Whether it can carry traffic: accepted, without a conflict, and with every certificate it needs.
    pub(super) fn serves(&self) -> bool {
        let certificates = match &self.tls {
            Some(tls) => !tls.certificates.is_empty() || !tls.missing.is_empty(),
            None => !self.terminates(),
        };
        self.accepted.is_none() && self.conflict.is_none() && certificates
    }
}

fn protocol(text: &str) -> Option<Protocol> {
    Some(match text {
        "HTTP" => Protocol::Http,
        "HTTPS" => Protocol::Https,
        "TLS" => Protocol::Tls,
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        _ => return None,
    })
}

/// A ListenerSet and whether its Gateway lets it in.
pub(super) struct SetVerdict<'w> {
    pub(super) object: &'w Object,
    pub(super) gateway: ObjectName,
    pub(super) refused: Option<Fault>,
    /// The Gateway itself is not accepted.
    pub(super) unaccepted: Option<Fault>,
}

/// All listeners of our Gateways, and all ListenerSets that name one of them.
pub(super) fn gather<'w>(
    world: &'w World<'_>,
    findings: &mut Vec<Finding>,
) -> (Vec<Slot<'w>>, Vec<SetVerdict<'w>>) {
    let mut slots = Vec::new();
    let mut verdicts = Vec::new();
    let sets = sets_by_gateway(world);
    for (name, gateway) in world.gateways.iter().filter(|(_, gateway)| world.is_ours(&gateway.read)) {
        for (i, listener) in gateway.read.spec.listeners.iter().enumerate() {
            slots.push(Slot::new(gateway.object, gateway.object, i, listener, findings));
        }
        let unaccepted = acceptance::of_gateway(world, gateway).map(|fault| {
            let message = format!("Gateway {name} is not accepted: {}", fault.message);
            Fault::new("ParentNotAccepted", message)
        });
        for set in sets.get(*name).into_iter().flatten() {
            let refused = admission(world, gateway, &set.object.name.namespace);
            if refused.is_none() {
                for (i, listener) in set.read.spec.listeners.iter().enumerate() {
                    slots.push(Slot::new(gateway.object, set.object, i, listener, findings));
                }
            }
            let unaccepted = unaccepted.clone();
            verdicts.push(SetVerdict { object: set.object, gateway: (*name).clone(), refused, unaccepted });
        }
    }
    reserved(world, &mut slots, findings);
    conflicts(&mut slots, findings);
    (slots, verdicts)
}

fn reserved(world: &World<'_>, slots: &mut [Slot<'_>], findings: &mut Vec<Finding>) {
    let Some(ports) = &world.options.reserved_ports else { return };
    for slot in slots.iter_mut().filter(|slot| ports.contains(&slot.written.port)) {
        let message = format!("ports {} to {} cannot be had here", ports.start(), ports.end());
        slot.refuse(Fault::new("PortUnavailable", message), "port", findings);
    }
}

/// The sets of each Gateway: older ones first, then by name (ListenerSet, listener precedence).
fn sets_by_gateway<'w>(world: &'w World<'_>) -> BTreeMap<ObjectName, Vec<&'w Item<'w, ListenerSet>>> {
    let mut sets: BTreeMap<ObjectName, Vec<&Item<'_, ListenerSet>>> = BTreeMap::new();
    for (name, set) in &world.sets {
        if let Some(gateway) = world.parent_of(name, &set.read.spec.parent_ref) {
            sets.entry(gateway.object.name.clone()).or_default().push(set);
        }
    }
    for list in sets.values_mut() {
        list.sort_by_key(|set| (set.object.created.is_none(), set.object.created, &set.object.name));
    }
    sets
}

fn admission(world: &World<'_>, gateway: &Item<'_, Gateway>, namespace: &str) -> Option<Fault> {
    let allowed =
        gateway.read.spec.allowed_listeners.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
    match namespaces::admits(world, allowed, "None", &gateway.object.name.namespace, namespace) {
        Admission::Yes | Admission::Assumed => None,
        Admission::No(why) => Some(Fault::new(
            "NotAllowed",
            format!("Gateway {} does not allow this ListenerSet: {why}", gateway.object.name),
        )),
    }
}

/// A listener that is refused, why, and on account of which one.
type Clash = (usize, &'static str, usize);

/// Listeners of one Gateway must differ in port and, for HTTP, HTTPS and TLS, hostname. Inside one holder all that
/// clash are refused; between a Gateway and its sets the one of lower precedence is, and then it is in nobody's way.
fn conflicts(slots: &mut [Slot<'_>], findings: &mut Vec<Finding>) {
    let mut by_port: BTreeMap<(&ObjectName, u16), Vec<(usize, &Slot<'_>)>> = BTreeMap::new();
    for (i, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.accepted.is_none()) {
        by_port.entry((&slot.name.gateway, slot.written.port)).or_default().push((i, slot));
    }
    let mut clashes: Vec<Clash> = Vec::new();
    for members in by_port.values() {
        let mut standing: Vec<(usize, &Slot<'_>)> = Vec::new();
        for of_holder in members.chunk_by(|(_, a), (_, b)| a.name.set == b.name.set) {
            let mut rest = Vec::new();
            for (i, slot) in of_holder {
                match standing.iter().find_map(|(j, other)| Some((*i, clash(other, slot)?, *j))) {
                    Some(lost) => clashes.push(lost),
                    None => rest.push((*i, *slot)),
                }
            }
            clashes.extend(mutual(&rest));
            standing.append(&mut rest);
        }
    }
    for (loser, reason, winner) in clashes {
        let Some((other, origin)) = slots.get(winner).map(|slot| (slot.name.to_string(), slot.origin("")))
        else {
            continue;
        };
        let Some(slot) = slots.get_mut(loser).filter(|slot| slot.conflict.is_none()) else { continue };
        let what =
            if reason == "HostnameConflict" { "port and hostname" } else { "port, with another protocol" };
        let message = format!("listener {} wants the same {what} as {other}", slot.name);
        findings.push(
            Finding::new(&codes::GL107, slot.origin(""), message.clone())
                .related("the other listener", origin),
        );
        slot.conflict = Some(Fault::new(reason, message));
    }
}

/// Clashes inside one holder, where nobody wins.
fn mutual(slots: &[(usize, &Slot<'_>)]) -> Vec<Clash> {
    let mut clashes = Vec::new();
    for (k, (later, b)) in slots.iter().enumerate() {
        for (earlier, a) in slots.iter().take(k) {
            if let Some(reason) = clash(a, b) {
                clashes.extend([(*later, reason, *earlier), (*earlier, reason, *later)]);
            }
        }
    }
    clashes
}

fn clash(a: &Slot<'_>, b: &Slot<'_>) -> Option<&'static str> {
    use Protocol::{Http, Https, Tcp, Tls, Udp};
    match (a.protocol?, b.protocol?) {
        (Udp, Udp) | (Tcp, Tcp) => Some("HostnameConflict"),
        // Datagrams and connections have ports of their own.
        (Udp, _) | (_, Udp) => None,
        (Http, Http) | (Https, Https) | (Tls, Tls) => {
            (a.hostname == b.hostname).then_some("HostnameConflict")
        }
        // Told apart by the server name.
        (Https, Tls) | (Tls, Https) => (a.hostname == b.hostname).then_some("ProtocolConflict"),
        _ => Some("ProtocolConflict"),
    }
}

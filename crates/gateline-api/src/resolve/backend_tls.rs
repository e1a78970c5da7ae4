use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use gateline::model::{ObjectName, Origin};
use rustls_pki_types::CertificateDer;

use super::ancestors;
use super::certificates::{AuthorityError, authorities};
use super::fault::Fault;
use super::options::Assume;
use super::resolution::{SubjectAltName, UpstreamTls};
use super::unread;
use super::world::{Item, World};
use crate::finding::{Finding, Severity, codes};
use crate::object::Object;
use crate::objects::{BackendTlsPolicy, CORE, GATEWAY, PolicyTargetRef};
use crate::status::{Condition, ParentRef, ParentStatus, Status};

/// Which policy holds for which port of which Service, and what is to be said of each policy.
#[derive(Default)]
pub(super) struct BackendTls<'a> {
    /// By Service and port name (`None`: all ports). `None` as a value: a policy that is not valid; nothing may be sent.
    winners: BTreeMap<(ObjectName, Option<String>), Option<UpstreamTls>>,
    verdicts: Vec<Verdict<'a>>,
    pub(super) findings: Vec<Finding>,
}

/// A policy before it meets the others.
struct Policy<'a> {
    object: &'a Object,
    /// With their indices.
    targets: Vec<(usize, PolicyTargetRef)>,
    tls: Option<UpstreamTls>,
    accepted: Option<Fault>,
    refs: Option<Fault>,
}

struct Verdict<'a> {
    policy: &'a Object,
    /// The targeted Services, each with what keeps it from this policy.
    targets: Vec<(ObjectName, Option<Fault>)>,
    accepted: Option<Fault>,
    refs: Option<Fault>,
}

impl<'a> BackendTls<'a> {
    /// The more specific policy (with a sectionName) wins; then the older; then the first by name (GEP-1897).
    pub(super) fn new(world: &World<'a>) -> Self {
        let unread = unread::of(world.objects, GATEWAY, "BackendTLSPolicy", &world.backend_tls);
        let read = world.backend_tls.values().map(|item| Policy::read(world, item));
        let mut policies: Vec<_> = read.chain(unread.into_iter().map(Policy::unread)).collect();
        policies.sort_by_key(|policy| {
            (policy.object.created.is_none(), policy.object.created, &policy.object.name)
        });
        let mut tls = Self::default();
        for policy in policies {
            tls.add(world, policy);
        }
        tls
    }

    /// The policy of a Service port, if any; the inner `None` is one that is not valid.
    pub(super) fn of(&self, service: &ObjectName, port: Option<&str>) -> Option<&Option<UpstreamTls>> {
        let specific = (service.clone(), port.map(str::to_owned));
        self.winners.get(&specific).or_else(|| self.winners.get(&(service.clone(), None)))
    }

    fn add(&mut self, world: &World<'_>, policy: Policy<'a>) {
        let Policy { object, targets: written, tls, accepted, refs } = policy;
        let name = &object.name;
        let mut targets = Vec::with_capacity(written.len());
        for (i, target) in &written {
            let service = ObjectName::new(name.namespace.clone(), target.name.as_str());
            let section = target.section_name.clone().filter(|section| !section.is_empty());
            let path = format!("spec.targetRefs[{i}]");
            let origin = object.origin(&path);
            let mut fault = target_fault(world, target, &service, section.as_deref());
            if fault.is_none() {
                self.findings.extend(dead(world, object, &service, &origin));
            }
            if let Some((field, fault)) = &fault {
                let message = format!("BackendTLSPolicy {name}: {}", fault.message);
                self.findings.push(Finding::new(
                    &codes::GL801,
                    object.origin(&format!("{path}.{field}")),
                    message,
                ));
            } else if let Entry::Vacant(free) = self.winners.entry((service.clone(), section)) {
                free.insert(tls.clone());
            } else {
                let message = format!("an older BackendTLSPolicy targets Service {service} already");
                self.findings.push(Finding::new(
                    &codes::GL803,
                    origin,
                    format!("BackendTLSPolicy {name}: {message}"),
                ));
                fault = Some(("", Fault::new("Conflicted", message)));
            }
            // What is no Service is reached by no Gateway: there is no ancestor to write about.
            if fault.as_ref().is_none_or(|(field, _)| *field != "kind") {
                targets.push((service, fault.map(|(_, fault)| fault)));
            }
        }
        if accepted.is_none() && refs.is_none() && tls.is_none() && world.options.secrets == Assume::Unknown {
            let message = format!(
                "the ConfigMaps of BackendTLSPolicy {name} are not in the input and are taken to exist"
            );
            let finding =
                Finding::new(&codes::GL606, object.origin("spec.validation.caCertificateRefs"), message);
            let help = "add them to serve its backends: without an authority nothing can be verified, and requests are answered 500";
            self.findings.push(finding.severity(Severity::Info).help(help));
        }
        if let Some(fault) = accepted.as_ref().or(refs.as_ref()) {
            let message = format!("BackendTLSPolicy {name}: {}", fault.message);
            let finding = Finding::new(&codes::GL606, object.origin("spec.validation"), message);
            self.findings
                .push(finding.help("requests to its Services are answered 500, never sent in the clear"));
        }
        self.verdicts.push(Verdict { policy: object, targets, accepted, refs });
    }

    /// One ancestor for each Gateway that reaches a targeted Service through a route.
    pub(super) fn statuses(&self, reached: &BTreeMap<ObjectName, BTreeSet<ObjectName>>) -> Vec<Status> {
        let of = |verdict: &Verdict<'_>| {
            let mut gateways: BTreeMap<&ObjectName, Vec<Option<&Fault>>> = BTreeMap::new();
            for (service, conflict) in &verdict.targets {
                for gateway in reached.get(service).into_iter().flatten() {
                    gateways.entry(gateway).or_default().push(conflict.as_ref());
                }
            }
            let parents = gateways.into_iter().map(|(gateway, targets)| verdict.ancestor(gateway, &targets));
            let mut status = Status::of(verdict.policy);
            status.parents = parents.collect();
            ancestors::limit(&mut status, verdict.policy.generation);
            status
        };
        self.verdicts.iter().map(of).collect()
    }
}

impl<'a> Policy<'a> {
    fn read(world: &World<'_>, item: &Item<'a, BackendTlsPolicy>) -> Self {
        let (tls, accepted, refs) = validation(world, item);
        let targets = item.read.spec.target_refs.iter().cloned().enumerate().collect();
        Self { object: item.object, targets, tls, accepted, refs }
    }

    /// Whatever it asks for, nothing may be sent in the clear to what it targets.
    fn unread((object, fault): (&'a Object, Fault)) -> Self {
        let targets = unread::entries(object, "targetRefs");
        Self { object, targets, tls: None, accepted: Some(fault), refs: None }
    }
}

impl Verdict<'_> {
    /// Not accepted only where it loses all targets that the Gateway reaches: it is in force for the rest.
    fn ancestor(&self, gateway: &ObjectName, targets: &[Option<&Fault>]) -> ParentStatus {
        let lost = targets.iter().copied().collect::<Option<Vec<_>>>();
        let lost = lost.and_then(|all| all.first().copied());
        let accepted = self.accepted.as_ref().or(lost);
        let generation = self.policy.generation;
        let condition = |kind, fault: Option<&Fault>, good, fine| match fault {
            None => Condition::new(kind, true, good, fine, generation),
            Some(fault) => Condition::new(kind, false, fault.reason, fault.message.clone(), generation),
        };
        ParentStatus {
            parent_ref: ParentRef::gateway(gateway),
            conditions: vec![
                condition("Accepted", accepted, "Accepted", "The policy is in force"),
                condition("ResolvedRefs", self.refs.as_ref(), "ResolvedRefs", "All references are resolved"),
            ],
        }
    }
}

/// A target that is not in the input. Where Services are unknown, one among others of its namespace is likely a mistake;
/// where there is none, they are kept elsewhere.
fn dead(world: &World<'_>, policy: &Object, service: &ObjectName, origin: &Origin) -> Option<Finding> {
    if world.services.contains_key(service) {
        return None;
    }
    let finding = |words: &str| {
        let message = format!("BackendTLSPolicy {} targets Service {service}, which {words}", policy.name);
        Finding::new(&codes::GL801, origin.clone(), message)
    };
    match world.options.services {
        Assume::Missing => Some(finding("does not exist: it is never applied")),
        Assume::Present => None,
        Assume::Unknown => {
            let first = ObjectName::new(service.namespace.clone(), "");
            let next = world.services.range::<&ObjectName, _>(&first..).next();
            let siblings = next.is_some_and(|(other, _)| other.namespace == service.namespace);
            let help = "correct the name, or add the Service to the input";
            siblings.then(|| finding("is not in the input").severity(Severity::Info).help(help))
        }
    }
}

/// A target that is no port of a Service, and the field that says so.
fn target_fault(
    world: &World<'_>,
    target: &PolicyTargetRef,
    service: &ObjectName,
    section: Option<&str>,
) -> Option<(&'static str, Fault)> {
    let PolicyTargetRef { group, kind, .. } = target;
    if (group.as_str(), kind.as_str()) != (CORE, "Service") {
        let message = format!("{kind} {group:?} cannot be targeted; only Services can");
        return Some(("kind", Fault::new("Invalid", message)));
    }
    let section = section?;
    let ports = &world.services.get(service)?.read.spec.ports;
    let names: Vec<&str> = ports.iter().filter_map(|port| port.name.as_deref()).collect();
    let has = if names.is_empty() {
        "its ports have no names".to_owned()
    } else {
        format!("it has {}", names.join(", "))
    };
    let fault = || {
        Fault::new("TargetNotFound", format!("Service {service} has no port of the name {section}: {has}"))
    };
    (!names.contains(&section)).then(|| ("sectionName", fault()))
}

/// What a policy asks for, why it is not accepted, and which of its references cannot be followed.
fn validation(
    world: &World<'_>,
    policy: &Item<'_, BackendTlsPolicy>,
) -> (Option<UpstreamTls>, Option<Fault>, Option<Fault>) {
    let spec = &policy.read.spec.validation;
    let mut roots: Vec<CertificateDer<'static>> = Vec::new();
    let mut refs = None;
    for reference in &spec.ca_certificate_refs {
        let fault = match authorities(world, &policy.object.name.namespace, reference) {
            Ok(more) => {
                roots.extend(more);
                continue;
            }
            // Offline it may well exist: what it holds cannot be known, so nothing is verified here.
            Err(AuthorityError::Assumed) => continue,
            Err(AuthorityError::Kind(message)) => Fault::new("InvalidKind", message),
            Err(AuthorityError::Content(message)) => Fault::new("InvalidCACertificateRef", message),
        };
        refs.get_or_insert(fault);
    }
    let assumed = refs.is_none() && roots.is_empty() && !spec.ca_certificate_refs.is_empty();
    let system = match spec.well_known_ca_certificates.as_deref() {
        None | Some("") => false,
        Some("System") => true,
        Some(other) => {
            return (
                None,
                Some(Fault::new("Invalid", format!("wellKnownCACertificates {other:?} is not supported"))),
                refs,
            );
        }
    };
    if roots.is_empty() && !system && !assumed {
        let message = "no usable CA certificate";
        return (None, Some(Fault::new("NoValidCACertificate", message)), refs);
    }
    let san = spec.subject_alt_names.iter().filter_map(|san| {
        match (san.r#type.as_str(), &san.hostname, &san.uri) {
            ("Hostname", Some(name), _) => Some(SubjectAltName::Hostname(name.clone())),
            ("URI", _, Some(uri)) => Some(SubjectAltName::Uri(uri.clone())),
            _ => None,
        }
    });
    let tls = UpstreamTls {
        hostname: spec.hostname.clone(),
        roots: (!system).then_some(roots),
        san: san.collect(),
    };
    ((!assumed).then_some(tls), None, refs)
}

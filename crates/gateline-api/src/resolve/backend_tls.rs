use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use gateline::model::{ObjectName, Origin};
use rustls_pki_types::{CertificateDer, ServerName};

use super::ancestors;
use super::authorities::{AuthorityError, authorities};
use super::fault::Fault;
use super::need::Need;
use super::options::Assume;
use super::resolution::{SubjectAltName, UpstreamTls};
use super::unread;
use super::world::{Item, World};
use crate::finding::{Finding, Severity, codes};
use crate::object::Object;
use crate::objects::{
    BackendTlsPolicy, BackendTlsValidation, CORE, ENVOY, GATEWAY, ObjectRef, PolicyTargetRef, is_foreign,
};
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
    /// About what it refers to.
    findings: Vec<Finding>,
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
        let Policy { object, targets: written, tls, accepted, refs, mut findings } = policy;
        self.findings.append(&mut findings);
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
                let finding = Finding::new(&codes::GL801, object.origin(&format!("{path}.{field}")), message);
                // Envoy Gateway, for one, lets its Backends be targeted.
                let elsewhere = target.group == ENVOY || is_foreign(&target.group);
                self.findings.push(if elsewhere { finding.severity(Severity::Warning) } else { finding });
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
        let targets = item.read.spec.target_refs.iter().cloned().enumerate().collect();
        let mut policy = Self::new(item.object, targets);
        policy.validation(world, &item.read.spec.validation);
        policy
    }

    /// Whatever it asks for, nothing may be sent in the clear to what it targets.
    fn unread((object, fault): (&'a Object, Fault)) -> Self {
        let targets = unread::entries(object, "targetRefs");
        Self { accepted: Some(fault), ..Self::new(object, targets) }
    }

    fn new(object: &'a Object, targets: Vec<(usize, PolicyTargetRef)>) -> Self {
        Self { object, targets, tls: None, accepted: None, refs: None, findings: Vec::new() }
    }

    /// Reads what it asks for. Without `tls` and a fault, what it refers to is not in the input and taken to exist: nothing
    /// can be verified here.
    fn validation(&mut self, world: &World<'_>, spec: &BackendTlsValidation) {
        let roots = self.roots(world, &spec.ca_certificate_refs);
        let assumed = self.refs.is_none() && roots.is_empty() && !spec.ca_certificate_refs.is_empty();
        let system = match spec.well_known_ca_certificates.as_deref() {
            None | Some("") => false,
            Some("System") => true,
            Some(other) => {
                let message = format!("wellKnownCACertificates {other:?} is not supported");
                self.accepted = Some(Fault::new("Invalid", message));
                return;
            }
        };
        if roots.is_empty() && !system && !assumed {
            self.accepted = Some(Fault::new("NoValidCACertificate", "no usable CA certificate"));
            return;
        }
        if let Some(name) = impossible_name(spec) {
            self.accepted =
                Some(Fault::new("Invalid", format!("{name:?} is no name that a server can have")));
            return;
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
        self.tls = (!assumed).then_some(tls);
    }

    fn roots(&mut self, world: &World<'_>, references: &[ObjectRef]) -> Vec<CertificateDer<'static>> {
        let mut roots = Vec::new();
        for (i, reference) in references.iter().enumerate() {
            let need = Need {
                who: format!("BackendTLSPolicy {}", self.object.name),
                object: self.object,
                path: format!("spec.validation.caCertificateRefs[{i}]"),
            };
            let fault = match authorities(world, &self.object.name.namespace, reference, &need) {
                Ok(mut more) => {
                    roots.append(&mut more.roots);
                    self.findings.append(&mut more.unusable);
                    continue;
                }
                Err(AuthorityError::Assumed) => continue,
                Err(AuthorityError::Kind(message)) => Fault::new("InvalidKind", message),
                Err(AuthorityError::Content(message)) => Fault::new("InvalidCACertificateRef", message),
                Err(AuthorityError::Unusable { message, mut findings }) => {
                    self.findings.append(&mut findings);
                    Fault::new("InvalidCACertificateRef", message)
                }
            };
            self.refs.get_or_insert(fault);
        }
        roots
    }
}

/// A name that the schema lets pass and DNS does not (a label of more than 63 characters).
fn impossible_name(spec: &BackendTlsValidation) -> Option<&str> {
    let hostnames = spec.subject_alt_names.iter().filter_map(|san| san.hostname.as_deref());
    let mut names = std::iter::once(spec.hostname.as_str()).chain(hostnames);
    names.find(|name| ServerName::try_from(name.strip_prefix("*.").unwrap_or(name)).is_err())
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

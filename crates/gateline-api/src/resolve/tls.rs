use std::collections::BTreeMap;
use std::sync::Arc;

use gateline::model::{HostPattern, ObjectName, Protocol, Timestamp};

use super::authorities::{AuthorityError, authorities, authority_name};
use super::certificates::{self, SecretError};
use super::fault::{Broken, Fault};
use super::grants::{Grants, Referent};
use super::listeners::Slot;
use super::need::Need;
use super::options::Assume;
use super::resolution::{Certificate, ClientValidation, ListenerTls};
use super::world::World;
use crate::finding::{Finding, Severity, codes};
use crate::object::Object;
use crate::objects::{CORE, FrontendValidation, Secret, SecretRef};

/// A certificate that ends within this time is worth a warning.
const SOON: i64 = 14 * 24 * 3600;

/// Reads the certificates of every listener that terminates TLS, and whose client certificates it accepts.
pub(super) fn read(
    world: &World<'_>,
    grants: &mut Grants<'_, '_>,
    slots: &mut [Slot<'_>],
    findings: &mut Vec<Finding>,
) {
    for slot in slots.iter_mut().filter(|slot| slot.terminates()) {
        let mut tls = ListenerTls::default();
        let refs = slot.written.tls.as_ref().map(|tls| tls.certificate_refs.as_slice()).unwrap_or_default();
        if refs.is_empty() {
            let message = "a listener that terminates TLS needs certificateRefs";
            fail(slot, slot.need("tls").broken("InvalidCertificateRef", message), findings);
        }
        for (i, reference) in refs.iter().enumerate() {
            let field = format!("tls.certificateRefs[{i}]");
            match certificate(world, grants, &slot.need(&field), reference, findings) {
                Ok(Some(certificate)) => {
                    inspect(world, slot, &field, &certificate, findings);
                    tls.certificates.push(Arc::new(certificate));
                }
                Ok(None) => tls.missing.push(secret_name(slot.holder, reference)),
                Err(broken) => fail(slot, broken, findings),
            }
        }
        tls.client = client(world, grants, slot, findings);
        slot.tls = Some(tls);
    }
    overlaps(slots, findings);
}

fn fail(slot: &mut Slot<'_>, mut broken: Broken, findings: &mut Vec<Finding>) {
    findings.append(&mut broken.findings);
    slot.refs.get_or_insert(broken.fault);
}

fn secret_name(holder: &Object, reference: &SecretRef) -> ObjectName {
    let namespace = reference.namespace.as_deref().unwrap_or(&holder.name.namespace);
    ObjectName::new(namespace, reference.name.as_str())
}

/// The certificate that a Gateway or ListenerSet refers to. `None`: not in the input, taken to exist.
pub(super) fn certificate(
    world: &World<'_>,
    grants: &mut Grants<'_, '_>,
    need: &Need<'_>,
    reference: &SecretRef,
    findings: &mut Vec<Finding>,
) -> Result<Option<Certificate>, Broken> {
    let invalid = |message| need.broken("InvalidCertificateRef", message);
    let (group, kind) =
        (reference.group.as_deref().unwrap_or(CORE), reference.kind.as_deref().unwrap_or("Secret"));
    if (group, kind) != (CORE, "Secret") {
        return Err(invalid(format!(
            "{kind} {group:?} cannot hold a certificate; use a Secret of type kubernetes.io/tls"
        )));
    }
    let name = secret_name(need.object, reference);
    grants.permit(need.object, &need.path, Referent { group: CORE, kind, name: &name })?;
    let Some(object) = world.objects.get(CORE, "Secret", &name).filter(|object| !object.refused) else {
        match world.options.secrets {
            Assume::Missing => return Err(invalid(format!("Secret {name} does not exist"))),
            Assume::Present => {}
            Assume::Unknown => {
                let message = format!("Secret {name} is not in the input and is taken to exist");
                let origin = need.object.origin(&need.path);
                let finding = Finding::new(&codes::GL601, origin, message).severity(Severity::Info);
                findings.push(finding.help("say what to think of it with --assume secrets=present|missing"));
            }
        }
        return Ok(None);
    };
    let secret: Secret = object.decode().map_err(|error| invalid(format!("Secret {name}: {error}")))?;
    match certificates::of_secret(&name, &secret) {
        Ok(certificate) => Ok(Some(certificate)),
        Err(SecretError::Content(message)) => Err(invalid(message)),
        Err(SecretError::Unusable { field, message }) => {
            let at = object.origin(&secret.path(field));
            let finding = need.unusable(at, message.clone());
            Err(Broken { fault: Fault::new("InvalidCertificateRef", message), findings: vec![finding] })
        }
    }
}

fn inspect(
    world: &World<'_>,
    slot: &Slot<'_>,
    field: &str,
    certificate: &Certificate,
    findings: &mut Vec<Finding>,
) {
    let Certificate { secret, names, .. } = certificate;
    if let Some((what, severity)) = world.options.now.and_then(|now| validity(certificate, now)) {
        let message = format!("the certificate in Secret {secret} {what}");
        findings.push(Finding::new(&codes::GL602, slot.origin(field), message).severity(severity));
    }
    let hostname = match &slot.hostname {
        Some(pattern) => pattern.to_string(),
        None => return,
    };
    if certificates::covering(names, &hostname).is_none() {
        let message =
            format!("the certificate in Secret {secret} is for {}, not for {hostname}", known(names));
        findings.push(
            Finding::new(&codes::GL603, slot.origin(field), message)
                .help("clients will refuse the connection"),
        );
    }
}

fn known(names: &[String]) -> String {
    if names.is_empty() { "no host".to_owned() } else { names.join(", ") }
}

/// What is to be said of the time a certificate is valid for.
fn validity(certificate: &Certificate, now: Timestamp) -> Option<(String, Severity)> {
    let Certificate { not_before, not_after, .. } = certificate;
    let days = |seconds: i64| seconds / 86_400;
    if now.0 < not_before.0 {
        let begin = days(not_before.0.saturating_sub(now.0)).saturating_add(1);
        let message = format!("is not valid yet: clients refuse the connection for up to {begin} days");
        return Some((message, Severity::Error));
    }
    if not_after.0 < now.0 {
        return Some(("has expired: clients refuse the connection".to_owned(), Severity::Error));
    }
    let left = not_after.0.saturating_sub(now.0);
    (left < SOON).then(|| (format!("expires in {} days", days(left)), Severity::Warning))
}

/// `tls.frontend` of the Gateway: the configuration of the port replaces the default (GEP-91).
fn client(
    world: &World<'_>,
    grants: &mut Grants<'_, '_>,
    slot: &mut Slot<'_>,
    findings: &mut Vec<Finding>,
) -> Option<ClientValidation> {
    if slot.protocol != Some(Protocol::Https) {
        return None;
    }
    let gateway = world.gateways.get(&slot.name.gateway)?;
    let frontend = gateway.read.spec.tls.as_ref()?.frontend.as_ref()?;
    let port = frontend.per_port.iter().find(|port| port.port == slot.written.port);
    let validation = port.map_or(&frontend.default, |port| &port.tls).validation.as_ref()?;
    let roots = client_roots(world, grants, gateway.object, slot, validation, findings);
    if roots.is_empty() {
        let fault = Fault::new(
            "NoValidCACertificate",
            "none of the caCertificateRefs for client certificates can be used",
        );
        slot.accepted.get_or_insert(fault);
    }
    Some(ClientValidation { roots, optional: validation.mode.as_deref() == Some("AllowInsecureFallback") })
}

fn client_roots(
    world: &World<'_>,
    grants: &mut Grants<'_, '_>,
    gateway: &Object,
    slot: &mut Slot<'_>,
    validation: &FrontendValidation,
    findings: &mut Vec<Finding>,
) -> Vec<rustls_pki_types::CertificateDer<'static>> {
    let mut roots = Vec::new();
    for reference in &validation.ca_certificate_refs {
        let namespace = slot.name.gateway.namespace.clone();
        let name = authority_name(&namespace, reference);
        let to = Referent { group: &reference.group, kind: &reference.kind, name: &name };
        let permitted = grants.permit(gateway, "spec.tls.frontend", to);
        let need = slot.need("tls");
        let broken = match (authorities(world, &namespace, reference, &need), permitted) {
            (Err(AuthorityError::Kind(message)), _) => need.broken("InvalidCACertificateKind", message),
            (_, Err(broken)) => broken,
            (Ok(mut more), _) => {
                roots.append(&mut more.roots);
                findings.append(&mut more.unusable);
                continue;
            }
            (Err(AuthorityError::Content(message)), _) => need.broken("InvalidCACertificateRef", message),
            (Err(AuthorityError::Unusable { message, findings }), _) => {
                Broken { fault: Fault::new("InvalidCACertificateRef", message), findings }
            }
            (Err(AuthorityError::Assumed), _) => {
                let message =
                    format!("{} {name} is not in the input: clients cannot be verified", reference.kind);
                need.broken("InvalidCACertificateRef", message).severity(Severity::Warning)
            }
        };
        fail(slot, broken, findings);
    }
    roots
}

/// HTTPS and TLS listeners of one port whose hostnames overlap (`OverlappingTLSConfig`).
fn overlaps(slots: &mut [Slot<'_>], findings: &mut Vec<Finding>) {
    let mut ports: BTreeMap<(&ObjectName, u16), Vec<(usize, &Slot<'_>)>> = BTreeMap::new();
    for (i, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.terminates() && slot.conflict.is_none())
    {
        ports.entry((&slot.name.gateway, slot.written.port)).or_default().push((i, slot));
    }
    let mut pairs = Vec::new();
    for members in ports.values() {
        for (k, (j, b)) in members.iter().enumerate() {
            let earlier = members.iter().take(k).filter(|(_, a)| meet(a, b));
            pairs.extend(earlier.map(|(i, _)| (*i, *j)));
        }
    }
    for (i, j) in pairs {
        let other = slots.get(i).map(|slot| (slot.name.to_string(), slot.origin("hostname")));
        for index in [i, j] {
            if let Some(slot) = slots.get_mut(index) {
                slot.overlapping = true;
            }
        }
        if let (Some(slot), Some((name, origin))) = (slots.get(j), other) {
            let message = format!("listener {} shares hostnames and port with {name}", slot.name);
            let finding =
                Finding::new(&codes::GL605, slot.origin("hostname"), message).severity(Severity::Info);
            let help = "a client may reuse a connection for the other listener's host; Gateline answers 421 so that it reconnects";
            findings.push(finding.help(help).related("the other listener", origin));
        }
    }
}

fn meet(a: &Slot<'_>, b: &Slot<'_>) -> bool {
    match (&a.hostname, &b.hostname) {
        (Some(a), Some(b)) => HostPattern::intersect(a, b).is_some(),
        _ => true,
    }
}

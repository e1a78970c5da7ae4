//! What cert-manager makes of Gateways and Certificates, as far as manifests show that it comes to nothing.

use gateline::model::{HostPattern, ObjectName};
use serde_json::Value;

use super::listeners::Slot;
use super::world::World;
use crate::finding::{Finding, codes};
use crate::object::Object;

const GROUP: &str = "cert-manager.io";

/// Annotations that ask for certificates, and the kind of issuer they name.
const ANNOTATIONS: [(&str, &str); 2] =
    [("cert-manager.io/cluster-issuer", "ClusterIssuer"), ("cert-manager.io/issuer", "Issuer")];

/// GL604 and GL607.
pub(super) fn findings(world: &World<'_>, slots: &[Slot<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for certificate in world.objects.of_kind(GROUP, "Certificate") {
        findings.extend(of_certificate(world, certificate));
    }
    for gateway in world.gateways.values().map(|item| item.object) {
        for (annotation, kind) in ANNOTATIONS {
            let name = gateway.value.pointer("/metadata/annotations").and_then(|all| all.get(annotation));
            let Some(name) = name.and_then(Value::as_str) else { continue };
            let own = slots.iter().filter(|slot| std::ptr::eq(slot.holder, gateway));
            let own: Vec<&Slot<'_>> = own.filter(|slot| slot.written.tls.is_some()).collect();
            if own.is_empty() {
                let message = format!(
                    "Gateway {} asks for certificates by {annotation}, but has no listener with tls",
                    gateway.name
                );
                let origin = gateway.origin(&format!("metadata.annotations[{annotation}]"));
                findings.push(
                    Finding::new(&codes::GL607, origin, message).help("remove it, or add the listener"),
                );
            }
            for slot in own {
                findings.extend(useless(slot, annotation));
                let wildcard = slot.hostname.as_ref().filter(|host| matches!(host, HostPattern::Wildcard(_)));
                if let (Some(host), Some(issuer)) = (wildcard, issuer(world, gateway, kind, name))
                    && solves_by_http_alone(issuer)
                {
                    let of = format!("listener {}", slot.name);
                    findings.push(wildcard_by_http(&of, &host.to_string(), issuer, slot.origin("hostname")));
                }
            }
        }
    }
    findings
}

/// What cert-manager's `gateway-shim` passes by.
fn useless(slot: &Slot<'_>, annotation: &str) -> Option<Finding> {
    let tls = slot.written.tls.as_ref()?;
    let foreign = tls.certificate_refs.iter().position(|reference| {
        reference.namespace.as_deref().is_some_and(|namespace| *namespace != *slot.holder.name.namespace)
    });
    let (field, why) = if slot.written.hostname.as_deref().unwrap_or_default().is_empty() {
        ("hostname".to_owned(), "it has no hostname")
    } else if tls.mode.as_deref() == Some("Passthrough") {
        ("tls.mode".to_owned(), "it passes TLS through")
    } else if tls.certificate_refs.is_empty() {
        ("tls".to_owned(), "it names no Secret in certificateRefs")
    } else {
        (format!("tls.certificateRefs[{}]", foreign?), "its Secret is in another namespace")
    };
    let message =
        format!("cert-manager makes no certificate for listener {} ({annotation}): {why}", slot.name);
    Some(
        Finding::new(&codes::GL607, slot.origin(&field), message)
            .help("give the listener a hostname and a Secret of its own namespace, or use a Certificate"),
    )
}

fn of_certificate(world: &World<'_>, certificate: &Object) -> Option<Finding> {
    let spec = certificate.value.get("spec")?;
    let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str);
    let names = spec.get("dnsNames").and_then(Value::as_array)?;
    let index = names.iter().position(|name| name.as_str().is_some_and(|name| name.starts_with("*.")))?;
    let kind = text("/issuerRef/kind").unwrap_or("Issuer");
    let issuer = issuer(world, certificate, kind, text("/issuerRef/name")?)?;
    let name = names.get(index).and_then(Value::as_str)?;
    let of = format!("Certificate {}", certificate.name);
    let origin = certificate.origin(&format!("spec.dnsNames[{index}]"));
    solves_by_http_alone(issuer).then(|| wildcard_by_http(&of, name, issuer, origin))
}

fn issuer<'w>(world: &'w World<'_>, of: &Object, kind: &str, name: &str) -> Option<&'w Object> {
    let namespace = if kind == "ClusterIssuer" { "" } else { &*of.name.namespace };
    world.objects.get(GROUP, kind, &ObjectName::new(namespace, name))
}

/// Whether an issuer speaks ACME and every solver of it is one of HTTP-01.
fn solves_by_http_alone(issuer: &Object) -> bool {
    let solvers = issuer.value.pointer("/spec/acme/solvers").and_then(Value::as_array);
    solvers.is_some_and(|solvers| {
        !solvers.is_empty()
            && solvers.iter().all(|solver| solver.get("http01").is_some() && solver.get("dns01").is_none())
    })
}

fn wildcard_by_http(of: &str, name: &str, issuer: &Object, origin: gateline::model::Origin) -> Finding {
    let message = format!(
        "{of} asks {} {} for {name}, but it solves by HTTP-01 alone: ACME gives wildcards by DNS-01 only",
        issuer.kind, issuer.name
    );
    Finding::new(&codes::GL604, origin, message)
        .help("give the issuer a dns01 solver, or ask for the names one by one")
        .related("the solvers", issuer.origin("spec.acme.solvers"))
}

//! `tls.backend.clientCertificateRef` of Gateways: what they show to backends (GEP-3155).

use std::collections::BTreeMap;

use gateline::model::ObjectName;

use super::fault::Fault;
use super::grants::Grants;
use super::tls;
use super::world::World;
use crate::finding::{Finding, codes};

/// By Gateway, only those that ask for one: `None` if it can be used.
pub(super) fn read(
    world: &World<'_>,
    grants: &mut Grants<'_, '_>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<ObjectName, Option<Fault>> {
    let mut clients = BTreeMap::new();
    for (name, gateway) in world.gateways.iter().filter(|(_, gateway)| world.is_ours(&gateway.read)) {
        let backend = gateway.read.spec.tls.as_ref().and_then(|tls| tls.backend.as_ref());
        let Some(reference) = backend.and_then(|backend| backend.client_certificate_ref.as_ref()) else {
            continue;
        };
        let path = "spec.tls.backend.clientCertificateRef";
        let fault = tls::certificate(world, grants, gateway.object, path, reference, findings).err();
        let fault = fault.map(|fault| match fault.reason {
            "InvalidCertificateRef" => Fault { reason: "InvalidClientCertificateRef", ..fault },
            _ => fault,
        });
        if let Some(fault) = fault.as_ref().filter(|fault| fault.reason != "RefNotPermitted") {
            let message = format!("Gateway {name}: {}", fault.message);
            findings.push(Finding::new(&codes::GL601, gateway.object.origin(path), message));
        }
        clients.insert((*name).clone(), fault);
    }
    clients
}

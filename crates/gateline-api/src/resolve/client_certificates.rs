//! `tls.backend.clientCertificateRef` of Gateways: what they show to backends (GEP-3155).

use std::collections::BTreeMap;

use gateline::model::ObjectName;

use super::fault::Fault;
use super::grants::Grants;
use super::need::Need;
use super::resolution::Certificate;
use super::tls;
use super::world::World;
use crate::finding::Finding;

/// By Gateway, only those that ask for one: the certificate (`None`: not in the input, taken to exist), or why it cannot be used.
pub(super) type Clients = BTreeMap<ObjectName, Result<Option<Certificate>, Fault>>;

/// Follows the reference of every Gateway of ours that has one.
pub(super) fn read(world: &World<'_>, grants: &mut Grants<'_, '_>, findings: &mut Vec<Finding>) -> Clients {
    let mut clients = Clients::new();
    for (name, gateway) in world.gateways.iter().filter(|(_, gateway)| world.is_ours(&gateway.read)) {
        let backend = gateway.read.spec.tls.as_ref().and_then(|tls| tls.backend.as_ref());
        let Some(reference) = backend.and_then(|backend| backend.client_certificate_ref.as_ref()) else {
            continue;
        };
        let need = Need {
            who: format!("Gateway {name}"),
            object: gateway.object,
            path: "spec.tls.backend.clientCertificateRef".to_owned(),
        };
        let client = tls::certificate(world, grants, &need, reference, findings).map_err(|mut broken| {
            findings.append(&mut broken.findings);
            match broken.fault.reason {
                "InvalidCertificateRef" => Fault { reason: "InvalidClientCertificateRef", ..broken.fault },
                _ => broken.fault,
            }
        });
        clients.insert((*name).clone(), client);
    }
    clients
}

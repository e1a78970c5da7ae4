use gateline::model::ObjectName;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::need::Need;
use super::options::Assume;
use super::public_key::PublicKey;
use super::world::World;
use crate::finding::{Finding, Severity};
use crate::objects::{CERTIFICATES, CORE, ClusterTrustBundle, ConfigMap, ObjectRef};

/// What a ConfigMap or ClusterTrustBundle holds.
pub(super) struct Authorities {
    /// Those that can verify something; at least one.
    pub(super) roots: Vec<CertificateDer<'static>>,
    /// What is to be said of the others.
    pub(super) unusable: Vec<Finding>,
}

/// Why authorities cannot be read.
pub(super) enum AuthorityError {
    /// Neither a ConfigMap nor a ClusterTrustBundle.
    Kind(String),
    /// Missing or malformed.
    Content(String),
    /// All can be read, and none of them can verify anything.
    Unusable { message: String, findings: Vec<Finding> },
    /// Not in the input, and taken to exist.
    Assumed,
}

/// `ca.crt` of a ConfigMap, or a ClusterTrustBundle (BackendTLSPolicy, frontend validation; GEP-5075).
pub(super) fn authorities(
    world: &World<'_>,
    namespace: &str,
    reference: &ObjectRef,
    need: &Need<'_>,
) -> Result<Authorities, AuthorityError> {
    let (group, kind) = (reference.group.as_str(), reference.kind.as_str());
    let name = authority_name(namespace, reference);
    if !matches!((group, kind), (CORE, "ConfigMap") | (CERTIFICATES, "ClusterTrustBundle")) {
        return Err(AuthorityError::Kind(format!(
            "{kind} {group:?} cannot hold CA certificates; use a ConfigMap or a ClusterTrustBundle"
        )));
    }
    let Some(object) = world.objects.get(group, kind, &name).filter(|object| !object.refused) else {
        return match world.options.secrets {
            Assume::Missing => Err(AuthorityError::Content(format!("{kind} {name} does not exist"))),
            Assume::Present | Assume::Unknown => Err(AuthorityError::Assumed),
        };
    };
    let content = |text: String| AuthorityError::Content(format!("{kind} {name}: {text}"));
    let bad = |error: serde_json::Error| content(error.to_string());
    let (field, path, pem) = if kind == "ConfigMap" {
        let pem = object.decode::<ConfigMap>().map_err(bad)?.data.remove("ca.crt");
        ("ca.crt", "data[ca.crt]", pem)
    } else {
        let spec = object.decode::<ClusterTrustBundle>().map_err(bad)?.spec;
        ("trustBundle", "spec.trustBundle", Some(spec.trust_bundle))
    };
    let pem = pem.ok_or_else(|| content(format!("it has no {field}")))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| content(format!("{field} is not PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(content(format!("{field} holds no certificate")));
    }
    let (mut roots, mut unusable) = (Vec::new(), Vec::new());
    for (number, certificate) in (1..).zip(certificates) {
        match fault(&certificate) {
            None => roots.push(certificate),
            Some(why) => {
                let message =
                    format!("certificate {number} in {field} of {kind} {name} cannot be used: {why}");
                unusable.push(need.unusable(object.origin(path), message));
            }
        }
    }
    if roots.is_empty() {
        let message = format!("{kind} {name}: no certificate in {field} can be used");
        return Err(AuthorityError::Unusable { message, findings: unusable });
    }
    // The others go on.
    let unusable = unusable.into_iter().map(|finding| finding.severity(Severity::Warning)).collect();
    Ok(Authorities { roots, unusable })
}

/// Why nothing can be verified with a certificate, if nothing can.
fn fault(certificate: &CertificateDer<'_>) -> Option<String> {
    match webpki::anchor_from_trusted_cert(certificate) {
        Ok(anchor) => PublicKey::read(&anchor.subject_public_key_info).err(),
        Err(error) => Some(format!("it cannot be read: {error}")),
    }
}

/// The object a `caCertificateRefs` entry names: ClusterTrustBundles have no namespace.
pub(super) fn authority_name(namespace: &str, reference: &ObjectRef) -> ObjectName {
    let namespace = match reference.group.as_str() {
        CERTIFICATES => "",
        _ => reference.namespace.as_deref().unwrap_or(namespace),
    };
    ObjectName::new(namespace, reference.name.as_str())
}

use base64::Engine as _;
use gateline::model::{ObjectName, Timestamp};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::key_pair;
use super::options::Assume;
use super::resolution::Certificate;
use super::world::World;
use crate::objects::{CERTIFICATES, CORE, ClusterTrustBundle, ConfigMap, ObjectRef, Secret};

/// The certificate in a Secret of type `kubernetes.io/tls`; the error says what is wrong with it.
pub(super) fn of_secret(name: &ObjectName, secret: &Secret) -> Result<Certificate, String> {
    let field = |key: &str| {
        let value =
            decode(secret, key).ok_or_else(|| format!("Secret {name} has no {key}, or it is not base64"))?;
        if value.is_empty() { Err(format!("{key} of Secret {name} is empty")) } else { Ok(value) }
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&field("tls.crt")?)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("tls.crt of Secret {name} is not PEM: {error}"))?;
    let leaf = chain.first().ok_or_else(|| format!("tls.crt of Secret {name} holds no certificate"))?;
    let (_, leaf) = X509Certificate::from_der(leaf)
        .map_err(|_| format!("tls.crt of Secret {name} is not an X.509 certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(&field("tls.key")?)
        .map_err(|error| format!("tls.key of Secret {name} is not a private key: {error}"))?;
    if key_pair::differ(&leaf, &key) {
        return Err(format!("tls.key of Secret {name} does not belong to the certificate in its tls.crt"));
    }
    let names = names(&leaf);
    let not_before = Timestamp(leaf.validity().not_before.timestamp());
    let not_after = Timestamp(leaf.validity().not_after.timestamp());
    Ok(Certificate { secret: name.clone(), chain, key, names, not_before, not_after })
}

fn decode(secret: &Secret, key: &str) -> Option<Vec<u8>> {
    if let Some(text) = secret.string_data.get(key) {
        return Some(text.clone().into_bytes());
    }
    let packed: String = secret.data.get(key)?.split_ascii_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(packed).ok()
}

/// DNS names.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    match certificate.subject_alternative_name() {
        Ok(Some(extension)) => extension.value.general_names.iter().filter_map(dns).collect(),
        _ => Vec::new(),
    }
}

fn dns(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    }
}

/// Whether a certificate's name covers a hostname of a listener: equal, or `*.` for its first label.
pub(super) fn covers(names: &[String], hostname: &str) -> bool {
    let parent = hostname.split_once('.').map(|(_, parent)| parent);
    names
        .iter()
        .any(|name| name == hostname || name.strip_prefix("*.").is_some_and(|suffix| Some(suffix) == parent))
}

/// Why authorities cannot be read.
pub(super) enum AuthorityError {
    /// Neither a ConfigMap nor a ClusterTrustBundle.
    Kind(String),
    /// Missing or malformed.
    Content(String),
    /// Not in the input, and taken to exist.
    Assumed,
}

/// `ca.crt` of a ConfigMap, or a ClusterTrustBundle (BackendTLSPolicy, frontend validation; GEP-5075).
pub(super) fn authorities(
    world: &World<'_>,
    namespace: &str,
    reference: &ObjectRef,
) -> Result<Vec<CertificateDer<'static>>, AuthorityError> {
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
    let (field, pem) = if kind == "ConfigMap" {
        ("ca.crt", object.decode::<ConfigMap>().map_err(bad)?.data.remove("ca.crt"))
    } else {
        ("trustBundle", Some(object.decode::<ClusterTrustBundle>().map_err(bad)?.spec.trust_bundle))
    };
    let pem = pem.ok_or_else(|| content(format!("it has no {field}")))?;
    let roots: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| content(format!("{field} is not PEM: {error}")))?;
    let sound = roots.iter().all(|root| X509Certificate::from_der(root).is_ok());
    if roots.is_empty() || !sound {
        return Err(content(format!("{field} holds no certificate that can be read")));
    }
    Ok(roots)
}

/// The object a `caCertificateRefs` entry names: ClusterTrustBundles have no namespace.
pub(super) fn authority_name(namespace: &str, reference: &ObjectRef) -> ObjectName {
    let namespace = match reference.group.as_str() {
        CERTIFICATES => "",
        _ => reference.namespace.as_deref().unwrap_or(namespace),
    };
    ObjectName::new(namespace, reference.name.as_str())
}

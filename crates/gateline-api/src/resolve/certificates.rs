use base64::Engine as _;
use gateline::model::{ObjectName, Timestamp};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::key_pair::{self, Unfit};
use super::resolution::Certificate;
use crate::objects::Secret;

/// Why a Secret holds no certificate for TLS.
pub(super) enum SecretError {
    /// Fields are missing, cannot be read, or do not belong together.
    Content(String),
    /// All can be read, and what this field holds cannot be used.
    Unusable { field: &'static str, message: String },
}

/// The certificate in a Secret of type `kubernetes.io/tls`.
pub(super) fn of_secret(name: &ObjectName, secret: &Secret) -> Result<Certificate, SecretError> {
    let unread = SecretError::Content;
    let field = |key: &str| {
        let value =
            decode(secret, key).ok_or_else(|| format!("Secret {name} has no {key}, or it is not base64"))?;
        if value.is_empty() { Err(format!("{key} of Secret {name} is empty")) } else { Ok(value) }
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&field("tls.crt").map_err(unread)?)
        .collect::<Result<_, _>>()
        .map_err(|error| unread(format!("tls.crt of Secret {name} is not PEM: {error}")))?;
    let none = || unread(format!("tls.crt of Secret {name} holds no certificate"));
    let first = chain.first().ok_or_else(none)?;
    let (_, leaf) = X509Certificate::from_der(first)
        .map_err(|_| unread(format!("tls.crt of Secret {name} is not an X.509 certificate")))?;
    let key = PrivateKeyDer::from_pem_slice(&field("tls.key").map_err(unread)?)
        .map_err(|error| unread(format!("tls.key of Secret {name} is not a private key: {error}")))?;
    key_pair::check(first, &leaf, &key).map_err(|unfit| unfit_pair(name, unfit))?;
    let names = names(&leaf);
    let not_before = Timestamp(leaf.validity().not_before.timestamp());
    let not_after = Timestamp(leaf.validity().not_after.timestamp());
    Ok(Certificate { secret: name.clone(), chain, key, names, not_before, not_after })
}

fn unfit_pair(name: &ObjectName, unfit: Unfit) -> SecretError {
    let unusable = |field, why: &str| {
        let message = format!("{field} of Secret {name} cannot be used for TLS: {why}");
        SecretError::Unusable { field, message }
    };
    match unfit {
        Unfit::Certificate(why) => unusable("tls.crt", &why),
        Unfit::Key(why) => unusable("tls.key", &why),
        Unfit::Apart => SecretError::Content(format!(
            "tls.key of Secret {name} does not belong to the first certificate in its tls.crt"
        )),
    }
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

/// The first of a certificate's names that covers a hostname: equal, or `*.` for its first label.
pub(super) fn covering<'n>(names: &'n [String], hostname: &str) -> Option<&'n str> {
    let parent = hostname.split_once('.').map(|(_, parent)| parent);
    let covers =
        |name: &&String| *name == hostname || name.strip_prefix("*.").is_some_and(|it| Some(it) == parent);
    names.iter().find(covers).map(String::as_str)
}

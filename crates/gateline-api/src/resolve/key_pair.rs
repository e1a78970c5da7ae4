//! Whether a certificate and a private key can be used for TLS, as far as can be told without arithmetic.

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use webpki::EndEntityCert;
use x509_parser::asn1_rs::{Any, FromDer as _, Tag};
use x509_parser::certificate::X509Certificate;

use super::der;
use super::public_key::{Algorithm, ID_EC_PUBLIC_KEY, PublicKey, Value};

/// Why a pair cannot be used.
pub(super) enum Unfit {
    /// Whatever the key: no such certificate can be shown.
    Certificate(String),
    /// Whatever the certificate: no such key can be signed with.
    Key(String),
    /// Each is well, and the key is certainly that of another certificate.
    Apart,
}

/// The public half of a private key, as far as it is written beside it.
struct Half<'k> {
    algorithm: Option<Algorithm>,
    value: Option<Value<'k>>,
}

/// Holds a key against the certificate of a server or client. What only arithmetic could tell is let pass: a key that does not
/// hold its public half (Ed25519, EC without the optional field), numbers that do not make a key.
pub(super) fn check(
    der: &CertificateDer<'_>,
    certificate: &X509Certificate<'_>,
    key: &PrivateKeyDer<'_>,
) -> Result<(), Unfit> {
    EndEntityCert::try_from(der).map_err(|error| Unfit::Certificate(refusal(&error)))?;
    let (_, info) = Any::from_der(certificate.public_key().raw)
        .map_err(|_| Unfit::Certificate("the key cannot be read".to_owned()))?;
    let public = PublicKey::read(info.data).map_err(Unfit::Certificate)?;
    if public.is_compressed() {
        return Err(Unfit::Certificate("the key is a compressed point: use an uncompressed one".to_owned()));
    }
    let half = Half::of(key).map_err(Unfit::Key)?;
    let same = half.algorithm.is_none_or(|algorithm| algorithm == public.algorithm)
        && half.value.is_none_or(|value| value == public.value);
    if same { Ok(()) } else { Err(Unfit::Apart) }
}

fn refusal(error: &webpki::Error) -> String {
    match error {
        webpki::Error::UnsupportedCertVersion => {
            "it is of X.509 version 1: issue it with extensions, as version 3".to_owned()
        }
        webpki::Error::UnsupportedCriticalExtension => {
            "it has a critical extension that is not known".to_owned()
        }
        other => format!("it cannot be read: {other}"),
    }
}

impl<'k> Half<'k> {
    fn of(key: &'k PrivateKeyDer<'_>) -> Result<Self, String> {
        let half = match key {
            PrivateKeyDer::Pkcs1(key) => Self::of_rsa(key.secret_pkcs1_der()),
            PrivateKeyDer::Sec1(key) => Self::of_ec(key.secret_sec1_der(), None),
            PrivateKeyDer::Pkcs8(key) => Self::of_pkcs8(key.secret_pkcs8_der()),
            _ => Ok(None),
        };
        half?.ok_or_else(|| "the key cannot be read".to_owned())
    }

    /// `OneAsymmetricKey` (RFC 5958): version, algorithm, key, then optionally `[0]` attributes and `[1]` the public key.
    fn of_pkcs8(der: &'k [u8]) -> Result<Option<Self>, String> {
        let Some(fields) = der::sequence(der) else { return Ok(None) };
        let [_, algorithm, key, ..] = &*fields else { return Ok(None) };
        let algorithm = match algorithm.data.strip_prefix(ID_EC_PUBLIC_KEY) {
            Some(parameters) => curve(parameters)?,
            None => Some(Algorithm::read(algorithm.data)?),
        };
        match algorithm {
            Some(Algorithm::Rsa) => Self::of_rsa(key.data),
            None | Some(Algorithm::P256 | Algorithm::P384 | Algorithm::P521) => {
                Self::of_ec(key.data, algorithm)
            }
            Some(_) => {
                let public = der::tagged(&fields, 1).and_then(|public| der::whole_bytes(public.data));
                Ok(Some(Self { algorithm, value: public.map(Value::Bits) }))
            }
        }
    }

    /// `RSAPrivateKey` (RFC 8017): version, modulus, public exponent, …
    fn of_rsa(der: &'k [u8]) -> Result<Option<Self>, String> {
        let Some(fields) = der::sequence(der) else { return Ok(None) };
        let [version, modulus, exponent, ..] = &*fields else { return Ok(None) };
        if !der::number(version).is_empty() {
            return Err("the key is RSA of more than two primes".to_owned());
        }
        let value = Some(Value::rsa(modulus, exponent)?);
        Ok(Some(Self { algorithm: Some(Algorithm::Rsa), value }))
    }

    /// `ECPrivateKey` (RFC 5915): version, key, then optionally `[0]` the curve and `[1]` the public key.
    fn of_ec(der: &'k [u8], algorithm: Option<Algorithm>) -> Result<Option<Self>, String> {
        let Some(fields) = der::sequence(der) else { return Ok(None) };
        let algorithm = match der::tagged(&fields, 0) {
            Some(parameters) if algorithm.is_none() => curve(parameters.data)?,
            _ => algorithm,
        };
        let public = der::tagged(&fields, 1).and_then(|public| Any::from_der(public.data).ok());
        let point = public.and_then(|(_, bits)| der::whole_bytes(bits.data));
        // rustls compares the whole point, whichever is written.
        let value = point.filter(|point| !matches!(point, [2 | 3, ..])).map(Value::Bits);
        Ok(Some(Self { algorithm, value }))
    }
}

/// The curve of a key, if it has a name; one that is spelled out may be a known one.
fn curve(parameters: &[u8]) -> Result<Option<Algorithm>, String> {
    let (_, field) = Any::from_der(parameters).map_err(|_| "the key cannot be read".to_owned())?;
    if field.tag() == Tag::Oid { Algorithm::of_curve(parameters).map(Some) } else { Ok(None) }
}

//! Whether a private key belongs to a certificate, as far as the key tells without arithmetic.

use rustls_pki_types::PrivateKeyDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::ber::BerObject;
use x509_parser::der_parser::der::parse_der;
use x509_parser::public_key::PublicKey;

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";

/// What two halves of a pair have in common.
#[derive(PartialEq, Eq)]
enum Shared {
    /// Without leading zeros.
    Modulus(Vec<u8>),
    Point(Vec<u8>),
}

/// Whether the key is certainly that of another certificate. A key that does not hold its public half (Ed25519, or EC without
/// the optional field) is not judged.
pub(super) fn differ(certificate: &X509Certificate<'_>, key: &PrivateKeyDer<'_>) -> bool {
    let of_key = match key {
        PrivateKeyDer::Pkcs1(der) => modulus(der.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(der) => point(der.secret_sec1_der()),
        PrivateKeyDer::Pkcs8(der) => of_pkcs8(der.secret_pkcs8_der()),
        _ => None,
    };
    let of_certificate = match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => Some(Shared::Modulus(trimmed(key.modulus))),
        Ok(PublicKey::EC(point)) => Some(Shared::Point(point.data().to_vec())),
        _ => None,
    };
    of_key.is_some() && of_certificate.is_some() && of_key != of_certificate
}

/// `OneAsymmetricKey` (RFC 5958): version, algorithm, key.
fn of_pkcs8(der: &[u8]) -> Option<Shared> {
    let (_, object) = parse_der(der).ok()?;
    let fields = object.as_sequence().ok()?;
    let algorithm = fields.get(1)?.as_sequence().ok()?.first()?.as_oid().ok()?.to_id_string();
    let key = fields.get(2)?.as_slice().ok()?;
    match algorithm.as_str() {
        RSA => modulus(key),
        EC => point(key),
        _ => None,
    }
}

/// `RSAPrivateKey` (RFC 8017): version, modulus, …
fn modulus(der: &[u8]) -> Option<Shared> {
    let (_, object) = parse_der(der).ok()?;
    Some(Shared::Modulus(trimmed(object.as_sequence().ok()?.get(1)?.as_slice().ok()?)))
}

/// `ECPrivateKey` (RFC 5915): version, key, then optionally `[0]` the curve and `[1]` the public key.
fn point(der: &[u8]) -> Option<Shared> {
    let (_, object) = parse_der(der).ok()?;
    let is_public = |field: &&BerObject<'_>| field.header.is_contextspecific() && field.header.tag().0 == 1;
    let public = object.as_sequence().ok()?.iter().find(is_public)?;
    let (_, bits) = parse_der(public.as_slice().ok()?).ok()?;
    Some(Shared::Point(bits.as_bitstring().ok()?.data.to_vec()))
}

fn trimmed(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

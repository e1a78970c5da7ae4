//! Which public keys can be used for TLS: those that rustls signs and verifies with, by aws-lc-rs. Keys are read and nothing is
//! computed, so that this crate needs no cryptography; `tests/it/material.rs` of gateline-proxy holds these rules to rustls.

use rustls_pki_types::{AlgorithmIdentifier, alg_id};
use x509_parser::asn1_rs::{Any, Oid};
use x509_parser::objects::{oid_registry, oid2sn};

use super::der;

/// As an OBJECT IDENTIFIER.
pub(super) const ID_EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// `SubjectPublicKeyInfo` (RFC 5280).
pub(super) struct PublicKey<'d> {
    pub(super) algorithm: Algorithm,
    pub(super) value: Value<'d>,
}

/// What keys can be of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

/// The key itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'d> {
    /// Of RSA: modulus and exponent, without leading zeros.
    Numbers([&'d [u8]; 2]),
    /// Of all others: a point, or whatever the algorithm has.
    Bits(&'d [u8]),
}

impl<'d> PublicKey<'d> {
    /// Reads what is inside of a `SubjectPublicKeyInfo`; the error says why the key cannot be used.
    pub(super) fn read(content: &'d [u8]) -> Result<Self, String> {
        let malformed = || "the key cannot be read".to_owned();
        let [algorithm, bits] =
            der::fields(content).and_then(|fields| fields.try_into().ok()).ok_or_else(malformed)?;
        let algorithm = Algorithm::read(algorithm.data)?;
        let bits = der::whole_bytes(bits.data).ok_or_else(malformed)?;
        if algorithm != Algorithm::Rsa {
            return Ok(Self { algorithm, value: Value::Bits(bits) });
        }
        let [modulus, exponent] =
            der::sequence(bits).and_then(|fields| fields.try_into().ok()).ok_or_else(malformed)?;
        Ok(Self { algorithm, value: Value::rsa(&modulus, &exponent)? })
    }

    /// Half a point (SEC 1): enough to verify with, but rustls signs with whole ones.
    pub(super) fn is_compressed(&self) -> bool {
        let on_curve = matches!(self.algorithm, Algorithm::P256 | Algorithm::P384 | Algorithm::P521);
        on_curve && matches!(self.value, Value::Bits([2 | 3, ..]))
    }
}

impl<'d> Value<'d> {
    pub(super) fn rsa(modulus: &Any<'d>, exponent: &Any<'d>) -> Result<Self, String> {
        let (modulus, exponent) = (der::number(modulus), der::number(exponent));
        let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
        match bits {
            2_048..=8_192 => Ok(Self::Numbers([modulus, exponent])),
            _ => Err(format!("the key is RSA of {bits} bits: use 2048 to 8192")),
        }
    }
}

impl Algorithm {
    const ALL: [(Self, AlgorithmIdentifier); 8] = [
        (Self::Rsa, alg_id::RSA_ENCRYPTION),
        (Self::P256, alg_id::ECDSA_P256),
        (Self::P384, alg_id::ECDSA_P384),
        (Self::P521, alg_id::ECDSA_P521),
        (Self::Ed25519, alg_id::ED25519),
        (Self::MlDsa44, alg_id::ML_DSA_44),
        (Self::MlDsa65, alg_id::ML_DSA_65),
        (Self::MlDsa87, alg_id::ML_DSA_87),
    ];

    /// Reads what is inside of an `AlgorithmIdentifier`; the error says what it is instead.
    pub(super) fn read(content: &[u8]) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|(_, known)| known.as_ref() == content);
        known.map(|(algorithm, _)| algorithm).ok_or_else(|| unknown(content))
    }

    /// The curve that `ECParameters` of a key name.
    pub(super) fn of_curve(name: &[u8]) -> Result<Self, String> {
        Self::read(&[ID_EC_PUBLIC_KEY, name].concat())
    }
}

/// `the key is id-dsa: use …`.
fn unknown(content: &[u8]) -> String {
    let fields = der::fields(content).unwrap_or_default();
    let names: Vec<String> =
        fields.iter().filter_map(|field| Oid::try_from(field).ok()).map(|oid| name(&oid)).collect();
    let what = if names.is_empty() { "of no known algorithm".to_owned() } else { names.join(" ") };
    format!("the key is {what}: use RSA, P-256, P-384, P-521, Ed25519 or ML-DSA")
}

fn name(oid: &Oid<'_>) -> String {
    oid2sn(oid, oid_registry()).map_or_else(|_| oid.to_id_string(), str::to_owned)
}

//! Certificates where a Secret is missing: one authority a run, whose key never leaves the process.

use gateline::model::{ObjectName, Timestamp};
use gateline_api::resolve::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

/// Browsers refuse certificates that last for years.
const DAYS: i64 = 90;

/// From yesterday, for clocks that are slow, to some months from now.
fn valid(params: &mut CertificateParams) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(DAYS);
}

/// A certificate authority that nobody else has.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// A new one.
    pub(crate) fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "gateline dev: not for production");
        valid(&mut params);
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// The certificate of the authority, for `curl --cacert`.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for some names, in place of a Secret.
    pub(crate) fn issue(&self, secret: &ObjectName, names: Vec<String>) -> Result<Certificate, rcgen::Error> {
        let mut params = CertificateParams::new(names.clone())?;
        params.distinguished_name.push(DnType::CommonName, secret.to_string());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        valid(&mut params);
        let [not_before, not_after] =
            [params.not_before, params.not_after].map(|time| Timestamp(time.unix_timestamp()));
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.issuer)?;
        Ok(Certificate {
            secret: secret.clone(),
            chain: vec![leaf.der().clone()],
            key: key.into(),
            names,
            not_before,
            not_after,
        })
    }
}

use std::sync::Arc;

use gateline_api::resolve::SubjectAltName;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// Verifies a backend by `subjectAltNames`: the chain as always, then any one of the names. The server name of the
/// handshake no longer authenticates (BackendTLSPolicy, `subjectAltNames`).
#[derive(Debug)]
pub(super) struct SanVerifier {
    roots: Arc<RootCertStore>,
    hostnames: Vec<ServerName<'static>>,
    /// Of hostnames with a wildcard, what comes after it: `.example.com`.
    suffixes: Vec<String>,
    uris: Vec<String>,
    provider: Arc<CryptoProvider>,
}

impl SanVerifier {
    pub(super) fn new(
        roots: Arc<RootCertStore>,
        names: &[SubjectAltName],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let mut verifier = Self {
            roots,
            hostnames: Vec::new(),
            suffixes: Vec::new(),
            uris: Vec::new(),
            provider: provider.clone(),
        };
        for name in names {
            match name {
                SubjectAltName::Hostname(name) if name.starts_with("*.") => {
                    verifier.suffixes.extend(name.strip_prefix('*').map(str::to_ascii_lowercase));
                }
                SubjectAltName::Hostname(name) => {
                    let parsed = ServerName::try_from(name.clone());
                    verifier.hostnames.push(parsed.map_err(|_| format!("{name:?} is not a hostname"))?);
                }
                SubjectAltName::Uri(uri) => verifier.uris.push(uri.clone()),
            }
        }
        Ok(verifier)
    }

    fn any_name(&self, leaf: &CertificateDer<'_>) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(leaf)?;
        if self.hostnames.iter().any(|name| verify_server_name(&parsed, name).is_ok()) {
            return Ok(());
        }
        let certificate = webpki::EndEntityCert::try_from(leaf).map_err(|_| CertificateError::BadEncoding)?;
        let under = |name: &str| self.suffixes.iter().any(|suffix| name.ends_with(suffix.as_str()));
        let found = certificate.valid_dns_names().any(|name| under(&name.to_ascii_lowercase()))
            || certificate.valid_uri_names().any(|uri| self.uris.iter().any(|own| own == uri));
        if found { Ok(()) } else { Err(CertificateError::NotValidForName.into()) }
    }
}

impl ServerCertVerifier for SanVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(leaf)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms)?;
        self.any_name(leaf)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// `AllowInsecureFallback` (GEP-91): a client certificate is asked for, but none and any are accepted.
#[derive(Debug)]
pub(super) struct AnyClient {
    provider: Arc<CryptoProvider>,
}

impl AnyClient {
    pub(super) fn new(provider: &Arc<CryptoProvider>) -> Self {
        Self { provider: provider.clone() }
    }
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

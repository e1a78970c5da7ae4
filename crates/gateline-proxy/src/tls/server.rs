use std::sync::Arc;

use gateline::model::{ListenerName, Protocol};
use gateline_api::resolve::{Certificate, ClientValidation, ListenerTls};
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoClientAuth, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

use super::verify::AnyClient;
use super::{H2, HTTP1};
use crate::ProxyError;

/// TLS as a listener ends it, with the sessions that clients may resume.
#[derive(Debug)]
pub(crate) struct ServerTls {
    tls: ListenerTls,
    protocol: Protocol,
    pub(crate) config: Arc<ServerConfig>,
}

impl ServerTls {
    /// A certificate that cannot be used is left out and logged. Without any, or if clients cannot be verified as they
    /// should be, every handshake is refused.
    pub(crate) fn new(
        listener: &ListenerName,
        protocol: Protocol,
        tls: &ListenerTls,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, ProxyError> {
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(ProxyError::Tls)?;
        let keys = tls.certificates.iter().filter_map(|certificate| {
            let log = |reason| tracing::error!(%listener, reason, "a certificate cannot be used");
            Key::new(certificate, provider).map_err(log).ok()
        });
        let (verifier, keys) = match client_verifier(tls.client.as_ref(), provider) {
            Ok(verifier) => (verifier, keys.collect()),
            Err(reason) => {
                tracing::error!(%listener, reason, "clients cannot be verified: all are refused");
                (Arc::new(NoClientAuth) as Arc<dyn ClientCertVerifier>, Vec::new())
            }
        };
        let mut config = builder.with_client_cert_verifier(verifier).with_cert_resolver(Arc::new(Keys(keys)));
        // What a TLS listener carries is not known to be HTTP: it agrees to nothing.
        if protocol == Protocol::Https {
            config.alpn_protocols = vec![H2.to_vec(), HTTP1.to_vec()];
        }
        Ok(Self { tls: tls.clone(), protocol, config: Arc::new(config) })
    }

    pub(crate) fn is(&self, protocol: Protocol, tls: &ListenerTls) -> bool {
        self.protocol == protocol && self.tls == *tls
    }
}

fn client_verifier(
    client: Option<&ClientValidation>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let Some(client) = client else { return Ok(Arc::new(NoClientAuth)) };
    if client.optional {
        return Ok(Arc::new(AnyClient::new(provider)));
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(client.roots.iter().cloned());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    match verifier {
        Ok(verifier) => Ok(verifier),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Debug)]
struct Key {
    names: Vec<String>,
    key: Arc<CertifiedKey>,
}

impl Key {
    fn new(certificate: &Certificate, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let fail = |error: rustls::Error| format!("Secret {}: {error}", certificate.secret);
        let key = CertifiedKey::from_der(certificate.chain.clone(), certificate.key.clone_key(), provider)
            .map_err(fail)?;
        let names = certificate.names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(Self { names, key: Arc::new(key) })
    }

    fn fits(&self, name: &str) -> bool {
        let wildcard = name.split_once('.').map(|(_, rest)| rest);
        self.names.iter().any(|own| own == name || (wildcard.is_some() && own.strip_prefix("*.") == wildcard))
    }
}

/// The certificates of one listener: the first that fits the server name, else the first.
#[derive(Debug)]
struct Keys(Vec<Key>);

impl ResolvesServerCert for Keys {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let fitting = hello.server_name().and_then(|name| self.0.iter().find(|key| key.fits(name)));
        fitting.or_else(|| self.0.first()).map(|key| key.key.clone())
    }
}

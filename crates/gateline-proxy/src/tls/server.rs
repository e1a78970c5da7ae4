use std::collections::HashMap;
use std::sync::Arc;

use gateline::model::{HostPattern, Listener};
use gateline_api::resolve::{Certificate, ClientValidation, ListenerTls};
use rustls::crypto::CryptoProvider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoClientAuth, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

use super::verify::AnyClient;
use super::{H2, HTTP1};
use crate::ProxyError;

/// The HTTPS listeners of one port by the server names they take: a hash look-up for each label of a name.
#[derive(Debug, Default)]
pub(crate) struct ServerTls {
    exact: HashMap<Box<str>, Arc<ServerConfig>>,
    /// By what follows `*.`.
    wildcard: HashMap<Box<str>, Arc<ServerConfig>>,
    any: Option<Arc<ServerConfig>>,
}

impl ServerTls {
    /// Adds a listener. Of several with one hostname the first counts.
    pub(crate) fn add(
        &mut self,
        listener: &Listener,
        tls: &ListenerTls,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), ProxyError> {
        let fail = |reason: String| ProxyError::Certificate { listener: listener.name.clone(), reason };
        let config = Arc::new(server_config(tls, provider).map_err(fail)?);
        match &listener.hostname {
            Some(HostPattern::Exact(name)) => {
                self.exact.entry(name.clone()).or_insert(config);
            }
            Some(HostPattern::Wildcard(suffix)) => {
                self.wildcard.entry(suffix.clone()).or_insert(config);
            }
            None => {
                self.any.get_or_insert(config);
            }
        }
        Ok(())
    }

    /// The most specific listener for a server name; `None` where no listener takes it.
    pub(crate) fn choose(&self, name: Option<&str>) -> Option<&Arc<ServerConfig>> {
        let Some(name) = name else { return self.any.as_ref() };
        let name = name.to_ascii_lowercase();
        if let Some(config) = self.exact.get(&*name) {
            return Some(config);
        }
        let mut rest = &*name;
        while let Some((_, suffix)) = rest.split_once('.') {
            if let Some(config) = self.wildcard.get(suffix) {
                return Some(config);
            }
            rest = suffix;
        }
        self.any.as_ref()
    }
}

fn server_config(tls: &ListenerTls, provider: &Arc<CryptoProvider>) -> Result<ServerConfig, String> {
    let keys = tls.certificates.iter().map(|certificate| Key::new(certificate, provider));
    let keys = Keys(keys.collect::<Result<_, _>>()?);
    let mut config = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(client_verifier(tls.client.as_ref(), provider)?)
        .with_cert_resolver(Arc::new(keys));
    config.alpn_protocols = vec![H2.to_vec(), HTTP1.to_vec()];
    Ok(config)
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

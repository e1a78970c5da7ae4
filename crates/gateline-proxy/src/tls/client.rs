use std::hash::{Hash, Hasher};
use std::ptr;
use std::sync::Arc;

use gateline_api::resolve::{Certificate, UpstreamTls};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;

use super::verify::SanVerifier;
use super::{H2, HTTP1};

/// TLS to a backend, ready for handshakes.
///
/// Equal only to itself: two policies never share a connection, and a policy that a new configuration repeats
/// unchanged keeps its connections because its `Arc` is carried over.
#[derive(Debug)]
pub(crate) struct ClientTls {
    policy: UpstreamTls,
    /// What the Gateway shows to the backend.
    certificate: Option<Arc<Certificate>>,
    pub(crate) name: ServerName<'static>,
    pub(crate) http1: Arc<ClientConfig>,
    pub(crate) h2: Arc<ClientConfig>,
    /// For what is not HTTP: no protocol is asked for.
    pub(crate) opaque: Arc<ClientConfig>,
}

impl ClientTls {
    pub(crate) fn new(
        policy: &UpstreamTls,
        certificate: Option<&Arc<Certificate>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let name = ServerName::try_from(policy.hostname.clone())
            .map_err(|_| format!("{:?} is not a hostname", policy.hostname))?;
        let verifier = verifier(policy, provider)?;
        let config = |protocols: &[&[u8]]| -> Result<Arc<ClientConfig>, String> {
            let builder = ClientConfig::builder_with_provider(provider.clone())
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .dangerous()
                .with_custom_certificate_verifier(verifier.clone());
            let mut config = match certificate {
                None => builder.with_no_client_auth(),
                Some(own) => builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key()).map_err(
                    |error| format!("the certificate in Secret {} of the Gateway: {error}", own.secret),
                )?,
            };
            config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
            Ok(Arc::new(config))
        };
        let (http1, h2, opaque) = (config(&[HTTP1])?, config(&[H2])?, config(&[])?);
        Ok(Self { name, http1, h2, opaque, policy: policy.clone(), certificate: certificate.cloned() })
    }

    pub(crate) fn is(&self, policy: &UpstreamTls, certificate: Option<&Arc<Certificate>>) -> bool {
        self.policy == *policy && self.certificate.as_ref() == certificate
    }

    pub(crate) fn policy(&self) -> &UpstreamTls {
        &self.policy
    }
}

impl PartialEq for ClientTls {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self, other)
    }
}

impl Eq for ClientTls {}

impl Hash for ClientTls {
    fn hash<H: Hasher>(&self, state: &mut H) {
        ptr::from_ref(self).hash(state);
    }
}

fn verifier(
    policy: &UpstreamTls,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let roots = Arc::new(roots(policy));
    if roots.is_empty() {
        return Err("no authority certificate can be used".into());
    }
    if !policy.san.is_empty() {
        return Ok(Arc::new(SanVerifier::new(roots, &policy.san, provider)?));
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
    match verifier {
        Ok(verifier) => Ok(verifier),
        Err(error) => Err(error.to_string()),
    }
}

/// The policy's own authorities, or the system's; Mozilla's where the system has none (a distroless image).
fn roots(policy: &UpstreamTls) -> RootCertStore {
    let mut store = RootCertStore::empty();
    if let Some(roots) = &policy.roots {
        store.add_parsable_certificates(roots.iter().cloned());
        return store;
    }
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    store
}

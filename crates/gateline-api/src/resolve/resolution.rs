use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use gateline::Model;
use gateline::model::{ObjectName, Timestamp};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::finding::Finding;
use crate::status::Status;

/// All that follows from a set of objects.
#[derive(Debug, Default)]
pub struct Resolution {
    /// What the router is compiled from.
    pub model: Model,
    /// By [`gateline::model::BackendId`]: where backends are.
    pub upstreams: Vec<Upstream>,
    /// By [`gateline::model::ListenerId`]: certificates of listeners that terminate TLS.
    pub tls: Vec<Option<ListenerTls>>,
    /// By Gateway: what it shows to backends that speak TLS (`tls.backend.clientCertificateRef`).
    pub clients: BTreeMap<ObjectName, Arc<Certificate>>,
    /// Policies of Envoy Gateway that are in force somewhere, by kind, target and section.
    pub policies: Vec<AttachedPolicy>,
    /// What a controller would write, by group, kind and name.
    pub statuses: Vec<Status>,
    /// What a user should know, by place.
    pub findings: Vec<Finding>,
}

impl Resolution {
    /// Whether both serve the same: what they say to users may differ.
    #[must_use]
    pub fn serves_as(&self, other: &Self) -> bool {
        self.model == other.model
            && self.upstreams == other.upstreams
            && self.tls == other.tls
            && self.clients == other.clients
    }
}

/// Where a backend is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Upstream {
    /// Whether its object is in the input. If not, it was assumed to exist and has no endpoints.
    pub known: bool,
    /// Ready endpoints.
    pub endpoints: Vec<Endpoint>,
    /// TLS to it (BackendTLSPolicy).
    pub tls: Option<UpstreamTls>,
    /// A BackendTLSPolicy that is not valid: requests are answered 500, never sent in the clear.
    pub broken_tls: bool,
}

/// One address of a backend.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// An address.
    Address(SocketAddr),
    /// A name to be looked up (Backend `fqdn`, Service `externalName`).
    Name(String, u16),
}

/// How to speak TLS to a backend.
#[derive(Clone, Debug, PartialEq)]
pub struct UpstreamTls {
    /// The server name sent, and verified unless `san` is not empty.
    pub hostname: String,
    /// The authorities; `None` is the system's.
    pub roots: Option<Vec<CertificateDer<'static>>>,
    /// `subjectAltNames`: any one must be in the certificate.
    pub san: Vec<SubjectAltName>,
}

/// One entry of `subjectAltNames`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectAltName {
    /// `type: Hostname`.
    Hostname(String),
    /// `type: URI`.
    Uri(String),
}

/// A policy of Envoy Gateway on one of its targets.
#[derive(Clone, Debug, PartialEq)]
pub struct AttachedPolicy {
    /// `BackendTrafficPolicy`.
    pub kind: Box<str>,
    /// Its name.
    pub name: ObjectName,
    /// `Gateway`, `HTTPRoute`, …
    pub target_kind: Box<str>,
    /// What it is attached to.
    pub target: ObjectName,
    /// The listener or rule of it.
    pub section: Option<Box<str>>,
    /// Whether less specific policies stay in force with it.
    pub merges: bool,
    /// What it says, as JSON, without its targets.
    pub spec: Box<str>,
}

/// TLS of a listener with `mode: Terminate`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListenerTls {
    /// In the order of `certificateRefs`, only those that could be read.
    pub certificates: Vec<Arc<Certificate>>,
    /// Secrets that are not in the input and were assumed to exist: `dev` stands in for them.
    pub missing: Vec<ObjectName>,
    /// `tls.frontend`: which client certificates are accepted. `None` asks for none.
    pub client: Option<ClientValidation>,
}

/// A certificate chain with its key.
#[derive(Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Where it came from.
    pub secret: ObjectName,
    /// Leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// PKCS#1, PKCS#8 or SEC1.
    pub key: PrivateKeyDer<'static>,
    /// DNS names of the leaf.
    pub names: Vec<String>,
    /// Begin of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

impl Certificate {
    /// Whether it is for this host, in lower case: equal to one of its names, or `*.` for the first label.
    #[must_use]
    pub fn covers(&self, hostname: &str) -> bool {
        self.name_for(hostname).is_some()
    }

    /// The first of its names that makes it so.
    #[must_use]
    pub fn name_for(&self, hostname: &str) -> Option<&str> {
        super::certificates::covering(&self.names, hostname)
    }
}

/// Client certificates (GEP-91).
#[derive(Clone, Debug, PartialEq)]
pub struct ClientValidation {
    /// The authorities.
    pub roots: Vec<CertificateDer<'static>>,
    /// `AllowInsecureFallback`: ask, but accept none and wrong ones.
    pub optional: bool,
}

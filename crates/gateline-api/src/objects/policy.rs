use serde::Deserialize;
use serde_json::Value;

use super::gateway::{LabelSelector, NamespaceSelector};
use super::refs::ObjectRef;

/// BackendTLSPolicy, of v1 and v1alpha3 alike.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackendTlsPolicy {
    /// `spec`.
    pub spec: BackendTlsSpec,
}

/// `spec` of a BackendTLSPolicy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendTlsSpec {
    /// Services of the same namespace.
    pub target_refs: Vec<PolicyTargetRef>,
    /// How the backend proves itself.
    pub validation: BackendTlsValidation,
}

/// `spec.validation`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendTlsValidation {
    /// ConfigMaps with `ca.crt`.
    pub ca_certificate_refs: Vec<ObjectRef>,
    /// `System`.
    #[serde(rename = "wellKnownCACertificates")]
    pub well_known_ca_certificates: Option<String>,
    /// The server name.
    pub hostname: String,
    /// Any one must be in the certificate.
    pub subject_alt_names: Vec<San>,
}

/// `subjectAltNames[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct San {
    /// `Hostname` or `URI`.
    pub r#type: String,
    /// With `Hostname`.
    pub hostname: Option<String>,
    /// With `URI`.
    pub uri: Option<String>,
}

/// `targetRefs[]` of any policy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyTargetRef {
    /// Empty: the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// In the policy's namespace.
    pub name: String,
    /// A listener, a rule or a port of it.
    pub section_name: Option<String>,
}

/// What Envoy Gateway's BackendTrafficPolicy, ClientTrafficPolicy and SecurityPolicy have in common.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnvoyPolicy {
    /// `spec`.
    pub spec: EnvoyPolicySpec,
}

/// `spec` of an [`EnvoyPolicy`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvoyPolicySpec {
    /// The older form, for one target.
    pub target_ref: Option<PolicyTargetRef>,
    /// The targets.
    pub target_refs: Vec<PolicyTargetRef>,
    /// Targets by label.
    pub target_selectors: Vec<TargetSelector>,
    /// `None`: a more specific policy replaces a less specific one.
    pub merge_type: Option<String>,
    /// Limits, for later stages.
    pub rate_limit: Option<Value>,
}

impl EnvoyPolicySpec {
    /// All targets by name, with the field they are written in.
    pub fn targets(&self) -> impl Iterator<Item = (String, &PolicyTargetRef)> {
        let one = self.target_ref.iter().map(|target| ("spec.targetRef".to_owned(), target));
        one.chain(
            self.target_refs.iter().enumerate().map(|(i, target)| (format!("spec.targetRefs[{i}]"), target)),
        )
    }
}

/// `targetSelectors[]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TargetSelector {
    /// Default: the Gateway API's.
    pub group: Option<String>,
    /// The kind.
    pub kind: String,
    /// Which of them.
    #[serde(flatten)]
    pub labels: LabelSelector,
    /// Default: `from: Same`.
    pub namespaces: Option<NamespaceSelector>,
}

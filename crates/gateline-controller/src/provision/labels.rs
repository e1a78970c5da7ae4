use std::collections::BTreeMap;

use super::names::bounded;
use crate::MANAGER;

/// On everything that is made for a Gateway (GEP-1762).
pub(crate) const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
const CLASS_NAME: &str = "gateway.networking.k8s.io/gateway-class-name";
/// What `kinds::DATA_PLANES` select by.
pub(crate) const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// The labels by which a Deployment and a Service select pods: they can never be changed.
pub(super) fn selector(gateway: &str) -> BTreeMap<String, String> {
    let labels = [(GATEWAY_NAME, bounded(gateway)), (MANAGED_BY, MANAGER.to_owned())];
    labels.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The labels of all objects: what the user asks for, but never instead of our own.
pub(super) fn labels(
    gateway: &str,
    class: &str,
    asked: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut labels = asked.clone();
    labels.insert("app.kubernetes.io/name".into(), "gateline".into());
    labels.insert("app.kubernetes.io/component".into(), "data-plane".into());
    labels.insert(CLASS_NAME.into(), bounded(class));
    labels.extend(selector(gateway));
    labels
}

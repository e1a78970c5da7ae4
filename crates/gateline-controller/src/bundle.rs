//! The Secrets of one Gateway in one Secret beside it, so that its pods need no leave to read any other.
//!
//! The controller packs what the Gateway may use, grants considered; pods unpack it and see the Secrets as they are.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateline::model::ObjectName;
use gateline_api::objects::{CORE, GATEWAY, Gateway};
use gateline_api::resolve::Resolution;
use gateline_api::status::ConditionStatus;
use gateline_api::{Object, Objects};
use serde_json::{Value, json};

/// The key of the Secret that holds a JSON array of Secrets.
const KEY: &str = "secrets.json";
/// The type of the Secret.
const TYPE: &str = "gateline.dev/secrets";

/// The Secrets that a Gateway uses and may use: certificates of its listeners, those of ListenerSets too, and the one it
/// shows to backends.
pub(crate) fn used_by(gateway: &Object, resolution: &Resolution) -> BTreeSet<ObjectName> {
    let listeners = resolution.model.listeners.iter().zip(&resolution.tls);
    let own = listeners.filter(|(listener, _)| listener.name.gateway == gateway.name);
    let certificates = own.filter_map(|(_, tls)| tls.as_ref()).flat_map(|tls| &tls.certificates);
    certificates.map(|certificate| certificate.secret.clone()).chain(shown(gateway, resolution)).collect()
}

/// `tls.backend.clientCertificateRef`, if it resolves.
fn shown(gateway: &Object, resolution: &Resolution) -> Option<ObjectName> {
    let reference = gateway.decode::<Gateway>().ok()?.spec.tls?.backend?.client_certificate_ref?;
    let about = |kind: &str, name: &ObjectName| (kind, name) == ("Gateway", &gateway.name);
    let mut statuses = resolution.statuses.iter();
    let status = statuses.find(|status| *status.group == *GATEWAY && about(&status.kind, &status.name))?;
    let mut conditions = status.conditions.iter();
    let resolved = conditions.any(|c| c.kind == "ResolvedRefs" && c.status == ConditionStatus::True);
    let namespace = reference.namespace.unwrap_or_else(|| gateway.name.namespace.to_string());
    resolved.then(|| ObjectName::new(namespace, reference.name))
}

/// `type` and `data` of the Secret that holds these. What is not there is left out.
pub(crate) fn pack(names: &BTreeSet<ObjectName>, objects: &Objects) -> Value {
    let secrets = names.iter().filter_map(|name| objects.get(CORE, "Secret", name));
    let secrets = secrets.map(|secret| {
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "namespace": secret.name.namespace, "name": secret.name.name },
            "type": secret.value["type"],
            "data": secret.value["data"],
        })
    });
    let text = Value::Array(secrets.collect()).to_string();
    json!({ "type": TYPE, "data": { KEY: STANDARD.encode(text) } })
}

/// Puts the Secrets that a packed one holds in its place. What cannot be read is left out.
pub fn unpack(objects: &mut Objects) {
    let packed = objects.of_kind(CORE, "Secret").filter(|secret| secret.value["type"] == TYPE);
    let packed: Vec<Object> = packed.cloned().collect();
    for secret in packed {
        objects.remove(CORE, "Secret", &secret.name);
        let bytes = secret.value["data"][KEY].as_str().and_then(|text| STANDARD.decode(text).ok());
        let secrets: Vec<Value> =
            bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        for secret in secrets.into_iter().filter_map(|value| Object::from_cluster(value).ok()) {
            if (&*secret.group, &*secret.kind) == (CORE, "Secret") {
                objects.insert(secret);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(namespace: &str, name: &str, text: &str) -> Object {
        Object::from_cluster(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "namespace": namespace, "name": name },
            "type": "kubernetes.io/tls", "data": { "tls.crt": text },
        }))
        .unwrap()
    }

    #[test]
    fn what_is_packed_comes_out_as_it_was_and_nothing_else_does() {
        let mut objects = Objects::default();
        for object in [secret("a", "one", "MQ=="), secret("b", "two", "Mg=="), secret("b", "other", "Mw==")] {
            objects.insert(object);
        }
        let names =
            [("a", "one"), ("b", "two"), ("b", "missing")].map(|(ns, name)| ObjectName::new(ns, name));
        let mut bundle = pack(&BTreeSet::from(names), &objects);
        bundle["apiVersion"] = "v1".into();
        bundle["kind"] = "Secret".into();
        bundle["metadata"] = json!({ "namespace": "infra", "name": "gateway" });
        let mut pod = Objects::default();
        pod.insert(Object::from_cluster(bundle).unwrap());
        unpack(&mut pod);
        let seen: Vec<_> =
            pod.iter().map(|object| (object.name.to_string(), object.value["data"].clone())).collect();
        assert_eq!(
            seen,
            [
                ("a/one".to_owned(), json!({ "tls.crt": "MQ==" })),
                ("b/two".to_owned(), json!({ "tls.crt": "Mg==" }))
            ]
        );
    }
}

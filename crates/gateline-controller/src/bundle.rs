//! The Secrets of one Gateway in one Secret beside it, so that its pods need no leave to read any other.
//!
//! The controller packs what the Gateway may use, grants considered; pods unpack it and see the Secrets as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateline::model::ObjectName;
use gateline_api::objects::{CORE, GATEWAY};
use gateline_api::resolve::Resolution;
use gateline_api::{Object, Objects};
use serde_json::{Value, json};

use crate::restrict::sets_of;

/// The key of the Secret that holds Secrets, as JSON.
const KEY: &str = "secrets.json";
/// The type of the Secret.
const TYPE: &str = "gateline.dev/secrets";

/// The most bytes that the API server takes in one Secret.
const MOST: usize = 1 << 20;

/// The packed Secrets of all Gateways. One is packed anew only when something in it has changed.
#[derive(Debug, Default)]
pub(crate) struct Bundles {
    packed: BTreeMap<ObjectName, Packed>,
}

/// `type` and `data` of a packed Secret; or how many bytes it would have, if those are too many.
pub(crate) type Bundle = Result<Arc<Value>, usize>;

#[derive(Debug)]
struct Packed {
    of: BTreeMap<String, i64>,
    secrets: Vec<Arc<Value>>,
    bundle: Bundle,
}

impl Bundles {
    /// The certificates of the listeners of a Gateway, those of ListenerSets too, and the one it shows to backends; and
    /// which generations of them were looked at.
    pub(crate) fn pack(
        &mut self,
        gateway: &ObjectName,
        resolution: &Resolution,
        objects: &Objects,
    ) -> Bundle {
        let secrets = used_by(gateway, resolution);
        let secrets: Vec<&Object> =
            secrets.iter().filter_map(|name| objects.get(CORE, "Secret", name)).collect();
        let of = generations(gateway, objects);
        let same = |packed: &&Packed| {
            let values = packed.secrets.iter().zip(&secrets);
            packed.of == of
                && packed.secrets.len() == secrets.len()
                && values.into_iter().all(|(before, now)| Arc::ptr_eq(before, &now.value))
        };
        if let Some(packed) = self.packed.get(gateway).filter(same) {
            return packed.bundle.clone();
        }
        let bundle = pack(&of, &secrets);
        if let Err(bytes) = bundle {
            tracing::error!(%gateway, bytes, most = MOST, "the Secrets of a Gateway do not fit into one");
        }
        let secrets = secrets.iter().map(|secret| secret.value.clone()).collect();
        self.packed.insert(gateway.clone(), Packed { of, secrets, bundle: bundle.clone() });
        bundle
    }

    /// Forgets Gateways that are gone.
    pub(crate) fn retain(&mut self, gateways: &BTreeSet<ObjectName>) {
        self.packed.retain(|gateway, _| gateways.contains(gateway));
    }
}

fn pack(of: &BTreeMap<String, i64>, secrets: &[&Object]) -> Bundle {
    let secrets = secrets.iter().map(|secret| {
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "namespace": secret.name.namespace, "name": secret.name.name },
            "type": secret.value["type"],
            "data": secret.value["data"],
        })
    });
    let text = json!({ "of": of, "secrets": secrets.collect::<Vec<_>>() }).to_string();
    if text.len() > MOST {
        return Err(text.len());
    }
    Ok(Arc::new(json!({ "type": TYPE, "data": { KEY: STANDARD.encode(text) } })))
}

/// Whether an object is a packed Secret.
pub(crate) fn is_packed(object: &Object) -> bool {
    (&*object.group, &*object.kind) == (CORE, "Secret") && object.value["type"] == TYPE
}

fn used_by<'a>(gateway: &ObjectName, resolution: &'a Resolution) -> BTreeSet<&'a ObjectName> {
    let listeners = resolution.model.listeners.iter().zip(&resolution.tls);
    let own = listeners.filter(|(listener, _)| listener.name.gateway == *gateway);
    let served = own.filter_map(|(_, tls)| tls.as_ref()).flat_map(|tls| &tls.certificates);
    let shown = resolution.clients.get(gateway).map(|certificate| &certificate.secret);
    served.map(|certificate| &certificate.secret).chain(shown).collect()
}

/// The generation of the Gateway and of each of its ListenerSets, by kind and name.
fn generations(gateway: &ObjectName, objects: &Objects) -> BTreeMap<String, i64> {
    let holders = objects.get(GATEWAY, "Gateway", gateway).into_iter().chain(sets_of(gateway, objects));
    holders.map(|holder| (format!("{} {}", holder.kind, holder.name), holder.generation)).collect()
}

/// Puts the Secrets that a packed one holds in its place. What cannot be read is left out.
///
/// Says whether it was packed for the Gateway and its ListenerSets as they are now. If not, what they refer to may come
/// with the next one.
pub fn unpack(gateway: &ObjectName, objects: &mut Objects) -> bool {
    let packed = objects.of_kind(CORE, "Secret").filter(|secret| is_packed(secret));
    let packed: Vec<Object> = packed.cloned().collect();
    let mut current = false;
    for secret in packed {
        objects.remove(CORE, "Secret", &secret.name);
        let bytes = secret.value["data"][KEY].as_str().and_then(|text| STANDARD.decode(text).ok());
        let contents: Value = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let now = generations(gateway, objects);
        current |=
            now.iter().all(|(holder, now)| contents["of"][holder].as_i64().is_some_and(|then| then >= *now));
        let secrets = contents["secrets"].as_array().into_iter().flatten();
        for secret in secrets.filter_map(|value| Object::from_cluster(value.clone()).ok()) {
            if (&*secret.group, &*secret.kind) == (CORE, "Secret") {
                objects.insert(secret);
            }
        }
    }
    current
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(generation: i64) -> Object {
        let listener = |name: &str, namespace: &str| {
            json!({
                "name": name, "port": 443, "protocol": "HTTPS", "hostname": format!("{name}.example.com"),
                "tls": { "certificateRefs": [{ "name": name, "namespace": namespace }] },
            })
        };
        Object::from_cluster(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": { "namespace": "infra", "name": "shop", "generation": generation },
            "spec": {
                "gatewayClassName": "gateline",
                "listeners": [listener("own", "infra"), listener("foreign", "team")],
            },
        }))
        .unwrap()
    }

    fn certificate(namespace: &str, name: &str) -> Object {
        let made = rcgen::generate_simple_self_signed(vec![format!("{name}.example.com")]).unwrap();
        Object::from_cluster(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "namespace": namespace, "name": name },
            "type": "kubernetes.io/tls",
            "data": { "tls.crt": STANDARD.encode(made.cert.pem()), "tls.key": STANDARD.encode(made.signing_key.serialize_pem()) },
        }))
        .unwrap()
    }

    #[test]
    fn only_secrets_that_the_gateway_may_use_are_packed_and_they_come_out_as_they_were() {
        let name = ObjectName::new("infra", "shop");
        let class = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": { "name": "gateline" },
            "spec": { "controllerName": "gateline.dev/controller" },
        });
        let mut objects = Objects::default();
        let own = certificate("infra", "own");
        for object in [
            Object::from_cluster(class).unwrap(),
            gateway(2),
            own.clone(),
            certificate("infra", "unused"),
            certificate("team", "foreign"),
        ] {
            objects.insert(object);
        }
        let resolution = gateline_api::resolve(&objects, &crate::resolve_options("gateline.dev/controller"));
        let mut bundles = Bundles::default();
        let mut bundle = (*bundles.pack(&name, &resolution, &objects).unwrap()).clone();
        bundle["apiVersion"] = "v1".into();
        bundle["kind"] = "Secret".into();
        bundle["metadata"] = json!({ "namespace": "infra", "name": "shop-gateline" });
        let bundle = Object::from_cluster(bundle).unwrap();
        for (generation, current) in [(1, true), (2, true), (3, false)] {
            let mut pod = Objects::default();
            pod.insert(bundle.clone());
            pod.insert(gateway(generation));
            assert_eq!(unpack(&name, &mut pod), current, "{generation}");
            let seen: Vec<_> =
                pod.of_kind(CORE, "Secret").map(|secret| (&secret.name, &secret.value["data"])).collect();
            assert_eq!(seen, [(&own.name, &own.value["data"])]);
        }
    }
    /// As Secrets change: each is in the next bundle, and where nothing has changed it is the one before.
    #[test]
    fn is_packed_anew_when_a_secret_of_it_changes_and_told_when_it_does_not_fit() {
        let name = ObjectName::new("infra", "shop");
        let mut objects = Objects::default();
        let mut secret = certificate("infra", "own");
        objects.insert(secret.clone());
        objects.insert(gateway(1));
        let used = |object: &Object| {
            let mut resolution = Resolution::default();
            let shown = gateline_api::resolve::Certificate {
                secret: object.name.clone(),
                chain: Vec::new(),
                key: rcgen::KeyPair::generate().unwrap().into(),
                names: Vec::new(),
                not_before: gateline::model::Timestamp(0),
                not_after: gateline::model::Timestamp(0),
            };
            resolution.clients.insert(name.clone(), shown.into());
            resolution
        };
        let resolution = used(&secret);
        let mut bundles = Bundles::default();
        let first = bundles.pack(&name, &resolution, &objects).unwrap();
        assert!(Arc::ptr_eq(&first, &bundles.pack(&name, &resolution, &objects).unwrap()));
        secret.value = Arc::new(json!({ "type": "kubernetes.io/tls", "data": { "tls.crt": "bmV3" } }));
        objects.insert(secret.clone());
        let second = bundles.pack(&name, &resolution, &objects).unwrap();
        assert_ne!(first, second);
        secret.value = Arc::new(json!({ "data": { "tls.crt": "A".repeat(MOST) } }));
        objects.insert(secret);
        assert!(bundles.pack(&name, &resolution, &objects).is_err_and(|bytes| bytes > MOST));
    }
}

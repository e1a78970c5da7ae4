use std::collections::BTreeMap;

use gateline::model::ObjectName;
use gateline_api::objects::{ENVOY, GATEWAY, ObjectRef};
use gateline_api::{Object, Objects};
use serde_json::Value;

/// What EnvoyProxy objects say about the Deployment and the Service: that of the Gateway, field by field before that of
/// its class.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    proxies: Vec<&'a Value>,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(gateway: &Object, class: &str, objects: &'a Objects) -> Self {
        let of_gateway = reference(gateway, "/spec/infrastructure/parametersRef");
        let of_class = objects
            .get(GATEWAY, "GatewayClass", &ObjectName::new("", class))
            .and_then(|class| reference(class, "/spec/parametersRef"));
        let proxies = of_gateway.into_iter().chain(of_class).filter_map(|reference| {
            let namespace = reference.namespace.as_deref().unwrap_or(&gateway.name.namespace);
            let name = ObjectName::new(namespace, reference.name.as_str());
            objects.get(&reference.group, &reference.kind, &name)?.value.pointer("/spec/provider/kubernetes")
        });
        Self { proxies: proxies.collect() }
    }

    /// A value below `spec.provider.kubernetes`, as in `envoyDeployment/replicas`.
    pub(super) fn get(&self, path: &str) -> Option<&'a Value> {
        self.proxies
            .iter()
            .find_map(|proxy| proxy.pointer(&format!("/{path}")).filter(|value| !value.is_null()))
    }

    /// Pairs of text: labels, annotations.
    pub(super) fn pairs(&self, path: &str) -> BTreeMap<String, String> {
        pairs(self.get(path))
    }
}

/// The fields of a value that are text.
pub(super) fn pairs(value: Option<&Value>) -> BTreeMap<String, String> {
    let pairs = value.and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn reference(object: &Object, path: &str) -> Option<ObjectRef> {
    let reference: ObjectRef = serde_json::from_value(object.value.pointer(path)?.clone()).ok()?;
    ((reference.group.as_str(), reference.kind.as_str()) == (ENVOY, "EnvoyProxy")).then_some(reference)
}

use std::sync::Arc;

use gateline::model::Origin;
use gateline_api::Object;
use serde_json::Value;

/// The annotations of one Ingress that begin with the controller's prefix.
#[derive(Clone, Debug)]
pub(crate) struct Annotations {
    prefix: Arc<str>,
    object: Arc<Object>,
}

impl Annotations {
    pub(crate) fn new(prefix: &str, object: &Object) -> Self {
        Self { prefix: prefix.into(), object: Arc::new(object.clone()) }
    }

    /// The text of one, without the spaces around it; `None` if it is absent or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let annotations = self.object.value.get("metadata")?.get("annotations")?;
        let text = annotations.get(format!("{}/{name}", self.prefix))?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// `true` or `false`; anything else counts as absent, as for the controller.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            "true" | "True" | "TRUE" | "t" | "T" | "1" => Some(true),
            "false" | "False" | "FALSE" | "f" | "F" | "0" => Some(false),
            _ => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }

    /// Entries of a list with commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let entries = self.get(name).unwrap_or_default().split(',').map(str::trim);
        entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }

    /// Their names without the prefix, and their texts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let map = self.object.value.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let map = map.and_then(Value::as_object).into_iter().flatten();
        map.filter_map(|(key, value)| {
            Some((key.strip_prefix(&*self.prefix)?.strip_prefix('/')?, value.as_str()?.trim()))
        })
    }

    /// Where one is written.
    pub(crate) fn origin(&self, name: &str) -> Origin {
        self.object.origin(&format!("metadata.annotations[{}/{name}]", self.prefix))
    }

    pub(crate) fn object(&self) -> &Object {
        &self.object
    }
}

//! Ingresses as Gateway API objects. What would open a route that the Ingress guards is not written.

mod gateway;
mod guard;
mod path;
mod rewrite;
mod route;
mod yaml;

pub(crate) use gateway::listeners;
pub(crate) use yaml::yaml;

use gateline::model::ObjectName;
use gateline_api::objects::{CORE, DISCOVERY};
use gateline_api::parse::{self, Input, Limits};
use gateline_api::resolve::Options;
use gateline_api::{Finding, Objects, validate};
use gateline_testing::World;
use serde_json::Value;

use crate::accept::Accept;
use crate::source::Source;

/// What may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The Gateway API alone.
    Spec,
    /// With the kinds of Envoy Gateway.
    EnvoyGateway,
}

/// Choices of a conversion.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConvertOptions {
    /// What may be written; default [`Dialect::Spec`].
    pub dialect: Dialect,
    /// The Gateway; default `default/ingress`.
    pub gateway: ObjectName,
    /// Its class; default `gateline`.
    pub class: String,
    /// What may be lost.
    pub accept: Vec<Accept>,
}

impl Default for ConvertOptions {
    fn default() -> Self {
        let gateway = ObjectName::new("default", "ingress");
        Self { dialect: Dialect::Spec, gateway, class: "gateline".into(), accept: Vec::new() }
    }
}

/// One object that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// `Gateway`, `HTTPRoute`, …
    pub kind: &'static str,
    /// Its namespace and name.
    pub name: ObjectName,
    /// The object.
    pub value: Value,
}

impl Manifest {
    pub(crate) fn new(api: &str, kind: &'static str, name: ObjectName, spec: &Value) -> Self {
        let metadata = serde_json::json!({"name": name.name, "namespace": name.namespace});
        let value = serde_json::json!({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec});
        Self { kind, name, value }
    }

    /// As YAML.
    #[must_use]
    pub fn yaml(&self) -> String {
        yaml(&self.value)
    }
}

/// The result of a conversion.
#[derive(Clone, Debug, Default)]
pub struct Converted {
    /// In the order in which they are applied.
    pub manifests: Vec<Manifest>,
    /// Why hosts were left out, with what to do.
    pub refused: Vec<Finding>,
}

impl Converted {
    /// As a cluster would read it, beside the Services and endpoints that are there.
    #[must_use]
    pub fn world(&self, beside: &Objects, options: &Options) -> World {
        let text: Vec<String> = self.manifests.iter().map(Manifest::yaml).collect();
        let input = Input::Text { name: "migrated".into(), bytes: text.join("\n---\n").into_bytes() };
        let mut loaded = parse::load(&[input], &Limits::default());
        for object in beside.iter().filter(|object| [CORE, DISCOVERY].contains(&&*object.group)) {
            loaded.objects.insert(object.clone());
        }
        loaded.findings.append(&mut validate(&mut loaded.objects));
        World::of(std::mem::take(&mut loaded.objects), loaded, options)
    }
}

/// Writes Gateway API objects for Ingresses. A host with a rule that cannot be guarded as before, or be said at all, is left
/// out as a whole: another rule of it could take the requests. [`crate::verify`] tells what is not the same.
#[must_use]
pub fn convert(source: &Source, options: &ConvertOptions) -> Converted {
    let mut writer = route::Writer::new(source, options);
    writer.sites();
    let route::Writer { routes, refused, .. } = writer;
    let mut manifests = gateway::manifests(source, options, &routes);
    manifests.extend(routes.into_iter().flat_map(route::Written::into_manifests));
    Converted { manifests, refused }
}

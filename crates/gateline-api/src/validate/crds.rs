//! The CRDs, embedded. They never change, so that what is read and compiled of them is kept for the whole process.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::Value;

use super::schema::Schema;
use crate::parse::kinds::{ENVOY, GATEWAY, GATEWAY_X};

/// One CRD.
#[derive(Debug)]
pub(super) struct Definition {
    /// The whole kind is missing from the standard channel.
    pub(super) experimental: bool,
    versions: BTreeMap<String, Version>,
}

/// One version of a CRD.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) root: Schema,
    /// The schema as it is written, for the compiler of CEL.
    #[cfg_attr(not(feature = "cel"), allow(dead_code, reason = "only CEL reads it"))]
    pub(super) raw: Value,
    #[cfg(feature = "cel")]
    pub(super) rules: OnceLock<kube_cel::CompiledSchema>,
}

impl Definition {
    pub(super) fn version(&self, version: &str) -> Option<&Version> {
        self.versions.get(version)
    }
}

/// The CRD of a kind, if it is one.
pub(super) fn definition(group: &str, kind: &str) -> Option<&'static Definition> {
    let embedded = CRDS.iter().find(|embedded| (embedded.group, embedded.kind) == (group, kind))?;
    embedded.definition.get_or_init(|| read(embedded.text)).as_ref()
}

#[derive(Deserialize)]
struct File {
    experimental: bool,
    versions: BTreeMap<String, Value>,
}

fn read(text: &str) -> Option<Definition> {
    let file: File = serde_json::from_str(text).ok()?;
    let mut versions = BTreeMap::new();
    for (name, raw) in &file.versions {
        // A version with the schema of another one is written as the name of that one.
        let raw = raw.as_str().and_then(|same| file.versions.get(same)).unwrap_or(raw).clone();
        let root = Schema::deserialize(&raw).ok()?;
        let version = Version {
            root,
            raw,
            #[cfg(feature = "cel")]
            rules: OnceLock::new(),
        };
        versions.insert(name.clone(), version);
    }
    Some(Definition { experimental: file.experimental, versions })
}

struct Embedded {
    group: &'static str,
    kind: &'static str,
    text: &'static str,
    definition: OnceLock<Option<Definition>>,
}

macro_rules! crds {
    ($($group:ident $kind:literal)*) => {
        static CRDS: LazyLock<Vec<Embedded>> = LazyLock::new(|| vec![$(Embedded {
            group: $group,
            kind: $kind,
            text: include_str!(concat!("../../crds/", $kind, ".json")),
            definition: OnceLock::new(),
        }),*]);
    };
}

crds! {
    GATEWAY "GatewayClass"
    GATEWAY "Gateway"
    GATEWAY "ListenerSet"
    GATEWAY "HTTPRoute"
    GATEWAY "GRPCRoute"
    GATEWAY "TLSRoute"
    GATEWAY "TCPRoute"
    GATEWAY "UDPRoute"
    GATEWAY "ReferenceGrant"
    GATEWAY "BackendTLSPolicy"
    GATEWAY_X "XBackend"
    GATEWAY_X "XBackendTrafficPolicy"
    GATEWAY_X "XTelemetryPolicy"
    GATEWAY_X "XMesh"
    ENVOY "EnvoyProxy"
    ENVOY "BackendTrafficPolicy"
    ENVOY "ClientTrafficPolicy"
    ENVOY "SecurityPolicy"
    ENVOY "HTTPRouteFilter"
    ENVOY "Backend"
    ENVOY "EnvoyPatchPolicy"
    ENVOY "EnvoyExtensionPolicy"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::schema::Additional;

    /// All schemas below one.
    fn parts(schema: &Schema) -> Vec<&Schema> {
        let mut all = vec![schema];
        let mut next = 0;
        while let Some(schema) = all.get(next).copied() {
            next += 1;
            all.extend(schema.properties.values().chain(schema.items.as_deref()));
            all.extend(
                schema.all_of.iter().chain(&schema.any_of).chain(&schema.one_of).chain(schema.not.as_deref()),
            );
            if let Some(Additional::Schema(schema)) = &schema.additional_properties {
                all.push(schema);
            }
        }
        all
    }

    #[test]
    fn every_version_that_is_served_can_be_read_and_its_patterns_compile() {
        for embedded in CRDS.iter() {
            let definition = definition(embedded.group, embedded.kind).expect(embedded.kind);
            let known = crate::parse::kinds::known(embedded.group, embedded.kind).expect(embedded.kind);
            for version in known.served {
                let version = definition.version(version).expect(embedded.kind);
                assert!(version.root.properties.contains_key("spec"), "{}", embedded.kind);
                for part in parts(&version.root) {
                    assert!(
                        part.pattern.as_ref().is_none_or(|pattern| pattern.regex().is_some()),
                        "{part:?}"
                    );
                }
            }
        }
    }

    #[test]
    #[cfg(feature = "cel")]
    fn every_rule_compiles() {
        for embedded in CRDS.iter() {
            let definition = definition(embedded.group, embedded.kind).expect(embedded.kind);
            for version in definition.versions.values() {
                let compiled = kube_cel::compile_schema(&version.raw);
                let errors: Vec<_> =
                    compiled.compilation_errors().into_iter().map(ToString::to_string).collect();
                assert!(errors.is_empty(), "{}: {errors:?}", embedded.kind);
            }
        }
    }
}

//! The CRDs, embedded. They never change, so that what is read and compiled of them is kept for the whole process.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::schema::Lazy;
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
    pub(super) root: Lazy,
    #[cfg(feature = "cel")]
    pub(super) compiled: super::cel::Compiled,
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
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    experimental: bool,
    versions: BTreeMap<String, &'static RawValue>,
}

fn read(text: &'static str) -> Option<Definition> {
    let file: File = serde_json::from_str(text).ok()?;
    let version = |raw: &'static RawValue| {
        // A version with the schema of another one is written as the name of that one.
        let same = serde_json::from_str(raw.get()).ok().and_then(|same: String| file.versions.get(&same));
        Version {
            root: Lazy::from(*same.unwrap_or(&raw)),
            #[cfg(feature = "cel")]
            compiled: super::cel::Compiled::default(),
        }
    };
    let versions = file.versions.iter().map(|(name, raw)| (name.clone(), version(raw))).collect();
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

    /// All schemas of a version.
    fn parts(version: &Version) -> Vec<&Lazy> {
        let mut all = vec![&version.root];
        let mut next = 0;
        while let Some(schema) = all.get(next).copied() {
            next += 1;
            all.extend(schema.properties.values().chain(&schema.items));
            all.extend(schema.all_of.iter().chain(&schema.any_of).chain(&schema.one_of).chain(&schema.not));
            if let Some(Additional::Schema(schema)) = &schema.additional_properties {
                all.push(schema);
            }
        }
        all
    }

    #[test]
    fn every_version_that_is_served_can_be_read_and_its_patterns_and_rules_compile() {
        for embedded in CRDS.iter() {
            let definition = definition(embedded.group, embedded.kind).expect(embedded.kind);
            let known = crate::parse::kinds::known(embedded.group, embedded.kind).expect(embedded.kind);
            for version in known.served {
                let version = definition.version(version).expect(embedded.kind);
                assert!(version.root.properties.contains_key("spec"), "{}", embedded.kind);
                for part in parts(version) {
                    part.read().expect(embedded.kind);
                    assert!(
                        part.pattern.as_ref().is_none_or(|pattern| pattern.regex().is_some()),
                        "{part:?}"
                    );
                    #[cfg(feature = "cel")]
                    assert_eq!(crate::validate::cel::errors(part), Vec::<String>::new(), "{}", embedded.kind);
                }
            }
        }
    }
}

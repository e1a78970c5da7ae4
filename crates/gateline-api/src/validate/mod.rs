//! Validation as an API server does it: unknown fields, defaults, the schema of the CRD, then its CEL rules.
//!
//! The CRDs are data in `crds/`, of the experimental channel, with the fields marked that the standard channel lacks. An
//! object that a cluster would refuse is marked [`Object::refused`], with the cluster's words in a finding.

#[cfg(feature = "cel")]
mod cel;
#[cfg(not(feature = "cel"))]
#[path = "no_cel.rs"]
mod cel;
mod core;
mod crds;
mod defaults;
mod fields;
mod metadata;
mod schema;
mod structure;

use std::sync::Arc;

use serde_json::Value;

use crate::finding::{Code, Finding, codes};
use crate::object::{Object, Objects};
use crate::parse::kinds;
use crds::{Definition, Version};

/// Findings of one object; more would hide the rest.
const FINDINGS: usize = 50;

/// Something that the API server says about one field.
#[derive(Debug)]
struct Fault {
    code: &'static Code,
    /// `spec.rules[0].name`.
    path: String,
    /// `Required value`.
    detail: String,
    help: Option<String>,
    /// Whether the place of the field's key says more than that of its value.
    at_key: bool,
}

impl Fault {
    fn new(code: &'static Code, path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, path: path.into(), detail: detail.into(), help: None, at_key: false }
    }

    fn refuses(&self) -> bool {
        ![codes::GL006.code, codes::GL007.code].contains(&self.code.code)
    }
}

/// Fills in defaults, marks the objects that a cluster would refuse, and says why. Objects of foreign kinds are left as
/// they are. The parts of a schema are read, and their rules compiled, when the first object that has them appears; after that
/// the time is linear in the size of the objects.
#[must_use]
pub fn validate(objects: &mut Objects) -> Vec<Finding> {
    let rules = cel::Rules::default();
    let mut findings = Vec::new();
    for object in objects.iter_mut() {
        let mut faults = check(object, &rules);
        object.refused |= faults.iter().any(Fault::refuses);
        faults.sort_by(|a, b| (!a.refuses(), &a.path).cmp(&(!b.refuses(), &b.path)));
        faults.truncate(FINDINGS);
        findings.extend(faults.into_iter().map(|fault| finding(object, fault)));
    }
    findings
}

fn check(object: &mut Object, rules: &cel::Rules) -> Vec<Fault> {
    let Some(known) = kinds::known(&object.group, &object.kind) else { return unknown_kind(object) };
    if !known.served.contains(&&*object.version) {
        let help = known
            .served
            .first()
            .map(|version| format!("the newest version is `{}`", join(known.group, version)));
        return vec![Fault { help, ..no_match(object) }];
    }
    let mut faults = metadata::check(object);
    let Some(definition) = crds::definition(&object.group, &object.kind) else {
        faults.extend(core::check(object));
        return faults;
    };
    let Some(version) = schema_version(definition, object) else { return faults };
    let written = object.value.clone();
    fields::check(&version.root, &written, &mut faults);
    if definition.experimental {
        faults.push(Fault::new(&codes::GL007, "", "the kind exists only in the experimental channel"));
    }
    defaults::fill(&version.root, Arc::make_mut(&mut object.value));
    structure::check(&version.root, &object.value, &mut faults);
    // Rules may rely on the structure: the API server runs them only if it holds.
    if !faults.iter().any(Fault::refuses) {
        faults.extend(rules.check(version, object));
    }
    faults
}

/// The version as written, or the one that an object of a removed version was turned into.
fn schema_version<'a>(definition: &'a Definition, object: &Object) -> Option<&'a Version> {
    let written =
        object.value.get("apiVersion").and_then(Value::as_str).and_then(|version| version.split_once('/'));
    let written = written.and_then(|(_, version)| definition.version(version));
    written.or_else(|| definition.version(&object.version))
}

/// A kind of a group whose kinds are all known is misspelt; of any other group it is none of our business.
fn unknown_kind(object: &Object) -> Vec<Fault> {
    let names: Vec<_> = kinds::of_group(&object.group).map(|known| known.name).collect();
    let partly_known = ["", "discovery.k8s.io", "networking.k8s.io"].contains(&object.group.as_ref());
    if names.is_empty() || partly_known {
        return Vec::new();
    }
    let help = nearest(&object.kind, names.into_iter()).map(|name| format!("did you mean `{name}`?"));
    vec![Fault { help, ..no_match(object) }]
}

fn no_match(object: &Object) -> Fault {
    let version = join(&object.group, &object.version);
    Fault::new(
        &codes::GL001,
        "apiVersion",
        format!("no matches for kind \"{}\" in version \"{version}\"", object.kind),
    )
}

fn join(group: &str, version: &str) -> String {
    if group.is_empty() { version.into() } else { format!("{group}/{version}") }
}

fn finding(object: &Object, fault: Fault) -> Finding {
    let mut origin = object.origin(&fault.path);
    if fault.at_key {
        origin.place = object.places.as_ref().and_then(|places| places.key_place(&fault.path));
    }
    let separator = if fault.path.is_empty() { "" } else { " " };
    let message = format!("{} {}{separator}{}: {}", object.kind, object.name, fault.path, fault.detail);
    let finding = Finding::new(fault.code, origin, message);
    match fault.help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// The name that is meant, if one is near enough.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    names
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A value as the API server quotes it in messages.
fn quoted(value: &Value) -> String {
    match value {
        Value::Object(_) => "\"object\"".into(),
        Value::Array(_) => "\"array\"".into(),
        scalar => scalar.to_string(),
    }
}

/// The path of a field.
fn child(path: &str, name: &str) -> String {
    match path {
        "" => name.into(),
        path if name.contains(['.', '/']) => format!("{path}[{name}]"),
        path => format!("{path}.{name}"),
    }
}

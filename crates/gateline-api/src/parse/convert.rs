//! Versions and kinds that are served no longer, read as what replaced them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::kinds::{self, GATEWAY, GATEWAY_X};
use crate::finding::{Finding, Severity, codes};
use crate::object::Object;

/// Turns an object of a removed version or kind into the newest one; `apiVersion` and `kind` of its value stay as
/// written, so that it is validated by the schema it was written for where that still exists. Places stay those of the written object: a field
/// that moved is found at its nearest written parent.
pub(crate) fn modernise(object: &mut Object, findings: &mut Vec<Finding>) {
    let Some(known) = kinds::known(&object.group, &object.kind) else { return };
    if known.removed.contains(&&*object.version) {
        let (group, kind) = known.renamed.unwrap_or((known.group, known.name));
        let version = kinds::known(group, kind).and_then(|kind| kind.served.first()).copied().unwrap_or("v1");
        let new = join(group, version);
        let message = format!(
            "{} {}: {} is no longer served by the standard channel; it is read as {kind} of {new}",
            object.kind,
            object.name,
            join(&object.group, &object.version)
        );
        findings.push(
            Finding::new(&codes::GL003, object.origin("apiVersion"), message)
                .severity(Severity::Warning)
                .help(format!("write `apiVersion: {new}` and `kind: {kind}`{}", advice(object))),
        );
        if object.kind.as_ref() == "BackendTLSPolicy" && object.version.as_ref() == "v1alpha2" {
            backend_tls_policy(Arc::make_mut(&mut object.value));
        }
        (object.group, object.kind, object.version) = (group.into(), kind.into(), version.into());
    }
    parents(object);
}

fn join(group: &str, version: &str) -> String {
    if group.is_empty() { version.into() } else { format!("{group}/{version}") }
}

fn advice(object: &Object) -> &'static str {
    match (&*object.kind, &*object.version) {
        ("BackendTLSPolicy", "v1alpha2") => {
            "; `targetRef` is now the list `targetRefs`, and `tls` is `validation` with `caCertificateRefs` and \
             `wellKnownCACertificates`"
        }
        ("TLSRoute", _) => "; `hostnames` is required since v1",
        _ => "",
    }
}

/// v1alpha2: one `targetRef`, and `tls` with shorter names.
fn backend_tls_policy(object: &mut Value) {
    let Some(Value::Object(spec)) = object.get_mut("spec") else { return };
    rename(spec, "tls", "validation");
    if let Some(target) = spec.shift_remove("targetRef") {
        spec.insert("targetRefs".into(), Value::Array(vec![target]));
    }
    if let Some(Value::Object(validation)) = spec.get_mut("validation") {
        rename(validation, "caCertRefs", "caCertificateRefs");
        rename(validation, "wellKnownCACerts", "wellKnownCACertificates");
    }
}

fn rename(map: &mut Map<String, Value>, old: &str, new: &str) {
    if let Some(value) = map.shift_remove(old) {
        map.insert(new.into(), value);
    }
}

/// Routes and policies that name an `XListenerSet` follow it to its new name.
fn parents(object: &mut Object) {
    let stale = |parent: &Value| parent["group"] == GATEWAY_X && parent["kind"] == "XListenerSet";
    for field in ["parentRefs", "targetRefs"] {
        if !object.value["spec"][field].as_array().is_some_and(|list| list.iter().any(stale)) {
            continue;
        }
        let list = Arc::make_mut(&mut object.value).pointer_mut(&format!("/spec/{field}"));
        for parent in list.and_then(Value::as_array_mut).into_iter().flatten().filter(|parent| stale(parent))
        {
            parent["group"] = GATEWAY.into();
            parent["kind"] = "ListenerSet".into();
        }
    }
}

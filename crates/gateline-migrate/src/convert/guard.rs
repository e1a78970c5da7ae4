//! Who may pass, as filters and policies; or that it cannot be said.

use std::collections::BTreeMap;

use gateline::model::ObjectName;
use gateline_api::finding::{Code, codes};
use serde_json::{Value, json};

use super::Dialect;
use crate::nginx::policy::{self, Policies};

/// What guards a rule and goes with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Guard {
    /// Filters of the rule.
    pub(super) filters: Vec<Value>,
    /// `spec` of a SecurityPolicy and a BackendTrafficPolicy, without their targets.
    pub(super) policies: BTreeMap<&'static str, Value>,
}

/// What of a rule cannot be guarded.
pub(super) struct Unguarded {
    pub(super) code: &'static Code,
    pub(super) what: String,
}

/// Finds guards for what the policies of a rule say.
pub(super) fn of(policies: &Policies, dialect: Dialect) -> (Guard, Vec<Unguarded>) {
    let mut guard = Guard::default();
    let mut lost = Vec::new();
    let mut security = serde_json::Map::new();
    for (name, value) in policies {
        let mut give_up = |code| lost.push(Unguarded { code, what: format!("{name}: {value}") });
        match (&**name, dialect) {
            (policy::AUTH, _) => match service(value) {
                Some(asked) if dialect == Dialect::Spec => guard.filters.push(asked.filter()),
                Some(asked) => drop(security.insert("extAuth".into(), asked.policy())),
                None => give_up(&codes::GL720),
            },
            (policy::ALLOW, Dialect::EnvoyGateway) => {
                security.insert("authorization".into(), authorization("Deny", "Allow", value));
            }
            (policy::DENY, Dialect::EnvoyGateway) if !policies.contains_key(policy::ALLOW) => {
                security.insert("authorization".into(), authorization("Allow", "Deny", value));
            }
            (name, _) => policy::code(name).into_iter().for_each(give_up),
        }
    }
    if !security.is_empty() {
        guard.policies.insert("SecurityPolicy", security.into());
    }
    (guard, lost)
}

fn authorization(default: &str, action: &str, ranges: &str) -> Value {
    let ranges: Vec<&str> = ranges.split(", ").collect();
    json!({"defaultAction": default, "rules": [{"action": action, "principal": {"clientCIDRs": ranges}}]})
}

/// A server that is asked, in the cluster.
struct Asked {
    name: ObjectName,
    port: u16,
    path: String,
}

/// `asked of http://auth.infra.svc.cluster.local:8080/check`; no other server can be named by a reference.
fn service(words: &str) -> Option<Asked> {
    let url = words.strip_prefix("asked of http://")?.split(", else to ").next()?;
    let (authority, path) = url.split_at(url.find('/').unwrap_or(url.len()));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let (name, rest) = host.split_once('.')?;
    let (namespace, rest) = rest.split_once('.')?;
    let in_cluster = rest == "svc" || rest.starts_with("svc.cluster.local");
    let plain = !url.contains(['$', '?']);
    (in_cluster && plain).then_some(())?;
    Some(Asked { name: ObjectName::new(namespace, name), port: port.parse().ok()?, path: path.into() })
}

impl Asked {
    fn reference(&self) -> Value {
        json!({"name": self.name.name, "namespace": self.name.namespace, "port": self.port})
    }

    fn filter(&self) -> Value {
        let mut auth = json!({"protocol": "HTTP", "backendRef": self.reference()});
        if self.path.len() > 1 {
            auth["http"] = json!({"path": self.path});
        }
        json!({"type": "ExternalAuth", "externalAuth": auth})
    }

    fn policy(&self) -> Value {
        let mut http = json!({"backendRefs": [self.reference()]});
        if self.path.len() > 1 {
            http["path"] = self.path.clone().into();
        }
        json!({"http": http})
    }
}

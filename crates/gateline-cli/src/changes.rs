//! What manifests change: findings and statuses of two worlds, compared.

use std::collections::BTreeMap;
use std::fmt;

use gateline_api::status::{Condition, Status};
use gateline_api::{Finding, Severity};
use serde::Serialize;

use crate::check::counted;
use crate::conditions::parent_name;
use crate::fingerprint::{Fingerprint, beyond};
use crate::input::World;

/// What manifests change in a cluster. What they add to the findings is left in their world.
#[derive(Debug, Serialize)]
pub(crate) struct Changes {
    /// How many objects were laid over those of the cluster.
    pub(crate) manifests: usize,
    /// Findings that there are no longer.
    pub(crate) gone: Vec<Finding>,
    /// Values of statuses that differ.
    pub(crate) statuses: Vec<Change>,
}

/// A value of a status that would be another one.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// `HTTPRoute shop/cart`, and which parent or listener of it.
    pub(crate) of: String,
    /// The type of a condition, `attachedRoutes` or `attachedListenerSets`.
    pub(crate) field: String,
    /// `True`, `False InvalidParameters`, `2`; none if there is no such condition.
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    /// The message of the condition as it would be.
    pub(crate) message: Option<String>,
}

impl Changes {
    /// Compares, and leaves in `then` only the findings that `now` does not have.
    pub(crate) fn between(now: &World, then: &mut World, manifests: usize) -> Self {
        let gone = more(&now.findings, &then.findings);
        then.findings = more(&then.findings, &now.findings);
        let statuses = of_statuses(&now.resolution.statuses, &then.resolution.statuses);
        Self { manifests, gone, statuses }
    }

    /// Notes count only where they are shown.
    pub(crate) fn summary(&self, then: &World, notes: bool) -> String {
        let shown = |findings: &[Finding]| {
            findings.iter().filter(|finding| notes || finding.severity > Severity::Info).count()
        };
        let (new, gone) = (shown(&then.findings), shown(&self.gone));
        let hidden = then.findings.len() + self.gone.len() - new - gone;
        let hint = if hidden > 0 { " (--info shows more)" } else { "" };
        let [objects, new] = [counted(self.manifests, "object"), counted(new, "new finding")];
        let statuses = counted(self.statuses.len(), "status value");
        format!("{objects} over a cluster: {new}, {gone} gone, {statuses} would change{hint}")
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        write!(f, "{}: {} {} -> {}", self.of, self.field, text(&self.before), text(&self.after))?;
        self.message.as_ref().filter(|text| !text.is_empty()).map_or(Ok(()), |text| write!(f, ": {text}"))
    }
}

/// Findings that only the first has, each as often as it has it more often.
fn more(findings: &[Finding], than: &[Finding]) -> Vec<Finding> {
    beyond(findings.iter(), than.iter().map(Fingerprint::from))
}

/// Values that are not the same, by object.
fn of_statuses(before: &[Status], after: &[Status]) -> Vec<Change> {
    let (before, after) = (values(before), values(after));
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let changes = keys.into_iter().filter_map(|key| {
        let (old, new) = (before.get(key), after.get(key));
        let text = |value: Option<&Value>| value.map(|value| value.text.clone());
        (text(old) != text(new)).then(|| Change {
            of: key.0.clone(),
            field: key.1.clone(),
            before: text(old),
            after: text(new),
            message: new.and_then(|new| new.message.clone()),
        })
    });
    changes.collect()
}

struct Value {
    text: String,
    message: Option<String>,
}

/// By what they are of and the field.
type Values = BTreeMap<(String, String), Value>;

fn values(statuses: &[Status]) -> Values {
    let mut values = Values::new();
    for status in statuses {
        let object = format!("{} {}", status.kind, status.name);
        conditions(&object, &status.conditions, &mut values);
        if let Some(sets) = status.attached_listener_sets {
            number(&object, "attachedListenerSets", sets, &mut values);
        }
        for listener in &status.listeners {
            let of = format!("{object} listener {}", listener.name);
            number(&of, "attachedRoutes", listener.attached_routes, &mut values);
            conditions(&of, &listener.conditions, &mut values);
        }
        for parent in &status.parents {
            let of = format!("{object} at {}", parent_name(&parent.parent_ref, &status.name));
            conditions(&of, &parent.conditions, &mut values);
        }
    }
    values
}

fn number(of: &str, field: &str, number: i32, values: &mut Values) {
    values.insert((of.to_owned(), field.to_owned()), Value { text: number.to_string(), message: None });
}

fn conditions(of: &str, conditions: &[Condition], values: &mut Values) {
    for condition in conditions {
        let text = format!("{:?} {}", condition.status, condition.reason);
        let value = Value { text, message: Some(condition.message.clone()) };
        values.insert((of.to_owned(), condition.kind.to_owned()), value);
    }
}

#[cfg(test)]
mod tests {
    use gateline::model::ObjectName;
    use gateline_api::parse;
    use gateline_api::resolve::Options;

    use super::*;

    const GATEWAY: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
";
    const ROUTE: &str = "---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: cart, port: 80}]}]}
";

    fn world(text: &str) -> World {
        let mut loaded = parse::text("shop.yaml", text);
        World::of(std::mem::take(&mut loaded.objects), loaded, &Options::default())
    }

    #[test]
    fn a_new_route_changes_its_own_status_and_its_listeners() {
        let mut then = world(&format!("{GATEWAY}{ROUTE}"));
        let changes = Changes::between(&world(GATEWAY), &mut then, 1);
        let lines: Vec<String> = changes.statuses.iter().map(Change::to_string).collect();
        assert!(lines[0].starts_with("Gateway shop/edge listener http: attachedRoutes 0 -> 1"), "{lines:?}");
        let route = "HTTPRoute shop/cart at Gateway shop/edge: ";
        assert!(lines[1].starts_with(&format!("{route}Accepted none -> True Accepted")), "{lines:?}");
        assert!(lines[2].starts_with(&format!("{route}ResolvedRefs none -> True ResolvedRefs")), "{lines:?}");
        let gone: Vec<_> = changes.gone.iter().map(|finding| finding.code).collect();
        assert_eq!((gone, lines.len()), (vec!["GL108"], 3));
        assert!(then.findings.iter().all(|new| new.origin.object != ObjectName::new("shop", "edge")));
    }

    #[test]
    fn the_same_elsewhere_in_the_file_is_no_change() {
        let mut then = world(&format!("# more\n\n{GATEWAY}{ROUTE}"));
        let changes = Changes::between(&world(&format!("{GATEWAY}{ROUTE}")), &mut then, 2);
        assert_eq!((changes.gone.len(), changes.statuses.len(), then.findings.len()), (0, 0, 0));
    }
}

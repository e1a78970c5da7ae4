use std::collections::BTreeMap;

use gateline::model::ObjectName;

use super::options::Assume;
use super::world::World;
use crate::objects::{CORE, LabelExpression, LabelSelector, NamespaceSelector};

/// Whether a namespace may attach to a listener or a Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may.
    Yes,
    /// Its labels are not in the input; it was taken to have those that are asked for.
    Assumed,
    /// It may not; the text says what would let it in.
    No(String),
}

/// `allowedRoutes.namespaces` and `allowedListeners.namespaces`, seen from the namespace `home` of the listener.
pub(super) fn admits(
    world: &World<'_>,
    selector: Option<&NamespaceSelector>,
    default: &str,
    home: &str,
    namespace: &str,
) -> Admission {
    match selector.and_then(|selector| selector.from.as_deref()).unwrap_or(default) {
        "All" => Admission::Yes,
        "Same" if home == namespace => Admission::Yes,
        "Same" => Admission::No(format!("it takes only namespace {home} (from: Same)")),
        "Selector" => {
            let labels = selector.and_then(|selector| selector.selector.as_ref());
            by_labels(world, labels.unwrap_or(&LabelSelector::default()), namespace)
        }
        "None" => Admission::No("it takes none (from: None)".to_owned()),
        other => Admission::No(format!("from: {other} is not a value Gateline knows")),
    }
}

fn by_labels(world: &World<'_>, selector: &LabelSelector, namespace: &str) -> Admission {
    let Some(labels) = labels_of(world, namespace) else {
        return match world.options.namespaces {
            Assume::Present => Admission::Yes,
            Assume::Unknown => Admission::Assumed,
            Assume::Missing => Admission::No(format!("namespace {namespace} does not exist")),
        };
    };
    if selects(selector, &labels) {
        Admission::Yes
    } else {
        Admission::No(format!("namespace {namespace} needs the labels {}", describe(selector)))
    }
}

/// Every namespace carries `kubernetes.io/metadata.name`, as the API server sets it.
fn labels_of(world: &World<'_>, namespace: &str) -> Option<BTreeMap<String, String>> {
    let object = world
        .objects
        .get(CORE, "Namespace", &ObjectName::new("", namespace))
        .filter(|object| !object.refused);
    let declared = world.options.namespace_labels.get(namespace);
    let mut labels = match (object, declared) {
        (Some(object), _) => object.labels.clone(),
        (None, Some(declared)) => declared.clone(),
        (None, None) => return None,
    };
    labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
    Some(labels)
}

/// Whether labels satisfy a selector; an empty one selects everything.
pub(super) fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let exact = selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
    exact
        && selector.match_expressions.iter().all(|expression| holds(expression, labels.get(&expression.key)))
}

fn holds(expression: &LabelExpression, value: Option<&String>) -> bool {
    let listed = value.is_some_and(|value| expression.values.contains(value));
    match expression.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

/// `gateway-access=true, tier in (a, b)`.
pub(super) fn describe(selector: &LabelSelector) -> String {
    let exact = selector.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
    let rest = selector.match_expressions.iter().map(|LabelExpression { key, operator, values }| {
        match operator.as_str() {
            "Exists" | "DoesNotExist" => format!("{key} {operator}"),
            _ => format!("{key} {operator} ({})", values.join(", ")),
        }
    });
    exact.chain(rest).collect::<Vec<_>>().join(", ")
}

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::finding::{Finding, codes};
use crate::object::Object;

/// GL804: limits of a BackendTrafficPolicy that no request counts against, and two of the same requests.
pub(super) fn findings(policy: &Object) -> Vec<Finding> {
    let mut findings = Vec::new();
    for kind in ["global", "local"] {
        let rules = policy.value.pointer(&format!("/spec/rateLimit/{kind}/rules")).and_then(Value::as_array);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (i, rule) in rules.into_iter().flatten().enumerate() {
            let path = format!("spec.rateLimit.{kind}.rules[{i}]");
            findings.extend(contradiction(policy, &path, rule));
            if let Some(first) = seen.insert(but_for_its_number(rule), i) {
                let message = format!(
                    "{} {}: {path} limits the same requests as rules[{first}]: the lower limit alone has an effect",
                    policy.kind, policy.name
                );
                let first = policy.origin(&format!("spec.rateLimit.{kind}.rules[{first}]"));
                findings.push(
                    Finding::new(&codes::GL804, policy.origin(&path), message)
                        .help("remove one, or make the selectors differ")
                        .related("the other limit", first),
                );
            }
        }
    }
    findings
}

/// Limits in other units, or that cost otherwise, do not stand in each other's way.
fn but_for_its_number(rule: &Value) -> String {
    let mut rule = rule.clone();
    if let Some(limit) = rule.get_mut("limit").and_then(Value::as_object_mut) {
        limit.remove("requests");
    }
    rule.to_string()
}

/// What no request has at once. "All individual select conditions must hold True": also those of several selectors.
fn contradiction(policy: &Object, path: &str, rule: &Value) -> Option<Finding> {
    let selectors = rule.get("clientSelectors").and_then(Value::as_array)?;
    let never = |place: &str, why: &str| {
        let message = format!("{} {}: no request is limited by {path}: {why}", policy.kind, policy.name);
        Finding::new(&codes::GL804, policy.origin(place), message)
            .help("all selectors of a rule must hold: write a rule for each of them")
    };
    let mut exact: BTreeMap<(&str, String), &str> = BTreeMap::new();
    let mut methods: Option<BTreeSet<&str>> = None;
    for (i, selector) in selectors.iter().enumerate() {
        let list = |field: &str| selector.get(field).and_then(Value::as_array).into_iter().flatten();
        for field in ["headers", "queryParams"] {
            for (j, entry) in list(field).enumerate().filter(|(_, entry)| is_exact(entry)) {
                let text = |field: &str| entry.get(field).and_then(Value::as_str);
                let (Some(name), Some(value)) = (text("name"), text("value")) else { continue };
                let key = if field == "headers" { name.to_ascii_lowercase() } else { name.to_owned() };
                match exact.insert((field, key), value) {
                    Some(other) if other != value => {
                        let place = format!("{path}.clientSelectors[{i}].{field}[{j}]");
                        return Some(never(
                            &place,
                            &format!("{name} cannot be both {other:?} and {value:?}"),
                        ));
                    }
                    _ => {}
                }
            }
        }
        let named: BTreeSet<&str> = list("methods")
            .filter(|one| is_exact(one))
            .filter_map(|one| one.get("value")?.as_str())
            .collect();
        if named.is_empty() || list("methods").any(|one| !is_exact(one)) {
            continue;
        }
        let both = methods.as_ref().map_or_else(|| named.clone(), |known| &named & known);
        if both.is_empty() {
            return Some(never(&format!("{path}.clientSelectors[{i}].methods"), "it asks for two methods"));
        }
        methods = Some(both);
    }
    None
}

fn is_exact(entry: &Value) -> bool {
    !entry.get("invert").and_then(Value::as_bool).unwrap_or(false)
        && entry.get("type").and_then(Value::as_str).is_none_or(|kind| kind == "Exact")
}

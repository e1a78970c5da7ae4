use gateline_api::status::Condition;
use serde_json::{Value, json};

/// Types that are ours to set and to take away on objects of ours; all others are somebody else's.
const OURS: &[&str] = &[
    "Accepted",
    "Conflicted",
    "InsecureFrontendValidationMode",
    "OverlappingTLSConfig",
    "PartiallyInvalid",
    "Programmed",
    "ResolvedRefs",
    "SupportedVersion",
];
/// The CRDs take no more.
const MOST: usize = 8;
/// Characters of a message; the CRDs take 32,768.
const MESSAGE: usize = 1_024;

/// The conditions of an object of ours: those we say, then those that others say, as they are.
pub(super) fn merge(current: &Value, desired: &[Condition], now: &str) -> Value {
    let others = list(current).iter().filter(|condition| !OURS.iter().any(|ours| condition["type"] == *ours));
    let conditions = said(current, desired, now).chain(others.cloned());
    Value::Array(conditions.take(MOST).collect())
}

/// The conditions of an entry that is ours alone.
pub(super) fn replace(current: &Value, desired: &[Condition], now: &str) -> Value {
    Value::Array(said(current, desired, now).take(MOST).collect())
}

fn said<'a>(current: &'a Value, desired: &'a [Condition], now: &'a str) -> impl Iterator<Item = Value> + 'a {
    desired.iter().map(move |condition| {
        let before = list(current).iter().find(|before| before["type"] == condition.kind);
        let status = json!(condition.status);
        let since = before.filter(|before| before["status"] == status);
        json!({
            "type": condition.kind,
            "status": status,
            "reason": condition.reason,
            "message": condition.message.chars().take(MESSAGE).collect::<String>(),
            "observedGeneration": condition.observed_generation,
            "lastTransitionTime": since.and_then(|before| before["lastTransitionTime"].as_str()).unwrap_or(now),
        })
    })
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

use std::collections::BTreeMap;

use crate::observed::{Became, Picks};

/// Stands for all backendRefs that cannot be followed.
pub const INVALID: &str = "invalid";

/// How far a count may be off, as a part of all: the low-discrepancy sequence of the doors stays well within.
const TOLERANCE: f64 = 0.02;

pub(crate) fn count(picks: &mut Picks, became: Option<&Became>) {
    let key = match became {
        Some(Became::Forwarded(backend)) => backend.clone(),
        Some(Became::Answered { status: 500, .. } | Became::Closed) => INVALID.to_owned(),
        other => format!("{other:?}"),
    };
    *picks.entry(key).or_default() += 1;
}

/// What is wrong with the counts, if anything is.
pub(crate) fn check(split: &BTreeMap<String, u32>, picks: &Picks) -> Vec<String> {
    let sum: f64 = split.values().copied().map(f64::from).sum();
    let total: f64 = picks.values().copied().map(f64::from).sum();
    let mut wrong = Vec::new();
    for (key, weight) in split {
        let count = picks.get(key).copied().unwrap_or_default();
        let expected = f64::from(*weight) * total / sum;
        let zero = *weight == 0 && count > 0;
        if zero || (f64::from(count) - expected).abs() > (total * TOLERANCE).max(1.0) {
            wrong.push(format!("{key} got {count} of {total} requests, not {expected:.1}"));
        }
    }
    let others = picks.keys().filter(|key| !split.contains_key(*key));
    wrong.extend(others.map(|key| format!("{key} got requests")));
    wrong
}

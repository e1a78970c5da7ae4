//! Findings told apart by what they say, not by where they stand: lines move.

use std::collections::BTreeMap;

use gateline_api::Finding;
use serde::{Deserialize, Serialize};

/// What stays the same of a finding when lines move.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fingerprint {
    code: String,
    /// `HTTPRoute shop/cart`.
    object: String,
    message: String,
}

impl From<&Finding> for Fingerprint {
    fn from(finding: &Finding) -> Self {
        let origin = &finding.origin;
        Self {
            code: finding.code.to_owned(),
            object: format!("{} {}", origin.kind, origin.object),
            message: finding.message.clone(),
        }
    }
}

/// The findings that are not among these, each as often as it comes more often.
pub(crate) fn beyond<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    known: impl Iterator<Item = Fingerprint>,
) -> Vec<Finding> {
    let mut left: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for one in known {
        *left.entry(one).or_default() += 1;
    }
    let more = findings.filter(|finding| match left.get_mut(&Fingerprint::from(*finding)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    more.cloned().collect()
}

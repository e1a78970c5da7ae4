//! What is there to migrate: every Ingress with its verdict, every annotation with what becomes of it.

use std::collections::{BTreeMap, BTreeSet};

use gateline::model::Origin;
use gateline_api::{Finding, Severity};
use serde::Serialize;

use crate::difference::Difference;
use crate::nginx::policy::{self, Fate};
use crate::source::Source;
use crate::verify::Verification;

/// Ingresses and annotations, as a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inventory {
    /// By namespace and name.
    pub ingresses: Vec<Examined>,
    /// By name.
    pub annotations: Vec<Annotation>,
}

/// One Ingress.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Examined {
    /// `shop/web`.
    pub name: String,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Its hosts; `*` for every other host.
    pub hosts: Vec<String>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Codes of what differs and of why it was refused.
    pub codes: Vec<&'static str>,
}

/// What becomes of an Ingress, from the least work to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Proved: nothing to do.
    Same,
    /// All that differs is accepted.
    Accepted,
    /// To be read, and accepted or not: warnings.
    Read,
    /// To be changed: errors.
    Change,
    /// Not written, for it would lose a guard.
    Refused,
}

/// One annotation of the controller.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Annotation {
    /// Without the prefix.
    pub name: String,
    /// How many Ingresses have it.
    pub ingresses: usize,
    /// What becomes of it.
    pub fate: Fate,
}

impl Inventory {
    /// Of what was read, compared and refused. O(Ingresses × differences).
    #[must_use]
    pub fn new(source: &Source, verification: &Verification, refused: &[Finding]) -> Self {
        let mut ingresses: BTreeMap<String, Examined> = BTreeMap::new();
        let mut annotations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (host, origin, names) in source.written() {
            let name = origin.object.to_string();
            let one =
                ingresses.entry(name.clone()).or_insert_with(|| examined(&origin, verification, refused));
            if !one.hosts.contains(&host) {
                one.hosts.push(host);
            }
            for annotation in names {
                annotations.entry(annotation).or_default().insert(name.clone());
            }
        }
        let annotations = annotations.into_iter().map(|(name, of)| Annotation {
            ingresses: of.len(),
            fate: policy::fate(&name),
            name,
        });
        Self { ingresses: ingresses.into_values().collect(), annotations: annotations.collect() }
    }
}

fn examined(origin: &Origin, verification: &Verification, refused: &[Finding]) -> Examined {
    let name = origin.object.to_string();
    let refused: Vec<&Finding> = refused.iter().filter(|one| one.origin.object == origin.object).collect();
    let differences = || verification.differences.iter().filter(|one| one.ingress.as_deref() == Some(&*name));
    let of = |one: &Difference| match one.severity {
        _ if one.accepted => Verdict::Accepted,
        Severity::Error => Verdict::Change,
        Severity::Warning | Severity::Info => Verdict::Read,
    };
    let worst = differences().map(of).max().unwrap_or(Verdict::Same);
    let codes: BTreeSet<&str> =
        differences().map(|one| one.code).chain(refused.iter().map(|one| one.code)).collect();
    Examined {
        place: origin.place.as_ref().map(ToString::to_string),
        hosts: Vec::new(),
        verdict: if refused.is_empty() { worst } else { Verdict::Refused },
        codes: codes.into_iter().collect(),
        name,
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Same => "proved to be the same",
            Self::Accepted => "differences accepted",
            Self::Read => "differences to read",
            Self::Change => "differences to change",
            Self::Refused => "not written",
        })
    }
}

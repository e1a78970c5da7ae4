//! `Accepted !ResolvedRefs=InvalidKind kinds=HTTPRoute attached=1`, and what it is said of.

use std::collections::BTreeMap;
use std::fmt;

use gateline_api::status::{Condition, ConditionStatus, ParentRef, Status};

/// An object, one of its listeners (`#name`) or one of its parents (`@name#section:port`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    kind: String,
    /// Without `gateway-conformance-`; the suite's infrastructure namespace is left out.
    name: String,
    /// Empty for the object itself.
    within: String,
}

/// What is said of a part, or expected of it.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// By type: whether it is true, and the reason, empty for any.
    conditions: BTreeMap<String, (bool, String)>,
    kinds: Option<Vec<String>>,
    attached: Option<i32>,
    sets: Option<i32>,
}

impl Part {
    pub(crate) fn object(status: &Status) -> Self {
        Self { kind: status.kind.to_string(), name: short(&status.name.to_string()), within: String::new() }
    }

    pub(crate) fn listener(status: &Status, name: &str) -> Self {
        Self { within: format!("#{name}"), ..Self::object(status) }
    }

    pub(crate) fn parent(status: &Status, parent: &ParentRef) -> Self {
        let mut within = format!("@{}", parent.name);
        within.extend(parent.section_name.iter().map(|section| format!("#{section}")));
        within.extend(parent.port.iter().map(|port| format!(":{port}")));
        Self { within, ..Self::object(status) }
    }

    /// `HTTPRoute web-backend/r @same-namespace`; a route with one parent may be named without it.
    pub(crate) fn parse(text: &str) -> Self {
        let mut words = text.split(' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_default();
        Self { kind: next(), name: next(), within: next() }
    }

    pub(crate) fn is(&self, named: &Self) -> bool {
        let any_parent = named.within.is_empty() && self.within.starts_with('@');
        self.kind == named.kind && self.name == named.name && (any_parent || self.within == named.within)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind, self.name, self.within)
    }
}

impl Claims {
    pub(crate) fn of(conditions: &[Condition]) -> Self {
        let claim = |one: &Condition| {
            (one.kind.to_owned(), (one.status == ConditionStatus::True, one.reason.to_owned()))
        };
        Self { conditions: conditions.iter().map(claim).collect(), ..Self::default() }
    }

    pub(crate) fn sets(self, sets: Option<i32>) -> Self {
        Self { sets, ..self }
    }

    pub(crate) fn listener(self, kinds: Vec<String>, attached: i32) -> Self {
        Self { kinds: Some(kinds), attached: Some(attached), ..self }
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut claims = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match name {
                "kinds" => {
                    let kinds = value.split(',').filter(|kind| !kind.is_empty());
                    claims.kinds = Some(kinds.map(str::to_owned).collect());
                }
                "attached" => claims.attached = Some(value.parse().unwrap()),
                "sets" => claims.sets = Some(value.parse().unwrap()),
                _ => {
                    let kind = name.trim_start_matches('!').to_owned();
                    claims.conditions.insert(kind, (!name.starts_with('!'), value.to_owned()));
                }
            }
        }
        claims
    }

    /// What of the expected is not said. Kinds as the suite compares them: all expected ones, and none where none are.
    pub(crate) fn held_against(&self, said: &Self) -> impl Iterator<Item = String> {
        let mut failures = Vec::new();
        for (kind, (holds, reason)) in &self.conditions {
            let found = said.conditions.get(kind);
            let fits = |(is, why): &(bool, String)| is == holds && (reason.is_empty() || why == reason);
            if !found.is_some_and(fits) {
                failures.push(format!("{kind}={holds} {reason} expected, found {found:?}"));
            }
        }
        if let Some(kinds) = &self.kinds {
            let found = said.kinds.clone().unwrap_or_default();
            let fits = if kinds.is_empty() {
                found.is_empty()
            } else {
                kinds.iter().all(|kind| found.contains(kind))
            };
            if !fits {
                failures.push(format!("kinds {kinds:?} expected, found {found:?}"));
            }
        }
        for (what, expected, found) in
            [("attached", self.attached, said.attached), ("sets", self.sets, said.sets)]
        {
            if expected.is_some() && expected != found {
                failures.push(format!("{what} {expected:?} expected, found {found:?}"));
            }
        }
        failures.into_iter()
    }

    /// Conditions that are not as they should be where all is well.
    pub(crate) fn faults(&self) -> impl Iterator<Item = String> {
        let bad = self.conditions.iter().filter(|(kind, (holds, reason))| match kind.as_str() {
            "Conflicted" => *holds,
            "Accepted" => !*holds || reason != "Accepted",
            // Sums up the listeners, which are looked at themselves.
            "ResolvedRefs" => !*holds && reason != "ListenersNotResolved",
            _ => !*holds,
        });
        bad.map(|(kind, (holds, reason))| format!("{kind}={holds} {reason}")).collect::<Vec<_>>().into_iter()
    }
}

pub(crate) fn all_conditions(status: &Status) -> impl Iterator<Item = &Condition> {
    let listeners = status.listeners.iter().flat_map(|listener| &listener.conditions);
    let parents = status.parents.iter().flat_map(|parent| &parent.conditions);
    status.conditions.iter().chain(listeners).chain(parents)
}

fn short(name: &str) -> String {
    match name.split_once('/') {
        Some(("gateway-conformance-infra", name)) => name.to_owned(),
        _ => name.trim_start_matches("gateway-conformance-").to_owned(),
    }
}

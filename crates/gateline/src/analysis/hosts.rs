use std::collections::{BTreeSet, HashSet};
use std::fmt;

use crate::model::HostPattern;
use crate::router::authority::MAX_HOST;

/// Hosts that the same patterns match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) hosts: Hosts,
    /// One of them; `None` if none was found: there may be one.
    pub(super) witness: Option<String>,
}

/// Which hosts are in a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(into = "String"))]
pub enum Hosts {
    /// Those that no hostname matches.
    Other,
    /// Those under this name that no longer hostname matches.
    Under(Box<str>),
    /// This one.
    Exact(Box<str>),
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("*"),
            Self::Under(suffix) => write!(f, "*.{suffix}"),
            Self::Exact(name) => f.write_str(name),
        }
    }
}

impl From<Hosts> for String {
    fn from(hosts: Hosts) -> Self {
        hosts.to_string()
    }
}

/// The finest partition of all hosts that patterns can tell apart, the least specific first. O(n log n).
///
/// A host is the name of an exact pattern, or falls under the longest wildcard that takes it, or under none.
pub(super) fn atoms(patterns: &BTreeSet<&HostPattern>) -> Vec<Atom> {
    let names: HashSet<&HostPattern> = patterns.iter().copied().collect();
    let mut atoms = vec![other(&names)];
    let mut wildcards: Vec<&str> = Vec::new();
    let mut exact = Vec::new();
    for pattern in patterns {
        match pattern {
            HostPattern::Wildcard(suffix) => wildcards.push(suffix),
            HostPattern::Exact(name) => {
                exact.push(Atom { hosts: Hosts::Exact(name.clone()), witness: Some(name.to_string()) });
            }
        }
    }
    wildcards.sort_by_key(|suffix| suffix.len());
    atoms.extend(wildcards.into_iter().map(|suffix| under(suffix, &names)));
    atoms.append(&mut exact);
    atoms
}

fn labels() -> impl Iterator<Item = String> {
    let short = ["a", "b", "c", "x", "y", "z", "www"].into_iter().map(str::to_owned);
    short.chain((0_u32..1 << 16).map(|n| format!("x{n}")))
}

fn under(suffix: &str, patterns: &HashSet<&HostPattern>) -> Atom {
    // One label more: no longer wildcard can take it.
    let free = |host: &String| {
        host.len() <= MAX_HOST && !patterns.contains(&HostPattern::Exact(host.as_str().into()))
    };
    let witness = labels().map(|label| format!("{label}.{suffix}")).find(free);
    Atom { hosts: Hosts::Under(suffix.into()), witness }
}

fn other(patterns: &HashSet<&HostPattern>) -> Atom {
    let taken = |host: &str| {
        let suffixes = host.char_indices().filter(|(_, char)| *char == '.');
        let mut suffixes = suffixes.filter_map(|(index, _)| host.get(index + 1..));
        patterns.contains(&HostPattern::Exact(host.into()))
            || suffixes.any(|suffix| patterns.contains(&HostPattern::Wildcard(suffix.into())))
    };
    let hosts = ["other.example".to_owned(), "other.test".to_owned()].into_iter();
    // One label alone: no wildcard takes it.
    let mut hosts = hosts.chain(labels());
    Atom { hosts: Hosts::Other, witness: hosts.find(|host| !taken(host)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_disjoint_and_complete() {
        let texts = ["*.a.com", "*.com", "a.com", "x.a.com", "other.example", "a.a.com", "*.b.a.com"];
        let patterns: Vec<_> = texts.iter().map(|text| HostPattern::parse(text).unwrap()).collect();
        let atoms = atoms(&patterns.iter().collect());
        assert_eq!(atoms.len(), 8);
        let vector = |host: &str| patterns.iter().map(|pattern| pattern.matches(host)).collect::<Vec<_>>();
        let vectors: Vec<_> = atoms.iter().map(|atom| vector(atom.witness.as_deref().unwrap())).collect();
        assert_eq!(vectors.iter().collect::<HashSet<_>>().len(), 8);
        for host in
            ["com", "a.com", "z.com", "z.z.com", "q.a.com", "q.b.a.com", "b.a.com", "x.a.com", "net", ""]
        {
            assert!(vectors.contains(&vector(host)), "{host}");
        }
    }
}

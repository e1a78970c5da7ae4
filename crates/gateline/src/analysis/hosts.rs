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
    /// Those one label under this name, where others under it are another class.
    Label(Box<str>),
    /// Those more than one label under this name, where those with one are another class.
    Deeper(Box<str>),
    /// This one.
    Exact(Box<str>),
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("*"),
            Self::Under(suffix) | Self::Label(suffix) => write!(f, "*.{suffix}"),
            Self::Deeper(suffix) => write!(f, "*.*.{suffix}"),
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
/// A host is the name of an exact pattern, or one label under the name of a pattern for that, or falls under the longest
/// wildcard that takes it, or under none.
pub(super) fn atoms(patterns: &BTreeSet<&HostPattern>) -> Vec<Atom> {
    let names: HashSet<&HostPattern> = patterns.iter().copied().collect();
    let mut atoms = vec![other(&names)];
    let mut wildcards: Vec<&str> = Vec::new();
    let (mut labelled, mut exact) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match pattern {
            HostPattern::Wildcard(suffix) => wildcards.push(suffix),
            HostPattern::Label(suffix) => labelled.push(one_label(suffix, &names)),
            HostPattern::Exact(name) => {
                exact.push(Atom { hosts: Hosts::Exact(name.clone()), witness: Some(name.to_string()) });
            }
        }
    }
    wildcards.sort_by_key(|suffix| suffix.len());
    atoms.extend(wildcards.into_iter().map(|suffix| under(suffix, &names)));
    atoms.append(&mut labelled);
    atoms.append(&mut exact);
    atoms
}

fn labels() -> impl Iterator<Item = String> {
    let short = ["a", "b", "c", "x", "y", "z", "www"].into_iter().map(str::to_owned);
    short.chain((0_u32..1 << 16).map(|n| format!("x{n}")))
}

/// The first host that is one label under a name and has no class of its own.
fn child(suffix: &str, patterns: &HashSet<&HostPattern>) -> Option<String> {
    let free = |host: &String| {
        host.len() <= MAX_HOST && !patterns.contains(&HostPattern::Exact(host.as_str().into()))
    };
    labels().map(|label| format!("{label}.{suffix}")).find(free)
}

fn one_label(suffix: &str, patterns: &HashSet<&HostPattern>) -> Atom {
    Atom { hosts: Hosts::Label(suffix.into()), witness: child(suffix, patterns) }
}

fn under(suffix: &str, patterns: &HashSet<&HostPattern>) -> Atom {
    if !patterns.contains(&HostPattern::Label(suffix.into())) {
        // One label more: no longer wildcard can take it.
        return Atom { hosts: Hosts::Under(suffix.into()), witness: child(suffix, patterns) };
    }
    let plain = |name: &String| {
        ![HostPattern::Wildcard, HostPattern::Label]
            .into_iter()
            .any(|pattern| patterns.contains(&pattern(name.as_str().into())))
    };
    let parents = labels().map(|label| format!("{label}.{suffix}")).filter(plain);
    let witness = parents.take_while(|name| name.len() <= MAX_HOST).find_map(|name| child(&name, patterns));
    Atom { hosts: Hosts::Deeper(suffix.into()), witness }
}

fn other(patterns: &HashSet<&HostPattern>) -> Atom {
    let taken = |host: &str| {
        let suffixes = host.char_indices().filter(|(_, char)| *char == '.');
        let mut suffixes = suffixes.filter_map(|(index, _)| host.get(index + 1..));
        patterns.contains(&HostPattern::Exact(host.into()))
            || host
                .split_once('.')
                .is_some_and(|(_, parent)| patterns.contains(&HostPattern::Label(parent.into())))
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

    #[test]
    fn atoms_with_single_labels_are_disjoint_and_complete() {
        let wildcard = |name: &str| HostPattern::Wildcard(name.into());
        let label = |name: &str| HostPattern::Label(name.into());
        let exact = |name: &str| HostPattern::Exact(name.into());
        let patterns = [
            label("a.com"),
            wildcard("a.com"),
            wildcard("b.a.com"),
            exact("x.a.com"),
            label("c.com"),
            wildcard("com"),
            label("b.a.com"),
        ];
        let atoms = atoms(&patterns.iter().collect());
        let vector = |host: &str| patterns.iter().map(|pattern| pattern.matches(host)).collect::<Vec<_>>();
        let vectors: HashSet<_> = atoms.iter().map(|atom| vector(atom.witness.as_deref().unwrap())).collect();
        assert_eq!((atoms.len(), vectors.len()), (8, 8));
        for host in [
            "a.com",
            "x.a.com",
            "y.a.com",
            "y.y.a.com",
            "y.b.a.com",
            "y.y.b.a.com",
            "q.c.com",
            "q.q.c.com",
            "net",
            "z.com",
        ] {
            assert!(vectors.contains(&vector(host)), "{host}");
        }
    }
}

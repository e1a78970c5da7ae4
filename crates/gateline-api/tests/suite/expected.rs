//! `expected.txt`, read.

use std::fmt;

use crate::claim::{Claims, Part};

/// One test of the suite, or a later step of one.
pub(crate) struct Case {
    pub(crate) test: String,
    /// Objects that the suite has deleted by then: kind and name.
    pub(crate) without: Vec<(String, String)>,
    pub(crate) lines: Vec<Line>,
}

/// What is expected of one part of a status.
pub(crate) struct Line {
    pub(crate) part: Part,
    pub(crate) claims: Claims,
}

impl Case {
    /// Everything must be good.
    pub(crate) fn plain(test: &str) -> Self {
        Self { test: test.to_owned(), without: Vec::new(), lines: Vec::new() }
    }

    /// `test without Kind name, Kind name`.
    fn parse(header: &str) -> Self {
        let (test, without) = header.split_once(" without ").unwrap_or((header, ""));
        let pairs = without.split(", ").filter_map(|object| object.split_once(' '));
        let without = pairs.map(|(kind, name)| (kind.to_owned(), name.to_owned())).collect();
        Self { without, ..Self::plain(test) }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.test)?;
        self.without.iter().try_for_each(|(kind, name)| write!(f, " without {kind} {name}"))
    }
}

pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        match line.strip_prefix("  ") {
            None => cases.push(Case::parse(line)),
            Some(line) => {
                let (part, claims) = line.split_once(": ").unwrap();
                let line = Line { part: Part::parse(part), claims: Claims::parse(claims) };
                cases.last_mut().unwrap().lines.push(line);
            }
        }
    }
    cases
}

//! Paths of nginx as path matches of the Gateway API.

use std::iter;

use gateline::model::PathMatch;
use serde_json::{Value, json};

use super::rewrite::prefix_swap;
use crate::nginx::{Location, PathType, Server, branches, looks_around, regex_over_paths};

/// How the paths of a host are written. Patterns and prefixes do not mix: a Gateway ranks patterns first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `Exact` and `PathPrefix`.
    Prefixes,
    /// `RegularExpression`, in the order of nginx.
    Patterns,
}

impl Style {
    /// Prefixes where every path is one: texts, and patterns that only swap a prefix.
    pub(super) fn of(server: &Server) -> Self {
        let locations = || server.locations.iter().filter(|one| !one.is_default && one.path != "/");
        let plain = if server.is_regex() {
            locations().all(|one| prefix_swap(one).is_some())
        } else {
            locations().all(|one| one.kind != PathType::Raw)
        };
        if plain { Self::Prefixes } else { Self::Patterns }
    }

    /// `matches[].path` for a path of nginx.
    pub(super) fn path(self, server: &Server, location: &Location, path: &PathMatch) -> Value {
        let (kind, value) = match (self, path) {
            (_, PathMatch::Exact(path)) => ("Exact", path.to_string()),
            (Self::Prefixes, PathMatch::Prefix(prefix)) => ("PathPrefix", rooted(prefix)),
            (Self::Prefixes, _) => {
                let swap = prefix_swap(location);
                ("PathPrefix", swap.map_or_else(|| location.path.clone(), |(from, _)| rooted(&from)))
            }
            (Self::Patterns, PathMatch::Prefix(prefix)) if prefix.is_empty() => ("PathPrefix", "/".into()),
            (Self::Patterns, PathMatch::Prefix(prefix)) => {
                ("RegularExpression", format!("{}(/.*)?", regex_syntax::escape(prefix)))
            }
            (Self::Patterns, _) if server.is_regex() => pattern(location),
            (Self::Patterns, _) => {
                ("RegularExpression", format!("{}.*", regex_syntax::escape(&location.path)))
            }
        };
        json!({"type": kind, "value": value})
    }
}

fn rooted(prefix: &str) -> String {
    if prefix.is_empty() { "/".into() } else { prefix.into() }
}

/// A location of a host whose paths are regular expressions.
fn pattern(location: &Location) -> (&'static str, String) {
    let text = &location.path;
    if text == "/" {
        return ("PathPrefix", "/".into());
    }
    let value = if looks_around(text) {
        regex_over_paths(text).unwrap_or_else(|_| text.clone())
    } else {
        let open = |text: &str| {
            if text.ends_with(".*") || text.ends_with("(.*)") { text.to_owned() } else { format!("{text}.*") }
        };
        match branches(text).as_slice() {
            [one] => format!("(?i){}", open(one)),
            [first, rest @ ..] => {
                let others = rest.iter().map(|branch| format!(".*{}", open(branch)));
                let all: Vec<String> = iter::once(open(first)).chain(others).collect();
                format!("(?i)(?:{})", all.join("|"))
            }
            [] => "(?i).*".into(),
        }
    };
    ("RegularExpression", value)
}

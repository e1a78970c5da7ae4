use gateline::analysis::{ChangeKind, Waiver};
use gateline::model::{ObjectName, Place};

use super::error::SuiteError;
use super::invariant::{SCOPE_KEYS, scope};
use super::node::{Node, documents};

const KEYS: [&str; 2] = ["version", "waivers"];
const WAIVER_KEYS: [&str; 3] = ["kind", "reason", "for-all"];

/// Changes that somebody said are meant: a file for `gateline diff --allow`.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    /// In the order written.
    pub list: Vec<MeantChange>,
}

/// A waiver, with where and why it is written.
#[derive(Clone, Debug)]
pub struct MeantChange {
    /// Where it is written.
    pub place: Place,
    /// Why the change is meant.
    pub reason: String,
    /// What it waives.
    pub waiver: Waiver,
}

impl Waivers {
    /// Reads a file of waivers, and all that is wrong with it.
    #[must_use]
    pub fn parse(file: &str, text: &str) -> (Self, Vec<SuiteError>) {
        let mut waivers = Self::default();
        let errors = documents(file, text, |root| waivers.read(root));
        (waivers, errors)
    }

    fn read(&mut self, root: &Node<'_>) {
        if !root.mapping("a file of waivers", &KEYS) {
            return;
        }
        root.version("a file of waivers");
        let list = root.required("a file of waivers", "waivers").map(|node| node.list("waivers"));
        self.list.extend(list.into_iter().flatten().filter_map(|node| one(&node)));
    }
}

fn one(node: &Node<'_>) -> Option<MeantChange> {
    if !node.mapping("a waiver", &WAIVER_KEYS) {
        return None;
    }
    let reason = node.required("a waiver", "reason")?.text("reason")?;
    let about = node.required("a waiver", "for-all")?;
    about.mapping("for-all", &SCOPE_KEYS);
    for key in ["method", "headers", "query"] {
        if let Some(node) = about.get(key) {
            node.error("a waiver is about Gateway, scheme, port, host and path alone");
        }
    }
    let mut scope = scope(&about);
    scope.gateway = about.get("gateway").and_then(|node| {
        let text = node.text("gateway")?;
        let found = text.split_once('/').map(|(namespace, name)| ObjectName::new(namespace, name));
        if found.is_none() {
            node.error(format!("write namespace/name instead of {text:?}"));
        }
        found
    });
    let mut kinds = Vec::new();
    if let Some(node) = node.get("kind") {
        for text in node.texts("kind") {
            match ChangeKind::named(&text) {
                Some(kind) => kinds.push(kind),
                None => node.error(format!("{text:?} is none of {}", ChangeKind::names())),
            }
        }
    }
    Some(MeantChange { place: node.place(), reason, waiver: Waiver { kinds, scope } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_says_what_and_why() {
        let text = "version: 1\nwaivers:\n  - kind: [lost, MOVED]\n    reason: the old API is gone\n    \
                    for-all: {gateway: infra/web, scheme: https, host: api.example.com, path: /v1/**}\n";
        let (waivers, errors) = Waivers::parse("w.yaml", text);
        assert_eq!(errors, []);
        let one = &waivers.list[0];
        assert_eq!(one.waiver.kinds, [ChangeKind::Lost, ChangeKind::Moved]);
        assert_eq!(one.waiver.scope.gateway, Some(ObjectName::new("infra", "web")));
        assert_eq!((one.place.line, one.reason.as_str()), (3, "the old API is gone"));
    }

    #[test]
    fn mistakes_are_located() {
        for (text, expected) in [
            ("version: 2\nwaivers: []\n", "w.yaml:1:10: this version of Gateline reads `version: 1`"),
            ("version: 1\nwaivers: [{for-all: {}}]\n", "w.yaml:2:11: a waiver has no `reason`"),
            (
                "version: 1\nwaivers: [{reason: x, kind: gone, for-all: {}}]\n",
                "w.yaml:2:29: \"gone\" is none of lost, opened, moved, rewritten, redirect, split, status, tls, policy",
            ),
            (
                "version: 1\nwaivers: [{reason: x, for-all: {method: GET}}]\n",
                "w.yaml:2:41: a waiver is about Gateway, scheme, port, host and path alone",
            ),
        ] {
            let (_, errors) = Waivers::parse("w.yaml", text);
            assert_eq!(errors[0].to_string(), expected);
        }
    }
}

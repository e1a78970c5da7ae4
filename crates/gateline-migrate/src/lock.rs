//! `gateline-migrate.lock.yaml`: what was accepted, to be reviewed, and to be true at the next run.

use gateline_testing::suite::{Node, SuiteError, documents};
use serde_json::{Value, json};

use crate::accept::Accept;
use crate::convert::yaml;
use crate::verify::Verification;

const WHAT: &str = "a lock";
const KEYS: [&str; 2] = ["version", "accepted"];
const ENTRY: &str = "what is accepted";
const ENTRY_KEYS: [&str; 3] = ["difference", "reason", "says"];
const HEAD: &str = "# Differences of a migration that are accepted, as they were when that was said. `gateline migrate` reads this again:\n\
                    # what is not there any more, or in other words, has to be looked at again.\n";

/// Differences that are accepted for good.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// By code and Ingress.
    pub accepted: Vec<Accept>,
}

impl Lock {
    /// The name of the file, if nobody says another.
    pub const FILE: &'static str = "gateline-migrate.lock.yaml";

    /// Reads a lock, and all that is wrong with it.
    #[must_use]
    pub fn parse(file: &str, text: &str) -> (Self, Vec<SuiteError>) {
        let mut lock = Self::default();
        let errors = documents(file, text, |root| {
            if root.mapping(WHAT, &KEYS) {
                root.version(WHAT);
                let list = root.required(WHAT, "accepted").map(|node| node.list("accepted"));
                lock.accepted.extend(list.into_iter().flatten().filter_map(|node| entry(&node)));
            }
        });
        (lock, errors)
    }

    /// With what is accepted now; of two for the same differences the newer one counts.
    #[must_use]
    pub fn with(mut self, accept: &[Accept]) -> Self {
        self.accepted.retain(|old| !accept.iter().any(|new| new.is_same(old)));
        for new in accept {
            if !self.accepted.iter().any(|known| new.is_same(known)) {
                self.accepted.push(new.clone());
            }
        }
        self
    }

    /// Writes down what the differences say that were just accepted.
    #[must_use]
    pub fn recorded(mut self, verification: &Verification) -> Self {
        for accept in self.accepted.iter_mut().filter(|accept| accept.says.is_empty()) {
            let covered = verification.differences.iter().filter(|one| accept.is_of(one));
            let mut says: Vec<String> = covered.map(|one| one.message.clone()).collect();
            says.sort();
            says.dedup();
            accept.says = says;
        }
        self.accepted.sort_by(|a, b| (a.code, &a.ingress).cmp(&(b.code, &b.ingress)));
        self
    }

    /// The text of the file.
    #[must_use]
    pub fn yaml(&self) -> String {
        let one = |accept: &Accept| {
            let mut fields = json!({"difference": accept.to_string(), "says": accept.says});
            if let Some(reason) = &accept.reason {
                fields["reason"] = reason.clone().into();
            }
            fields
        };
        let accepted: Vec<Value> = self.accepted.iter().map(one).collect();
        format!("{HEAD}version: 1\n{}\n", yaml(&json!({"accepted": accepted})))
    }
}

fn entry(node: &Node<'_>) -> Option<Accept> {
    if !node.mapping(ENTRY, &ENTRY_KEYS) {
        return None;
    }
    let named = node.required(ENTRY, "difference")?;
    let accept = match named.text("difference")?.parse::<Accept>() {
        Ok(accept) => accept,
        Err(error) => {
            named.error(error.to_string());
            return None;
        }
    };
    let says = node.required(ENTRY, "says")?.list("says");
    let says: Vec<String> = says.iter().filter_map(|message| message.text("says")).collect();
    if says.is_empty() {
        node.error("`says` is empty: accept it with --accept, which writes down what it says");
    }
    let reason = node.get("reason").and_then(|reason| reason.text("reason"));
    Some(Accept { says, reason, place: Some(node.place()), ..accept })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut accept: Accept = "GL703@shop/web".parse().unwrap();
        accept.says = vec!["a: \"b\"".into(), "c".into()];
        let lock = Lock { accepted: vec![accept.because(Some("as meant".into()))] };
        let (mut read, errors) = Lock::parse("lock.yaml", &lock.yaml());
        assert_eq!(errors, []);
        let place = read.accepted[0].place.take().unwrap();
        assert_eq!((read, place.line), (lock, 5));
    }

    #[test]
    fn mistakes_are_located() {
        for (text, expected) in [
            ("version: 1\n", "lock.yaml:1:1: a lock has no `accepted`"),
            (
                "version: 1\naccepted: [{difference: GL103, says: [x]}]\n",
                "lock.yaml:2:25: \"GL103\" is not accepted",
            ),
            (
                "version: 1\naccepted: [{difference: GL703}]\n",
                "lock.yaml:2:12: what is accepted has no `says`",
            ),
            ("version: 1\naccepted: [{difference: GL703, says: []}]\n", "lock.yaml:2:12: `says` is empty"),
        ] {
            let (_, errors) = Lock::parse("lock.yaml", text);
            assert!(errors[0].to_string().starts_with(expected), "{} {expected}", errors[0]);
        }
    }
}

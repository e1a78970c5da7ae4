//! Tests that say what the manifests do today: one for each rule that a request is found for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gateline::Router;
use gateline::explain::{Criterion, Outcome};
use gateline::model::RouteKind;

use crate::answer::{Answer, route};
use crate::request::{Request, RequestKind};
use crate::run::possible;
use crate::run::reachable::Reachable;
use crate::witnesses::{AttachedRule, attached_rules};

/// A file of tests that pass on the manifests it is made from. `manifests` are what it names, relative to where it will lie.
#[must_use]
pub fn suggest(router: &Router, manifests: &[String]) -> String {
    let mut text = String::from("version: 1\n");
    if !manifests.is_empty() {
        text.push_str("manifests:\n");
        for path in manifests {
            let _ = writeln!(text, "  - {}", quoted(path));
        }
    }
    text.push_str("tests:\n");
    let length = text.len();
    for AttachedRule { name, route: written, reachable } in attached_rules(router) {
        let request = match reachable {
            Reachable::By(request) => request,
            Reachable::Never(never) => {
                let _ = writeln!(text, "  # {name}: {}\n", never.why);
                continue;
            }
            Reachable::Unknown(_) => {
                let _ = writeln!(text, "  # {name}: no request was found that reaches it\n");
                continue;
            }
        };
        let answer = route(router, &request, 0);
        test(&name, written.kind, &request, &answer, &mut text);
        if order_matters(router, &request) {
            let _ = writeln!(
                text,
                "    created: [{}/{}] # others claim this request alike (GL203)",
                written.kind, written.name
            );
        }
        text.push('\n');
    }
    if text.len() == length {
        text.truncate(length - "tests:\n".len());
        text.push_str("tests: []\n");
    }
    text
}

fn test(name: &str, kind: RouteKind, request: &Request, answer: &Answer, text: &mut String) {
    let _ = writeln!(text, "  - name: {}", quoted(name));
    if let Some(gateway) = &request.gateway {
        let _ = writeln!(text, "    gateway: {}", quoted(&gateway.to_string()));
    }
    match &request.kind {
        RequestKind::Connection(_) => {
            let _ = writeln!(text, "    request: {}", quoted(&request.title()));
        }
        RequestKind::Http(http) if http.head().headers.is_empty() && kind != RouteKind::Grpc => {
            let _ = writeln!(text, "    request: {}", quoted(&http.text()));
        }
        RequestKind::Http(http) => {
            let (method, url) = (http.head().method, quoted(&http.url()));
            let _ = writeln!(text, "    request:\n      method: {method}\n      url: {url}");
            let headers = http.fields();
            if !headers.is_empty() {
                text.push_str("      headers:\n");
            }
            for (name, value) in &headers {
                let _ = writeln!(text, "        {}: {}", quoted(name), quoted(value));
            }
        }
    }
    text.push_str("    expect:\n");
    expectation(answer, text);
}

/// Whether another route would take the request if it had been created first.
fn order_matters(router: &Router, request: &Request) -> bool {
    possible::contenders(router, request).iter().any(|one| one.lost == Some(Criterion::Name))
}

fn expectation(answer: &Answer, text: &mut String) {
    if let (Some(route), Some(rule)) = (&answer.route, answer.rule) {
        let _ = writeln!(text, "      rule: {}", quoted(&format!("{route}#{rule}")));
    }
    match answer.kind {
        Outcome::Forward => {
            let mut shares: BTreeMap<&str, u64> = BTreeMap::new();
            for share in answer.split.iter().filter(|share| share.weight > 0) {
                *shares.entry(&share.backend).or_default() += u64::from(share.weight);
            }
            if shares.len() == 1 {
                let _ = writeln!(
                    text,
                    "      backend: {}",
                    quoted(answer.backend.as_deref().unwrap_or_default())
                );
            } else {
                text.push_str("      split:\n");
                for (backend, weight) in shares {
                    let _ = writeln!(text, "        {}: {weight}", quoted(backend));
                }
            }
        }
        Outcome::Redirect => {
            let status = answer.status.unwrap_or_default();
            let location = quoted(answer.location.as_deref().unwrap_or_default());
            let _ = writeln!(text, "      redirect: {{ status: {status}, location: {location} }}");
        }
        Outcome::Respond | Outcome::None => {
            let mixed = answer.split.iter().any(|share| share.valid && share.weight > 0);
            if let Some(status) = answer.status.filter(|_| !mixed) {
                let _ = writeln!(text, "      status: {status}");
            }
        }
        Outcome::Close | Outcome::Http => {}
    }
}

/// Words that YAML 1.1 takes for a boolean or for nothing.
const BOOLEANS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// A text as YAML reads it back as a text.
fn quoted(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:#?=&%~".contains(c);
    let inner = |word: &str| word.chars().all(safe) && !word.ends_with(':') && !word.starts_with('#');
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let word = BOOLEANS.contains(&text.to_ascii_lowercase().as_str());
    if begins && !word && text.split(' ').all(inner) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

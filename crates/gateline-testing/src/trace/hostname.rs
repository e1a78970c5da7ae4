use gateline::Explanation;
use gateline::explain::{Candidate, Source, Verdict};
use serde::Serialize;
use serde_json::Value;

use super::source;
use crate::load::World;

/// The hostname by which the winning route takes a request, among those of the other candidates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostnameTrace {
    /// As the route writes it; `*` if it writes none.
    pub hostname: String,
    /// What precedence looks at first.
    pub kind: HostnameKind,
    /// What it looks at next: characters as written, `*.` not counted.
    pub length: usize,
    /// Hostnames of other candidates that it precedes.
    pub beats: Vec<String>,
    /// Hostnames that would precede it, of candidates none of which matches.
    pub after: Vec<String>,
    /// Where it is written.
    pub source: Option<Source>,
}

/// How specific a hostname is, the most specific first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HostnameKind {
    /// `www.example.com`.
    Exact,
    /// `*.example.com`.
    Wildcard,
    /// None is written.
    Any,
}

/// `None` where no match wins.
pub(super) fn hostname(world: &World, explanation: &Explanation) -> Option<HostnameTrace> {
    let candidates = &explanation.candidates;
    let won = candidates.iter().position(|one| matches!(one.verdict, Verdict::Won { .. }))?;
    let winner = candidates.get(won)?;
    let (before, after) = candidates.split_at(won);
    // Candidates come in order of precedence, and the hostname is the first thing that precedence looks at.
    let others = |candidates: &[Candidate]| {
        let mut names: Vec<String> = candidates.iter().map(|one| one.hostname.clone()).collect();
        names.retain(|name| *name != winner.hostname);
        names.dedup();
        names
    };
    let hostname = winner.hostname.as_str();
    Some(HostnameTrace {
        hostname: hostname.to_owned(),
        kind: match hostname.strip_prefix('*') {
            None => HostnameKind::Exact,
            Some("") => HostnameKind::Any,
            Some(_) => HostnameKind::Wildcard,
        },
        length: hostname.trim_start_matches("*.").trim_start_matches('*').len(),
        beats: others(after),
        after: others(before),
        source: written(world, &winner.route, hostname),
    })
}

/// The place of `spec.hostnames[i]`, or of the spec that names none.
fn written(world: &World, route: &str, hostname: &str) -> Option<Source> {
    let route = super::route::object(world, route)?;
    let hostnames = route.value.pointer("/spec/hostnames").and_then(Value::as_array).into_iter().flatten();
    let same = |one: &Value| one.as_str().is_some_and(|text| text.eq_ignore_ascii_case(hostname));
    let index = hostnames.enumerate().find(|(_, one)| same(one)).map(|(index, _)| format!("[{index}]"));
    source(route.origin(&format!("spec.hostnames{}", index.unwrap_or_default())).place.as_ref())
}

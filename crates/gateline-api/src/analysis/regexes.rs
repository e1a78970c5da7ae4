use std::collections::BTreeMap;

use gateline::analysis::tell_apart;
use gateline::model::{GrpcMethodMatch, Match, Model, Origin, PathMatch, ValueMatch};
use gateline::{Anchoring, Profile, pattern};

use super::target::Target;
use crate::finding::{Finding, Severity, codes};

/// GL501, GL502 and GL505: what a regular expression is on other implementations, and whether it need be one.
pub(super) fn findings(model: &Model, target: &Target) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    let rules = model.routes.iter().flat_map(|route| &route.rules);
    for matched in rules.flat_map(|rule| &rule.matches) {
        for (field, text) in values(matched) {
            let what = pattern::unportable(text).map(|what| unportable(text, what, target));
            findings.extend(what.map(|finding| at(finding, &matched.origin, &field)));
        }
        if let PathMatch::Regex(text) = &matched.path {
            let about = seen.entry(text).or_insert_with(|| of_path(text, target));
            findings.extend(about.iter().cloned().map(|finding| at(finding, &matched.origin, "path.value")));
        }
    }
    findings
}

/// Every regular expression of a match, with its field.
fn values(matched: &Match) -> Vec<(String, &str)> {
    let mut values = Vec::new();
    match &matched.path {
        PathMatch::Regex(text) => values.push(("path.value".to_owned(), &**text)),
        PathMatch::Grpc(GrpcMethodMatch { service, method }) => {
            for (field, value) in [("method.service", service), ("method.method", method)] {
                values.extend(value.as_ref().and_then(as_regex).map(|text| (field.to_owned(), text)));
            }
        }
        PathMatch::Exact(_) | PathMatch::Prefix(_) => {}
    }
    for (i, header) in matched.headers.iter().enumerate() {
        values.extend(as_regex(&header.value).map(|text| (format!("headers[{i}].value"), text)));
    }
    for (i, query) in matched.query.iter().enumerate() {
        values.extend(as_regex(&query.value).map(|text| (format!("queryParams[{i}].value"), text)));
    }
    values
}

fn as_regex(value: &ValueMatch) -> Option<&str> {
    match value {
        ValueMatch::Regex(text) => Some(text),
        ValueMatch::Exact(_) => None,
    }
}

/// The same, said of a field of a match.
fn at(finding: Finding, origin: &Origin, field: &str) -> Finding {
    let path = format!("{}.{field}", origin.path).into();
    Finding { origin: Origin { path, ..origin.clone() }, ..finding }
}

/// All that is said of a regular expression of a path. The place is filled in later.
fn of_path(text: &str, target: &Target) -> Vec<Finding> {
    let mut findings: Vec<Finding> = diverges(text, target);
    findings.extend(plainer(text, target));
    findings.extend(explodes(text, target));
    findings
}

fn unportable(text: &str, what: &str, target: &Target) -> Finding {
    let message = format!("{text:?} has {what}, which not every implementation understands (GEP-4359)");
    let known = target.profile != Profile::SPEC && target.also.is_empty();
    let severity = if known { Severity::Info } else { codes::GL501.severity };
    Finding::new(&codes::GL501, Origin::default(), message)
        .severity(severity)
        .help("write it with what POSIX extended regular expressions and \\d, \\w, \\W and \\s have")
}

/// Implementations on which the pattern matches other paths. Those that nobody named are worth a note.
fn diverges(text: &str, target: &Target) -> Vec<Finding> {
    let named = !target.also.is_empty();
    let others: Vec<Profile> = match (named, target.profile) {
        (true, _) => target.also.clone(),
        (false, Profile::SPEC) => Profile::ALL.into_iter().filter(|one| !one.routes).collect(),
        (false, _) => Vec::new(),
    };
    let here = PathMatch::Regex((&*target.profile.whole(text)).into());
    let differs = |other: &Profile| {
        let there = PathMatch::Regex((&*other.whole(text)).into());
        let witness = tell_apart(&here, &there).ok()??;
        let why = match other.anchoring {
            Anchoring::Whole => "it must match the whole path",
            Anchoring::Start => "it need only match the beginning",
            Anchoring::Anywhere => "it may match any part",
        };
        let message = format!("{text:?} matches other paths on {other}, such as {witness}: there {why}");
        let severity = if named { codes::GL502.severity } else { Severity::Info };
        let finding = Finding::new(&codes::GL502, Origin::default(), message).severity(severity);
        Some(
            finding
                .help("say it in full: begin with ^, end with $ or .*, and put alternatives in parentheses"),
        )
    };
    others.iter().filter_map(differs).collect()
}

/// The type and value of the plain path that takes what a regular expression does, if there is one: proved.
#[must_use]
pub fn plain_path(pattern: &str) -> Option<(&'static str, String)> {
    plain(&PathMatch::Regex(pattern.into()), pattern)
}

fn plain(here: &PathMatch, text: &str) -> Option<(&'static str, String)> {
    let example = pattern::example(text).filter(|example| example.starts_with('/'))?;
    let prefix = example.trim_end_matches('/');
    let plain = [
        ("Exact", PathMatch::Exact(example.as_str().into()), example.as_str()),
        ("PathPrefix", PathMatch::Prefix(prefix.into()), if prefix.is_empty() { "/" } else { prefix }),
    ];
    let found = plain.into_iter().find(|(_, plain, _)| tell_apart(here, plain) == Ok(None));
    found.map(|(kind, _, value)| (kind, value.to_owned()))
}

/// What may take an engine exponential time. It is worth a warning where such an engine is named.
fn explodes(text: &str, target: &Target) -> Option<Finding> {
    if pattern::backtracks(text) != Some(true) {
        return None;
    }
    let mut profiles = [&target.profile].into_iter().chain(&target.also);
    let named = profiles.any(|profile| profile.backtracks);
    let severity = if named { codes::GL508.severity } else { Severity::Info };
    let message = format!("{text:?} may take exponential time on an engine that backtracks, such as NGINX's");
    let finding = Finding::new(&codes::GL508, Origin::default(), message).severity(severity);
    Some(finding.help("let each text match in one way: no repetition of what repeats or overlaps itself"))
}

/// What a regular expression takes all of, and nothing else.
fn plainer(text: &str, target: &Target) -> Option<Finding> {
    let here = PathMatch::Regex((&*target.profile.whole(text)).into());
    let (kind, value) = plain(&here, text)?;
    let message = format!("{text:?} matches the same paths as {kind} {value}: this is proved");
    Some(
        Finding::new(&codes::GL505, Origin::default(), message)
            .help(format!("write type: {kind}, value: {value}; it ranks the same everywhere")),
    )
}

use std::collections::BTreeMap;

use http::HeaderMap;

use crate::file::{Expect, Upstream};
use crate::observed::{Became, Decided, Observed, Sees, Sent};

/// How an answer differs from what a case expects, as far as a door can see it. Nothing if it does not.
#[must_use]
pub fn check(expect: &Expect, observed: &Observed, sees: Sees) -> Vec<String> {
    let mut wrong = Vec::new();
    if sees.decision {
        decision(expect, observed, &mut wrong);
    }
    if let Some(listener) = expect.listener.as_ref().filter(|_| sees.listener) {
        differ("listener", Some(listener.as_str()), observed.listener.as_deref(), &mut wrong);
    }
    if sees.became {
        became(expect, observed, &mut wrong);
    }
    if let Some(upstream) = expect.upstream.as_ref().filter(|_| sees.upstream) {
        match &observed.upstream {
            Some(sent) => sent_as("upstream", upstream, sent, &mut wrong),
            None => wrong.push("no backend got it".to_owned()),
        }
    }
    if let Some(response) = expect.response.as_ref().filter(|_| sees.response) {
        match &observed.response {
            Some(headers) => fields("response", &response.headers, headers, &mut wrong),
            None => wrong.push("there is no response".to_owned()),
        }
    }
    if sees.asked {
        asked(expect, observed, &mut wrong);
    }
    wrong
}

fn asked(expect: &Expect, observed: &Observed, wrong: &mut Vec<String>) {
    let expected: Vec<&str> = expect.asked.iter().map(|asked| asked.server.as_str()).collect();
    let actual: Vec<&str> = observed.asked.iter().map(|question| question.server.as_str()).collect();
    differ("asked", Some(expected), Some(actual), wrong);
    for (asked, question) in expect.asked.iter().zip(&observed.asked) {
        if let (Some(expected), Some(told)) = (&asked.question, &question.told) {
            sent_as(&format!("question to {}", asked.server), expected, told, wrong);
        }
    }
}

fn decision(expect: &Expect, observed: &Observed, wrong: &mut Vec<String>) {
    match (&expect.route, &observed.decided) {
        (_, None) => wrong.push("there is no decision".to_owned()),
        (Some(route), Some(Decided::Rule(at))) => {
            let matched = expect.matched.is_none_or(|matched| matched == at.matched);
            if *route != at.route || expect.rule != Some(at.rule) || !matched {
                let rule = expect.rule.unwrap_or_default();
                let matched = expect.matched.map(|matched| format!(" match {matched}")).unwrap_or_default();
                wrong.push(format!("{at} took it, not {route} rule {rule}{matched}"));
            }
        }
        (Some(route), Some(Decided::Status(status))) => {
            wrong.push(format!("no rule took it ({status}), not {route}"));
        }
        (Some(route), Some(Decided::Closed)) => wrong.push(format!("no rule took it, not {route}")),
        (None, Some(Decided::Closed)) => differ("closed", Some(expect.closed), Some(true), wrong),
        (None, Some(Decided::Rule(at))) => wrong.push(format!("{at} took it, none should")),
        (None, Some(Decided::Status(status))) => {
            differ("status", expect.status, Some(*status), wrong);
        }
    }
}

fn became(expect: &Expect, observed: &Observed, wrong: &mut Vec<String>) {
    match (&observed.became, expect.status) {
        (None, _) => wrong.push("nothing became of it".to_owned()),
        (Some(Became::Closed), None) => differ("closed", Some(expect.closed), Some(true), wrong),
        (Some(became), None) if expect.closed => wrong.push(format!("it was not closed: {became:?}")),
        (Some(Became::Closed), Some(status)) => {
            wrong.push(format!("it was closed, instead of an answer {status}"));
        }
        (Some(Became::Forwarded(backend)), None) => {
            if let Some(expected) = &expect.backend {
                differ("backend", Some(expected.as_str()), Some(backend.as_str()), wrong);
            }
        }
        (Some(Became::Forwarded(backend)), Some(status)) => {
            wrong.push(format!("{backend} got it, instead of an answer {status}"));
        }
        (Some(Became::Answered { status, .. }), None) => {
            wrong.push(format!("it was answered {status}, no backend got it"));
        }
        (Some(Became::Answered { status, location }), Some(expected)) => {
            differ("status", Some(expected), Some(*status), wrong);
            differ("location", expect.location.as_deref(), location.as_deref(), wrong);
        }
    }
}

fn sent_as(what: &str, expect: &Upstream, sent: &Sent, wrong: &mut Vec<String>) {
    let pairs = [
        ("method", &expect.method, &sent.method),
        ("path", &expect.path, &sent.path),
        ("host", &expect.host, &sent.host),
    ];
    for (part, expected, actual) in pairs {
        if let Some(expected) = expected {
            differ(&format!("{what} {part}"), Some(expected.as_str()), Some(actual.as_str()), wrong);
        }
    }
    fields(what, &expect.headers, &sent.headers, wrong);
}

fn fields(
    what: &str,
    expect: &BTreeMap<String, Option<String>>,
    headers: &HeaderMap,
    wrong: &mut Vec<String>,
) {
    for (name, expected) in expect {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect();
        let actual = (!values.is_empty()).then(|| values.join(","));
        differ(&format!("{what} {name}"), expected.as_deref(), actual.as_deref(), wrong);
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: Option<T>,
    actual: Option<T>,
    wrong: &mut Vec<String>,
) {
    if expected != actual {
        let show =
            |value: Option<T>| value.map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"));
        wrong.push(format!("{what} is {}, not {}", show(actual), show(expected)));
    }
}

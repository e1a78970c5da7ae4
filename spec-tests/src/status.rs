use gateline::model::ObjectName;
use gateline_api::status::{self, ParentRef, Status};

use crate::file::{Attached, Condition, File};
use crate::world::World;

/// How the statuses and findings of a world differ from what its file expects. Nothing if they do not.
#[must_use]
pub fn check_status(file: &File, world: &World) -> Vec<String> {
    let statuses = &world.resolution.statuses;
    let mut wrong: Vec<String> = file.conditions.iter().filter_map(|one| condition(one, statuses)).collect();
    wrong.extend(file.attached.iter().filter_map(|one| attached(one, statuses)));
    if let Some(expected) = &file.findings {
        let mut codes: Vec<&str> =
            world.findings.iter().filter(|one| is_serious(one)).map(|one| one.code).collect();
        codes.sort_unstable();
        codes.dedup();
        if codes != *expected {
            wrong.push(format!("findings are {codes:?}, not {expected:?}"));
        }
    }
    wrong
}

fn is_serious(finding: &gateline_api::Finding) -> bool {
    finding.severity > gateline_api::Severity::Info
}

fn find<'a>(object: &str, statuses: &'a [Status]) -> Option<&'a Status> {
    let (kind, name) = object.split_once('/')?;
    let name = match name.split_once('/') {
        Some((namespace, name)) => ObjectName::new(namespace, name),
        None => ObjectName::new("", name),
    };
    statuses.iter().find(|status| *status.kind == *kind && status.name == name)
}

fn condition(expect: &Condition, statuses: &[Status]) -> Option<String> {
    let Condition { object, kind, .. } = expect;
    let place = expect.parent.as_ref().or(expect.listener.as_ref()).cloned().unwrap_or_default();
    let Some(status) = find(object, statuses) else { return Some(format!("{object} has no status")) };
    let Some(conditions) = conditions(expect, status) else {
        return Some(format!("{object}: no entry {place}"));
    };
    let Some(found) = conditions.iter().find(|found| found.kind == *kind) else {
        return Some(format!("{object} {place}: no condition {kind}"));
    };
    let actual = format!("{:?}", found.status);
    let same = actual == expect.status && expect.reason.as_ref().is_none_or(|reason| found.reason == *reason);
    let reason = expect.reason.as_deref().unwrap_or_default();
    (!same).then(|| {
        format!("{object} {place}: {kind} is {actual} {}, not {} {reason}", found.reason, expect.status)
    })
}

fn conditions<'a>(expect: &Condition, status: &'a Status) -> Option<&'a [status::Condition]> {
    match (&expect.parent, &expect.listener) {
        (Some(parent), _) => {
            let is = |reference: &ParentRef| parent_text(reference, &status.name) == *parent;
            Some(&status.parents.iter().find(|entry| is(&entry.parent_ref))?.conditions)
        }
        (None, Some(name)) => Some(&status.listeners.iter().find(|entry| entry.name == *name)?.conditions),
        (None, None) => Some(&status.conditions),
    }
}

/// `ns/name#section:port`.
fn parent_text(reference: &ParentRef, own: &ObjectName) -> String {
    let namespace = reference.namespace.as_deref().unwrap_or(&own.namespace);
    let section = reference.section_name.as_ref().map(|section| format!("#{section}")).unwrap_or_default();
    let port = reference.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{namespace}/{}{section}{port}", reference.name)
}

fn attached(expect: &Attached, statuses: &[Status]) -> Option<String> {
    let Attached { object, listener, .. } = expect;
    let status = find(object, statuses);
    let Some(found) = status.and_then(|status| status.listeners.iter().find(|entry| entry.name == *listener))
    else {
        return Some(format!("{object} has no listener {listener}"));
    };
    if found.attached_routes != expect.routes {
        return Some(format!("{object} {listener}: {} routes, not {}", found.attached_routes, expect.routes));
    }
    let mut kinds: Vec<&str> = found.supported_kinds.iter().map(|(_, kind)| kind.as_str()).collect();
    kinds.sort_unstable();
    let mut expected = expect.kinds.clone()?;
    expected.sort_unstable();
    (kinds != expected)
        .then(|| format!("{object} {listener}: supported kinds are {kinds:?}, not {expected:?}"))
}

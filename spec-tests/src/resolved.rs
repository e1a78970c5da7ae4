use std::time::Duration;

use gateline::model::{self, SessionKind};

use crate::file::{File, Retry, RuleData, Session, UpstreamData};
use crate::world::World;

/// How what rules and backends carry differs from what a file expects. Nothing if it does not.
#[must_use]
pub fn check_resolved(file: &File, world: &World) -> Vec<String> {
    let rules = file.rules.iter().filter_map(|expected| rule(expected, world));
    rules.chain(file.upstreams.iter().filter_map(|expected| upstream(expected, world))).collect()
}

fn rule(expect: &RuleData, world: &World) -> Option<String> {
    let routes = &world.resolution.model.routes;
    let route = routes.iter().find(|route| format!("{}/{}", route.kind, route.name) == expect.route);
    let Some(rule) = route.and_then(|route| route.rules.get(expect.rule)) else {
        return Some(format!("{} has no rule {}", expect.route, expect.rule));
    };
    let actual = (
        text(rule.timeouts.request),
        text(rule.timeouts.backend_request),
        rule.retry.as_ref().map(retry),
        rule.session.as_ref().map(session),
    );
    let expected = (
        expect.request.clone(),
        expect.backend_request.clone(),
        expect.retry.clone(),
        expect.session.clone(),
    );
    (actual != expected).then(|| format!("{} {}: {actual:?}, not {expected:?}", expect.route, expect.rule))
}

fn text(duration: Option<Duration>) -> Option<String> {
    duration.map(|duration| format!("{duration:?}"))
}

fn retry(retry: &model::Retry) -> Retry {
    Retry { attempts: retry.attempts, codes: retry.codes.clone(), backoff: text(retry.backoff) }
}

fn session(session: &model::SessionPersistence) -> Session {
    let kind = match &session.kind {
        SessionKind::Header => "header",
        SessionKind::Cookie { permanent: false, .. } => "cookie",
        SessionKind::Cookie { permanent: true, .. } => "permanent cookie",
    };
    let name = session.name.as_deref().map(str::to_owned);
    Session { kind: kind.to_owned(), name, absolute_timeout: text(session.absolute_timeout) }
}

fn upstream(expect: &UpstreamData, world: &World) -> Option<String> {
    let resolution = &world.resolution;
    let mut all = resolution.model.backends.iter().zip(&resolution.upstreams);
    let Some((_, found)) = all.find(|(backend, _)| backend.name.to_string() == expect.backend) else {
        return Some(format!("there is no backend {}", expect.backend));
    };
    let actual = match &found.tls {
        _ if found.broken_tls => "broken",
        Some(tls) => &tls.hostname,
        None => "clear",
    };
    (actual != expect.tls).then(|| format!("{}: TLS is {actual}, not {}", expect.backend, expect.tls))
}

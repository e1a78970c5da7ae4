//! What nginx changes in a request that it passes on, and in the answer.

use std::time::Duration;

use gateline::filter::{
    Cors, CorsOrigin, Filters, HeaderModifier, HostRewrite, PathModifier, ReplaceRegexMatch, Rewrite,
};
use gateline::model::{SessionKind, SessionPersistence};
use http::{HeaderName, HeaderValue, Method};

use super::annotations::Annotations;
use super::location::Location;
use super::policy::{self, Policies};
use super::regex;

const METHODS: &str = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const HEADERS: &str = "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";
const MAX_AGE: u32 = 1_728_000;

/// The filters of a location, and in `policies` what none of them does.
pub(crate) fn of(location: &Location, policies: &mut Policies) -> Filters {
    let annotations = &location.annotations;
    let path = location.rewrite_target().and_then(|target| {
        let path = rewrite(&location.path, target);
        if path.is_none() {
            policies.insert(policy::REWRITE.into(), format!("{} to {target}", location.path).into());
        }
        path
    });
    let cors = cors(annotations);
    let is_wild = |origin: &CorsOrigin| matches!(origin, CorsOrigin::Wildcard { .. });
    if cors.iter().flat_map(|cors| &cors.origins).any(is_wild) {
        let mut wild = annotations.list("cors-allow-origin");
        wild.retain(|origin| origin.contains('*'));
        policies.insert(policy::ORIGINS.into(), wild.join(", ").into());
    }
    let hostname = annotations.get("upstream-vhost").map(|host| HostRewrite::Literal(host.into()));
    let forwarded = annotations.get("x-forwarded-prefix").filter(|_| path.is_some());
    let forwarded = forwarded.and_then(|prefix| HeaderValue::from_str(prefix).ok());
    let set = forwarded.map(|prefix| (HeaderName::from_static("x-forwarded-prefix"), prefix));
    let changes = set.map(|entry| HeaderModifier { set: vec![entry], ..HeaderModifier::default() });
    let rewrite = (path.is_some() || hostname.is_some()).then_some(Rewrite { hostname, path });
    Filters { request_headers: changes, rewrite, cors, ..Filters::default() }
}

/// `rewrite "(?i)PATH" TARGET break`: the whole path becomes the target. `None` where the target has variables of nginx, a
/// query, or leads to another host.
pub(crate) fn rewrite(path: &str, target: &str) -> Option<PathModifier> {
    if target.contains("://") || target.contains('?') {
        return None;
    }
    if !target.contains('$') {
        return Some(PathModifier::Full(target.into()));
    }
    let pattern = if regex::has_branches(path) {
        format!("(?i)^.*?(?:{path}).*$")
    } else if path.ends_with("(.*)") || path.ends_with(".*$") || path.ends_with("(.*)$") {
        format!("(?i)^{path}")
    } else {
        format!("(?i)^{path}.*$")
    };
    // nginx takes a group that there is not for nothing.
    let groups = regex_syntax::parse(&pattern).ok()?.properties().explicit_captures_len();
    let mut substitution = String::new();
    let mut rest = target;
    while let Some((before, after)) = rest.split_once('$') {
        let digit = after.chars().next().filter(char::is_ascii_digit)?;
        substitution.push_str(&before.replace('\\', r"\\"));
        if digit.to_digit(10).is_some_and(|digit| digit as usize <= groups) {
            substitution.push('\\');
            substitution.push(digit);
        }
        rest = after.get(1..)?;
    }
    substitution.push_str(&rest.replace('\\', r"\\"));
    ReplaceRegexMatch::new(&pattern, &substitution).ok().map(PathModifier::Regex)
}

/// `enable-cors`. nginx sends `*` and `credentials` side by side, which browsers take as no credentials (Fetch, section
/// 3.2.5).
fn cors(annotations: &Annotations) -> Option<Cors> {
    if annotations.flag("enable-cors") != Some(true) {
        return None;
    }
    let written = annotations.list("cors-allow-origin");
    let any = written.is_empty() || written.iter().any(|origin| origin == "*");
    let origins = if any {
        vec![CorsOrigin::Any]
    } else {
        written.iter().filter_map(|text| CorsOrigin::parse(text)).collect()
    };
    let names = |text: &str| text.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>();
    let list = |name, default| names(annotations.get(name).unwrap_or(default));
    let methods = list("cors-allow-methods", METHODS);
    let headers = list("cors-allow-headers", HEADERS);
    let expose = annotations.list("cors-expose-headers");
    Some(Cors {
        origins,
        methods: Some(methods.iter().filter_map(|name| Method::from_bytes(name.as_bytes()).ok()).collect()),
        headers: Some(
            headers.iter().filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok()).collect(),
        ),
        expose: expose.iter().filter_map(|name| HeaderValue::from_str(name).ok()).collect(),
        credentials: !any && annotations.flag("cors-allow-credentials") != Some(false),
        max_age: annotations.number("cors-max-age").unwrap_or(MAX_AGE),
    })
}

/// `affinity: cookie`.
pub(crate) fn session(annotations: &Annotations) -> Option<SessionPersistence> {
    if annotations.get("affinity") != Some("cookie") {
        return None;
    }
    let age = annotations.number("session-cookie-max-age").or(annotations.number("session-cookie-expires"));
    let age = age.filter(|age| *age > 0);
    let path = annotations.get("session-cookie-path").unwrap_or("/").into();
    Some(SessionPersistence {
        name: Some(annotations.get("session-cookie-name").unwrap_or("INGRESSCOOKIE").into()),
        kind: SessionKind::Cookie { permanent: age.is_some(), path },
        absolute_timeout: age.map(|age| Duration::from_secs(age.into())),
        idle_timeout: None,
    })
}

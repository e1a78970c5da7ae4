//! Redirects that lead back to themselves (GL401): only loops that are certain.

use gateline::filter::{PathModifier, Redirect};
use gateline::model::{AttachedHostname, HostPattern, Listener, Match, Model, PathMatch, Protocol, Route};
use http::Method;

use crate::finding::{Finding, codes};

/// One finding for each rule that redirects to a URL it takes itself.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for listener in &model.listeners {
        let Some(scheme) = scheme(listener.protocol) else { continue };
        for attached in &listener.attached {
            let Some(route) = model.routes.get(attached.route.0 as usize) else { continue };
            for (i, rule) in route.rules.iter().enumerate() {
                let Some(redirect) = &rule.filters.redirect else { continue };
                let loops = goes_to(redirect, scheme, listener.port)
                    && attached.hostnames.iter().any(|hostname| stays_on_host(redirect, hostname))
                    && rule.matches.iter().any(|matched| comes_back(redirect, matched));
                if loops && seen.insert((attached.route, i)) {
                    findings.push(found(route, i, listener, scheme));
                }
            }
        }
    }
    findings
}

fn scheme(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Http => Some("http"),
        Protocol::Https => Some("https"),
        Protocol::Tls | Protocol::Tcp | Protocol::Udp => None,
    }
}

/// Whether the new URL has the scheme and port of the listener (HTTPRequestRedirectFilter, "port").
fn goes_to(redirect: &Redirect, scheme: &str, port: u16) -> bool {
    let target = redirect.scheme.as_deref().unwrap_or(scheme);
    let target_port = match (redirect.port, redirect.scheme.as_deref()) {
        (Some(port), _) => port,
        (None, Some("http")) => 80,
        (None, Some("https")) => 443,
        (None, _) => port,
    };
    target == scheme && target_port == port
}

fn stays_on_host(redirect: &Redirect, hostname: &AttachedHostname) -> bool {
    match (redirect.hostname.as_deref(), &hostname.effective) {
        (None, _) | (_, None) => true,
        (Some(host), Some(HostPattern::Exact(name))) => host.eq_ignore_ascii_case(name),
        (Some(host), Some(pattern)) => pattern.matches(&host.to_ascii_lowercase()),
    }
}

/// Whether a request that took this match and follows the redirect takes it again. Browsers may turn other methods
/// into GET, so a match on another method is no certain loop.
fn comes_back(redirect: &Redirect, matched: &Match) -> bool {
    let method = matches!(matched.method, None | Some(Method::GET | Method::HEAD));
    let path = match (&redirect.path, &matched.path) {
        (None, _) => true,
        (Some(PathModifier::Full(new)), PathMatch::Exact(path)) => new == path,
        (Some(PathModifier::Full(new) | PathModifier::Prefix(new)), PathMatch::Prefix(prefix)) => {
            starts_with(new, prefix)
        }
        _ => false,
    };
    method && path
}

/// By whole path elements.
fn starts_with(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn found(route: &Route, rule: usize, listener: &Listener, scheme: &str) -> Finding {
    let origin = route.rules.get(rule).map_or_else(|| route.origin.clone(), |rule| rule.origin.clone());
    let message = format!(
        "rule {rule} of {} {} redirects {scheme} requests of listener {} to the URL they came for: clients that reach it loop",
        route.kind, route.name, listener.name
    );
    let help = match scheme {
        "https" => {
            "set sectionName in the parentRef to the HTTP listener, and let that listener take the route"
        }
        _ => "redirect to another scheme, host, port or path",
    };
    Finding::new(&codes::GL401, origin, message).help(help).related("the listener", listener.origin.clone())
}

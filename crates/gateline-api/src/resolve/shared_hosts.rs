//! HTTPRoutes and GRPCRoutes that take the same hosts of a listener (`GRPCRouteSpec`, "hostnames").

use std::collections::{BTreeMap, BTreeSet};

use gateline::model::{AttachedRoute, HostPattern, Listener, Model, Route, RouteKind};

use crate::finding::{Finding, codes};

/// GL208, once for each GRPCRoute. O(n log n) in the number of hostnames that are attached.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for listener in &model.listeners {
        let http = Hosts::new(of_kind(model, listener, RouteKind::Http));
        for (attached, route) in of_kind(model, listener, RouteKind::Grpc) {
            let mut effective = attached.hostnames.iter().map(|hostname| hostname.effective.as_ref());
            let Some(other) = effective.find_map(|pattern| http.meet(pattern)) else { continue };
            if told.insert(attached.route) {
                findings.push(finding(listener, route, other));
            }
        }
    }
    findings
}

fn of_kind<'m>(
    model: &'m Model,
    listener: &'m Listener,
    kind: RouteKind,
) -> impl Iterator<Item = (&'m AttachedRoute, &'m Route)> {
    let route = |attached: &AttachedRoute| model.routes.get(attached.route.0 as usize);
    let routes = listener.attached.iter().filter_map(move |attached| Some((attached, route(attached)?)));
    routes.filter(move |(_, route)| route.kind == kind)
}

fn finding(listener: &Listener, route: &Route, other: &Route) -> Finding {
    let message = format!(
        "GRPCRoute {} and HTTPRoute {} take the same host on listener {}: the path decides between them, not the content type",
        route.name, other.name, listener.name
    );
    Finding::new(&codes::GL208, route.origin.clone(), message)
        .help("give them different hostnames: another implementation may refuse the younger of the two")
        .related("the HTTPRoute", other.origin.clone())
}

/// Which route takes a host, found by [`HostPattern::intersect`]'s rule without comparing with each.
#[derive(Default)]
struct Hosts<'m> {
    first: Option<&'m Route>,
    any: Option<&'m Route>,
    /// By labels from the last to the first, and whether it is a wildcard.
    patterns: BTreeMap<(String, bool), &'m Route>,
}

impl<'m> Hosts<'m> {
    fn new(routes: impl Iterator<Item = (&'m AttachedRoute, &'m Route)>) -> Self {
        let mut hosts = Self::default();
        for (attached, route) in routes {
            for hostname in &attached.hostnames {
                hosts.first.get_or_insert(route);
                match &hostname.effective {
                    None => drop(hosts.any.get_or_insert(route)),
                    Some(pattern) => drop(hosts.patterns.entry(key(pattern)).or_insert(route)),
                }
            }
        }
        hosts
    }

    /// A route with a hostname that has hosts in common with this one.
    fn meet(&self, pattern: Option<&HostPattern>) -> Option<&'m Route> {
        let Some(pattern) = pattern else { return self.first };
        let (labels, wildcard) = key(pattern);
        let above = labels.match_indices('.').filter_map(|(end, _)| labels.get(..end));
        let mut wider = above.chain(wildcard.then_some(labels.as_str()));
        let wider = wider.find_map(|parent| self.patterns.get(&(parent.to_owned(), true)));
        wider.or_else(|| self.within(&labels, wildcard)).or(self.any.as_ref()).copied()
    }

    fn within(&self, labels: &str, wildcard: bool) -> Option<&&'m Route> {
        if !wildcard {
            return self.patterns.get(&(labels.to_owned(), false));
        }
        let prefix = format!("{labels}.");
        let (found, route) = self.patterns.range((prefix.clone(), false)..).next()?;
        found.0.starts_with(&prefix).then_some(route)
    }
}

fn key(pattern: &HostPattern) -> (String, bool) {
    let (name, wildcard) = match pattern {
        HostPattern::Exact(name) => (name, false),
        HostPattern::Wildcard(suffix) | HostPattern::Label(suffix) => (suffix, true),
    };
    (name.rsplit('.').collect::<Vec<_>>().join("."), wildcard)
}

use std::collections::BTreeMap;
use std::sync::Arc;

use gateline::analysis::{Lead, LeadEnd, MatchRef, Reach, redirects};
use gateline::model::{AttachedRoute, Listener, RouteId};
use gateline::{Model, Options, Router};

use super::names::{Names, RuleRef};
use crate::finding::{Finding, codes};

/// Locations that are shown of a circle.
const SHOWN: usize = 3;

/// GL401 and GL403: redirects in a circle, and to where the Gateway has nothing. One for each rule.
pub(super) fn findings(names: Names<'_>, router: &Router, reach: &BTreeMap<MatchRef, Reach>) -> Vec<Finding> {
    let mut leads: BTreeMap<RuleRef, Lead> = BTreeMap::new();
    let mut add = |of: MatchRef, lead: Lead| {
        let known = leads.entry((of.route, of.rule)).or_insert_with(|| lead.clone());
        if lead.end == LeadEnd::Loop && known.end != LeadEnd::Loop {
            *known = lead;
        }
    };
    for (of, lead) in redirects(router) {
        add(of, lead);
    }
    // A rule that gets nothing now may get everything once another route goes: does it take what it redirects?
    for (of, verdict) in reach {
        let redirects = names.rule((of.route, of.rule)).is_some_and(|rule| rule.filters.redirect.is_some());
        if redirects && matches!(verdict, Reach::Covered(_)) {
            let router = alone(names, *of)
                .and_then(|model| Router::compile(Arc::new(model), &Options::default()).ok());
            for lead in router.iter().flat_map(circles) {
                add(*of, lead);
            }
        }
    }
    leads.into_iter().map(|(rule, lead)| finding(names, rule, &lead)).collect()
}

fn circles(router: &Router) -> Vec<Lead> {
    redirects(router).into_values().filter(|lead| lead.end == LeadEnd::Loop).collect()
}

/// The listeners with that rule alone.
fn alone(names: Names<'_>, of: MatchRef) -> Option<Model> {
    let mut route = names.route(of.route)?.clone();
    route.rules = vec![names.rule((of.route, of.rule))?.clone()];
    let mut listeners = Vec::new();
    for listener in &names.model.listeners {
        let attached = listener.attached.iter().filter(|attached| attached.route == of.route);
        let attached: Vec<AttachedRoute> = attached
            .map(|one| AttachedRoute { route: RouteId(0), hostnames: one.hostnames.clone() })
            .collect();
        if !attached.is_empty() {
            listeners.push(Listener { attached, ..bare(listener) });
        }
    }
    Some(Model { listeners, routes: vec![route], backends: Vec::new() })
}

/// Without routes.
fn bare(listener: &Listener) -> Listener {
    Listener {
        name: listener.name.clone(),
        port: listener.port,
        protocol: listener.protocol,
        mode: listener.mode,
        hostname: listener.hostname.clone(),
        filters: Vec::new(),
        attached: Vec::new(),
        origin: listener.origin.clone(),
    }
}

fn finding(names: Names<'_>, rule: RuleRef, lead: &Lead) -> Finding {
    let from = format!("{} redirects {}", names.rule_name(rule), lead.witness);
    let last = lead.trail.last().map(String::as_str).unwrap_or_default();
    let origin = names.rule_origin(rule);
    match lead.end {
        LeadEnd::Loop => {
            let trail: Vec<&str> = lead.trail.iter().take(SHOWN).map(String::as_str).collect();
            let message = format!("{from} in a circle: to {}, and so on", trail.join(", to "));
            Finding::new(&codes::GL401, origin, message).help(
                "redirect to another scheme, host, port or path; a redirect to https belongs on the HTTP listener \
                 alone (sectionName in the parentRef)",
            )
        }
        LeadEnd::NoListener(port) => {
            let message = format!(
                "{from} to {last}, but Gateway {} has no listener on port {port}",
                lead.witness.gateway
            );
            Finding::new(&codes::GL403, origin, message)
                .help("add the listener, or redirect to a port that something listens on")
        }
        LeadEnd::Error(status) => {
            let message = format!("{from} to {last}, which the Gateway answers {}", status.as_u16());
            Finding::new(&codes::GL403, origin, message)
                .help("add a rule that takes the location, or redirect elsewhere")
        }
    }
}

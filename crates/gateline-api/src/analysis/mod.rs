//! Findings about all requests at once: what [`gateline::analysis`] proves, with places and words.

mod implementations;
mod names;
mod order;
mod reach;
mod redirected;
mod redirects;
mod regexes;
mod target;

use std::collections::BTreeMap;
use std::sync::Arc;

use gateline::analysis::{self, MatchRef, Reach, Unknown};
use gateline::{Model, Router};

use self::names::Names;
pub use self::regexes::plain_path;
pub use self::target::Target;
use crate::finding::{Finding, codes};

/// What no request reaches, what only age or name decides, what redirects in a circle, what other implementations do
/// otherwise: everything that takes a look at all requests. A model that does not compile has other findings already.
///
/// See [`gateline::analysis`] for what is looked at and what it costs: linear where rules differ by host, path or prefix.
#[must_use]
pub fn analyse(model: &Model, target: &Target) -> Vec<Finding> {
    let adapted = target.profile.adapt(model.clone());
    let Ok(router) = Router::compile(Arc::new(adapted), &target.options()) else { return Vec::new() };
    let names = Names { model };
    let below = implementations::ranked_below(model, target);
    let mut reach = analysis::reach(&router);
    if let Some(below) = &below {
        reached_in_either(&mut reach, below);
    }
    let overlaps = analysis::overlaps(&router);
    let mut findings = reach::findings(names, &reach);
    findings.extend(order::findings(names, &reach, &overlaps));
    findings.extend(redirects::findings(names, &router, &reach));
    findings.extend(redirected::findings(names, &router));
    findings.extend(implementations::findings(names, (&router, below.as_ref()), target));
    findings.extend(regexes::findings(model, target));
    findings.extend(overlaps.unknown.iter().map(unproved));
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings.dedup();
    findings
}

/// What some request reaches wherever regular expressions may rank is not dead: GL503 says what depends on it.
fn reached_in_either(reach: &mut BTreeMap<MatchRef, Reach>, below: &Router) {
    if reach.values().any(|verdict| matches!(verdict, Reach::Covered(_))) {
        let other = analysis::reach(below);
        for (of, verdict) in reach.iter_mut().filter(|(_, verdict)| matches!(verdict, Reach::Covered(_))) {
            if let Some(reached @ Reach::Reached(_)) = other.get(of) {
                *verdict = reached.clone();
            }
        }
    }
}

fn unproved(unknown: &Unknown) -> Finding {
    let message = format!("whether requests are fought over here could not be found out: {}", unknown.reason);
    Finding::new(&codes::GL210, unknown.origin.clone(), message)
}

//! Findings about all requests at once: what [`gateline::analysis`] proves, with places and words.

mod names;
mod order;
mod reach;
mod redirects;

use std::sync::Arc;

use gateline::analysis::{self, Unknown};
use gateline::{Model, Options, Router};

use self::names::Names;
use crate::finding::{Finding, codes};

/// What no request reaches, what only age or name decides, what redirects in a circle: everything that takes a look at all
/// requests. A model that does not compile has other findings already.
///
/// See [`gateline::analysis`] for what is looked at and what it costs: linear where rules differ by host, path or prefix.
#[must_use]
pub fn analyse(model: &Model, options: &Options) -> Vec<Finding> {
    let Ok(router) = Router::compile(Arc::new(model.clone()), options) else { return Vec::new() };
    let names = Names { model };
    let reach = analysis::reach(&router);
    let overlaps = analysis::overlaps(&router);
    let mut findings = reach::findings(names, &reach);
    findings.extend(order::findings(names, &reach, &overlaps));
    findings.extend(redirects::findings(names, &router, &reach));
    findings.extend(overlaps.unknown.iter().map(unproved));
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings.dedup();
    findings
}

fn unproved(unknown: &Unknown) -> Finding {
    let message = format!("whether requests are fought over here could not be found out: {}", unknown.reason);
    Finding::new(&codes::GL210, unknown.origin.clone(), message)
}

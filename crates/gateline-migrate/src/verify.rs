use std::collections::BTreeSet;
use std::sync::Arc;

use gateline::analysis::{Change, ChangeKind, Effect, Hosts, MatchRef, diff};
use gateline::{CompileError, Options, Router};
use gateline_testing::Side;
use serde::Serialize;

use crate::accept::Accept;
use crate::cause::Both;
use crate::classify::causes;
use crate::difference::Difference;
use crate::source::Source;
use crate::target::Target;

/// Whether Gateway API objects do what Ingresses did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// Every class of requests that differs; those that were accepted come last.
    pub differences: Vec<Difference>,
    /// What could not be compared, in words. Empty, and no differences: proved to do the same.
    pub unknown: Vec<String>,
    /// What the controller does without being asked; see [`Source::implicit`].
    pub implicit: Vec<String>,
    /// Rules of the Ingresses, and how many of them no difference concerns.
    pub rules: Rules,
    /// What was accepted and is not there any more, or not in these words.
    pub unused: Vec<String>,
    /// Hosts that only the Gateway names: new, and no difference.
    pub added: Vec<String>,
}

/// See [`Verification::rules`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// Proved to be the same for every request.
    pub same: usize,
    /// All.
    pub all: usize,
}

impl Verification {
    /// Whether it is proved that nothing differs.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.differences.is_empty() && self.unknown.is_empty()
    }

    /// The differences that nobody accepted.
    pub fn open(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| !difference.accepted)
    }
}

/// Compares what Ingresses do with what Gateway API objects do, over all requests ([`gateline::analysis`] has the model and
/// what it costs).
pub fn verify(
    source: &Source,
    target: &Target,
    options: &Options,
    accept: &[Accept],
) -> Result<Verification, CompileError> {
    let before = Router::compile(Arc::new(source.model.clone()), options)?;
    let after = Router::compile(Arc::new(target.model.clone()), options)?;
    let found = diff(&before, &after);
    let both = Both { before: &before, after: &after };
    let mut differences: Vec<Difference> = Vec::new();
    let (mut touched, mut added) = (BTreeSet::new(), BTreeSet::new());
    for change in found.changes.iter().filter(|change| !is_sharing(change)) {
        if is_new(source, change) {
            added.extend(change.hosts.iter().map(ToString::to_string));
            continue;
        }
        touched.extend(change.before.matched.map(rule));
        for (cause, witness) in causes(source, both, change) {
            let sides = [Side::new(&change.before, &before), Side::new(&change.after, &after)];
            differences.push(Difference::new(cause, change, sides, &witness));
        }
    }
    for difference in &mut differences {
        difference.accepted = accept.iter().any(|accept| accept.is_of(difference));
    }
    differences.sort_by(|a, b| a.order().cmp(&b.order()));
    let unused = accept.iter().flat_map(|accept| accept.unused(&differences)).collect();
    let all: usize = source.model.routes.iter().map(|route| route.rules.len()).sum();
    let unknown = source.unknown.iter().chain(&target.unknown).cloned();
    Ok(Verification {
        unknown: unknown.chain(found.unknown.iter().map(ToString::to_string)).collect(),
        implicit: source.implicit.clone(),
        rules: Rules { same: all - touched.len(), all },
        differences,
        unused,
        added: added.into_iter().collect(),
    })
}

fn rule(of: MatchRef) -> (u32, u16) {
    (of.route.0, of.rule)
}

/// Whether a change is about hosts that the target names and no Ingress does.
fn is_new(source: &Source, change: &Change) -> bool {
    let attached = || source.model.listeners.iter().flat_map(|listener| &listener.attached);
    let named = |name: &str| {
        let mut patterns = attached().flat_map(|attached| &attached.hostnames);
        patterns.any(|hostname| hostname.effective.as_ref().is_none_or(|pattern| pattern.matches(name)))
    };
    let is_new = |hosts: &Hosts| match hosts {
        Hosts::Exact(name) => !named(name),
        Hosts::Under(suffix) => !named(suffix) && !named(&format!("any.{suffix}")),
        Hosts::Other | Hosts::Label(_) | Hosts::Deeper(_) => false,
    };
    change.before.matched.is_none() && change.hosts.iter().all(is_new)
}

/// Which hosts share a TLS connection is up to the Gateway (GEP-3567); [`Source::implicit`] says so.
fn is_sharing(change: &Change) -> bool {
    change.kind == ChangeKind::Tls
        && [&change.before.effect, &change.after.effect].into_iter().any(|effect| *effect == Effect::Requests)
}

//! What a more specific policy replaces.

use std::collections::{BTreeMap, BTreeSet};

use gateline::model::{Listener, Model, ObjectName};

use super::ancestors::Ancestors;
use super::policies::{Claim, Target, describe};
use crate::finding::{Finding, codes};
use crate::object::Object;

/// A policy replaces the less specific ones as a whole, unless it merges: rule, route, listener of a ListenerSet,
/// ListenerSet, listener of a Gateway, Gateway.
pub(super) fn find(model: &Model, claims: &mut [Claim<'_>], findings: &mut Vec<Finding>) {
    let index: BTreeMap<&Target, usize> = claims
        .iter()
        .enumerate()
        .filter(|(_, claim)| claim.fault.is_none())
        .rev()
        .map(|(i, c)| (&c.target, i))
        .collect();
    let mut replaced: BTreeMap<usize, BTreeMap<usize, BTreeSet<String>>> = BTreeMap::new();
    for listener in &model.listeners {
        let holders = holders(listener, &index);
        mark(&holders, claims, &format!("listener {}", listener.name), &mut replaced);
        for attached in &listener.attached {
            let Some(route) = model.routes.get(attached.route.0 as usize) else { continue };
            let at = |section: Option<&str>| {
                index.get(&target(route.kind.as_str(), &route.name, section)).copied()
            };
            let what = format!("{} {}", route.kind, route.name);
            let whole = at(None);
            let mut chain: Vec<usize> = whole.into_iter().chain(holders.iter().copied()).collect();
            mark_first(&chain, claims, &what, &mut replaced);
            for name in route.rules.iter().filter_map(|rule| rule.name.as_deref()) {
                if let Some(rule) = at(Some(name)) {
                    chain.insert(0, rule);
                    mark_first(&chain, claims, &format!("rule {name} of {what}"), &mut replaced);
                    chain.remove(0);
                }
            }
        }
    }
    for (winner, losers) in replaced {
        for (loser, what) in losers {
            let Some((by, of)) = claims.get(winner).zip(claims.get(loser)) else { continue };
            findings.push(replaces(by, of, &what));
            if let Some(claim) = claims.get_mut(loser) {
                claim.overridden.extend(what);
            }
        }
    }
}

fn target(kind: &str, name: &ObjectName, section: Option<&str>) -> Target {
    Target { kind: kind.to_owned(), name: name.clone(), section: section.map(ToOwned::to_owned) }
}

/// The policies on a listener and on what holds it, most specific first.
fn holders(listener: &Listener, index: &BTreeMap<&Target, usize>) -> Vec<usize> {
    let name = &listener.name;
    let section = Some(&*name.section);
    let mut targets = Vec::new();
    match &name.set {
        Some(set) => {
            targets.push(target("ListenerSet", set, section));
            targets.push(target("ListenerSet", set, None));
        }
        None => targets.push(target("Gateway", &name.gateway, section)),
    }
    targets.push(target("Gateway", &name.gateway, None));
    targets.iter().filter_map(|target| index.get(target).copied()).collect()
}

type Replaced = BTreeMap<usize, BTreeMap<usize, BTreeSet<String>>>;

/// The first policy of a chain replaces all that follow.
fn mark_first(chain: &[usize], claims: &[Claim<'_>], what: &str, replaced: &mut Replaced) {
    let Some((first, rest)) = chain.split_first() else { return };
    let specific = claims.get(*first).is_some_and(|claim| claim.is_route() && !claim.merges);
    for loser in rest.iter().filter(|_| specific) {
        replaced.entry(*first).or_default().entry(*loser).or_default().insert(what.to_owned());
    }
}

/// The same among the policies on a listener and its holders.
fn mark(holders: &[usize], claims: &[Claim<'_>], what: &str, replaced: &mut Replaced) {
    let Some((first, rest)) = holders.split_first() else { return };
    for loser in rest.iter().filter(|_| claims.get(*first).is_some_and(|claim| !claim.merges)) {
        replaced.entry(*first).or_default().entry(*loser).or_default().insert(what.to_owned());
    }
}

fn replaces(by: &Claim<'_>, of: &Claim<'_>, what: &BTreeSet<String>) -> Finding {
    let message = format!(
        "{} replaces {} as a whole for {}: what only the latter says ({}) does not hold there",
        by.title(),
        of.title(),
        list(what),
        settings(of.policy)
    );
    finish(Finding::new(&codes::GL802, by.policy.origin(&by.path), message), by, of)
}

/// What would come of a policy whose target is in another namespace, once that is put right.
pub(super) fn if_found(
    dead: &[Claim<'_>],
    claims: &[Claim<'_>],
    ancestors: &Ancestors,
    findings: &mut Vec<Finding>,
) {
    for claim in dead.iter().filter(|claim| claim.is_route() && !claim.merges) {
        let gateways = ancestors.gateways_named_by(&claim.target.kind, &claim.target.name);
        for of in claims.iter().filter(|of| of.target.kind == "Gateway" && gateways.contains(&of.target.name))
        {
            let message = format!(
                "{} would replace {} as a whole for {}, once it is in the namespace of its target: what only the latter \
                 says ({}) would not hold there",
                claim.title(),
                of.title(),
                describe(&claim.target),
                settings(of.policy)
            );
            findings.push(finish(
                Finding::new(&codes::GL802, claim.policy.origin(&claim.path), message),
                claim,
                of,
            ));
        }
    }
}

fn finish(finding: Finding, by: &Claim<'_>, of: &Claim<'_>) -> Finding {
    let help = if by.is_route() {
        "set mergeType: StrategicMerge in the more specific policy to keep both, or repeat there what must hold"
    } else {
        "repeat in the more specific policy what must hold"
    };
    finding.help(help).related("the policy that is replaced", of.policy.origin(&of.path))
}

pub(super) fn list(what: &BTreeSet<String>) -> String {
    const SHOWN: usize = 5;
    let shown = what.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if what.len() > SHOWN { format!("{shown} and {} more", what.len() - SHOWN) } else { shown }
}

/// The fields of a policy that are not about its attachment.
fn settings(policy: &Object) -> String {
    let spec = policy.value.get("spec").and_then(serde_json::Value::as_object);
    let keys = spec.into_iter().flatten().map(|(key, _)| key.as_str());
    keys.filter(|key| !key.starts_with("target") && *key != "mergeType").collect::<Vec<_>>().join(", ")
}

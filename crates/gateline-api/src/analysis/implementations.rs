use std::collections::BTreeMap;
use std::sync::Arc;

use gateline::analysis::{Change, Party, diff};
use gateline::model::{Model, PathMatch, RouteKind};
use gateline::{Feature, Options, Profile, RegexRank, Router};

use super::names::{Names, RuleRef};
use super::target::Target;
use crate::finding::{Finding, codes};

/// GL503, GL506 and GL507: what depends on the implementation, over all requests.
pub(super) fn findings(
    names: Names<'_>,
    (router, below): (&Router, Option<&Router>),
    target: &Target,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(below) = below {
        findings.extend(by_rank(names, router, below));
    }
    let spec = (target.profile != Profile::SPEC).then_some(Profile::SPEC);
    for other in spec.into_iter().chain(target.also.iter().copied()).filter(|one| one.routes) {
        findings.extend(between(names, router, target, other));
    }
    for profile in [target.profile].into_iter().chain(target.also.iter().copied()) {
        findings.extend(lacking(names, profile));
    }
    findings
}

fn has_regex(model: &Model) -> bool {
    let mut rules = model.routes.iter().flat_map(|route| &route.rules);
    rules.any(|rule| rule.matches.iter().any(|one| matches!(one.path, PathMatch::Regex(_))))
}

/// The router with regular expressions below prefixes, where nothing says how they rank and it may make a difference.
pub(super) fn ranked_below(model: &Model, target: &Target) -> Option<Router> {
    if !target.rank_is_open() || !has_regex(model) {
        return None;
    }
    let mut options = Profile::SPEC.options();
    options.regex_rank = RegexRank::BelowPrefix;
    compile(model.clone(), &options)
}

fn compile(model: Model, options: &Options) -> Option<Router> {
    Router::compile(Arc::new(model), options).ok()
}

fn by_rank(names: Names<'_>, router: &Router, below: &Router) -> Vec<Finding> {
    let finding = |change: &Change| {
        let message = format!(
            "{} goes to {} where regular expressions rank above prefixes, and to {} where they rank below: the \
             specification leaves it open",
            change.witness,
            names.party(&change.before),
            names.party(&change.after)
        );
        let help = "make one match more specific in another way (Exact, method, header), or name your implementation \
                    with --profile";
        related(names, Finding::new(&codes::GL503, names.place(change), message).help(help), change)
    };
    each(&diff(router, below).changes).map(finding).collect()
}

/// What two implementations do otherwise with the same rules.
fn between(names: Names<'_>, router: &Router, target: &Target, other: Profile) -> Vec<Finding> {
    let model = other.adapt(names.model.clone());
    let Some(theirs) = compile(model, &other.options()) else { return Vec::new() };
    let who = |profile: Profile| match profile {
        Profile::SPEC => "by the specification".to_owned(),
        profile => format!("on {profile}"),
    };
    let finding = |change: &Change| {
        let message = format!(
            "{} goes to {} {}, and to {} {}",
            change.witness,
            names.party(&change.before),
            who(target.profile),
            names.party(&change.after),
            who(other)
        );
        let help = "give the rules matches that no request satisfies both of";
        related(names, Finding::new(&codes::GL506, names.place(change), message).help(help), change)
    };
    each(&diff(router, &theirs).changes).map(finding).collect()
}

/// One change for every two rules.
fn each(changes: &[Change]) -> impl Iterator<Item = &Change> {
    let rule = |party: &Party| party.matched.map(|of| (of.route, of.rule));
    let mut pairs: BTreeMap<[Option<RuleRef>; 2], &Change> = BTreeMap::new();
    for change in changes {
        pairs.entry([rule(&change.before), rule(&change.after)]).or_insert(change);
    }
    pairs.into_values()
}

fn related(names: Names<'_>, finding: Finding, change: &Change) -> Finding {
    match (change.before.matched, change.after.matched) {
        (Some(_), Some(other)) => finding.related("the other rule", names.origin(other)),
        _ => finding,
    }
}

impl Names<'_> {
    /// `rule 0 of HTTPRoute a/b`, or what becomes of a request that no rule takes.
    fn party(self, party: &Party) -> String {
        match party.matched {
            Some(of) => self.rule_name((of.route, of.rule)),
            None => party.effect.to_string(),
        }
    }

    fn place(self, change: &Change) -> gateline::model::Origin {
        change.before.matched.or(change.after.matched).map(|of| self.origin(of)).unwrap_or_default()
    }
}

fn lacking(names: Names<'_>, profile: Profile) -> Vec<Finding> {
    let finding = |what: &str, origin: &gateline::model::Origin| {
        let message = format!("{profile} does not have {what}");
        Finding::new(&codes::GL507, origin.clone(), message)
            .help("use a policy of the implementation, or another implementation")
    };
    let mut findings = Vec::new();
    if profile.lacks.contains(&Feature::ListenerFilters) {
        let filters = names.model.listeners.iter().flat_map(|listener| &listener.filters);
        findings.extend(filters.map(|filter| finding("filters of listeners", &filter.origin)));
    }
    for route in &names.model.routes {
        for rule in &route.rules {
            if profile.lacks.contains(&Feature::ExternalAuth) {
                let filters = rule.filters.auth.iter();
                findings.extend(filters.map(|auth| finding("the filter ExternalAuth", &auth.origin)));
            }
            let session = route.kind == RouteKind::Grpc && rule.session.is_some();
            if session && profile.lacks.contains(&Feature::GrpcSessionPersistence) {
                findings.push(finding("sessionPersistence of GRPCRoutes", &rule.origin));
            }
        }
    }
    findings
}

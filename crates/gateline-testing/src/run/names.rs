//! Whether the names of a test exist: a test of what does not exist would tell nothing.

use std::collections::BTreeSet;

use gateline::model::{Listener, Model, ObjectName, Place, Target};
use gateline_api::nearest;
use gateline_api::objects::GATEWAY;

use super::judge::ends_with_name;
use crate::load::World;
use crate::suite::{Case, Claim, Expect, Invariant, Named, RuleIndex, RuleName, SuiteError};

/// What there is, by name.
pub(super) struct Names<'w> {
    model: &'w Model,
    gateways: Vec<ObjectName>,
    backends: BTreeSet<String>,
    secrets: BTreeSet<&'w ObjectName>,
}

impl<'w> Names<'w> {
    pub(super) fn of(world: &'w World) -> Self {
        let model = &world.resolution.model;
        let targets =
            model.routes.iter().flat_map(|route| &route.rules).flat_map(|rule| rule.backends.iter());
        let invalid = targets.filter_map(|backend| match &backend.target {
            Target::Invalid { reference, .. } => Some(reference.to_string()),
            Target::Backend(_) => None,
        });
        let backends = model.backends.iter().map(|backend| backend.name.to_string()).chain(invalid).collect();
        let tls = world.resolution.tls.iter().flatten();
        let secrets = tls.flat_map(|tls| tls.certificates.iter().map(|one| &one.secret).chain(&tls.missing));
        let gateways = world.objects.of_kind(GATEWAY, "Gateway").map(|object| object.name.clone());
        Self { model, gateways: gateways.collect(), backends, secrets: secrets.collect() }
    }

    /// The Gateway a test names.
    pub(super) fn gateway(&self, name: &Named) -> Result<ObjectName, SuiteError> {
        let mut meant = self.gateways.iter().filter(|gateway| name.means(gateway));
        match (meant.next(), meant.next()) {
            (Some(one), None) => Ok(one.clone()),
            (None, _) => Err(unknown(
                "Gateway",
                &name.to_string(),
                &name.place,
                self.gateways.iter().map(ToString::to_string),
            )),
            (Some(one), Some(other)) => Err(SuiteError {
                place: name.place.clone(),
                message: format!("`{name}` may be Gateway {one} or {other}"),
                help: Some(format!("write {one}")),
            }),
        }
    }

    /// Everything of a case that does not exist.
    pub(super) fn check(&self, case: &Case) -> Vec<SuiteError> {
        let mut errors = self.expect(&case.expect);
        errors.extend(
            case.follow
                .iter()
                .filter_map(|follow| follow.ends_at.as_ref())
                .flat_map(|expect| self.expect(expect)),
        );
        errors.extend(case.created.iter().filter_map(|name| unknown_rule(self.model, name)));
        errors
    }

    /// Everything of an invariant that does not exist.
    pub(super) fn invariant(&self, invariant: &Invariant) -> Vec<SuiteError> {
        let mut errors = self.claim(&invariant.claim);
        errors.extend(invariant.created.iter().filter_map(|name| unknown_rule(self.model, name)));
        errors
    }

    fn claim(&self, claim: &Claim) -> Vec<SuiteError> {
        let backend = claim.backend.as_ref().and_then(Option::as_ref).and_then(|name| self.backend(name));
        backend
            .into_iter()
            .chain(claim.rule.as_ref().and_then(|name| unknown_rule(self.model, name)))
            .collect()
    }

    fn expect(&self, expect: &Expect) -> Vec<SuiteError> {
        let split = expect.split.iter().flatten().map(|(name, _)| name);
        let mut errors: Vec<_> = split.chain(&expect.backend).filter_map(|name| self.backend(name)).collect();
        errors.extend(expect.rule.as_ref().and_then(|name| unknown_rule(self.model, name)));
        errors.extend(expect.listener.as_ref().and_then(|(name, place)| self.listener(name, place)));
        if let Some(name) = &expect.certificate
            && !self.secrets.iter().any(|secret| name.means(secret))
        {
            let all = self.secrets.iter().map(ToString::to_string);
            errors.push(unknown("certificate of a listener", &name.to_string(), &name.place, all));
        }
        errors
    }

    fn backend(&self, name: &Named) -> Option<SuiteError> {
        let known = self.backends.iter().any(|backend| name.means_backend(backend));
        (!known).then(|| {
            unknown("backend of any rule", &name.to_string(), &name.place, self.backends.iter().cloned())
        })
    }

    fn listener(&self, name: &str, place: &Place) -> Option<SuiteError> {
        let all = || self.model.listeners.iter().map(|listener: &Listener| listener.name.to_string());
        let known = all().any(|whole| ends_with_name(&whole, name));
        (!known).then(|| unknown("listener", name, place, all()))
    }
}

/// What is wrong with a name that means no rule.
pub(crate) fn unknown_rule(model: &Model, name: &RuleName) -> Option<SuiteError> {
    let place = &name.route.place;
    let routes: Vec<_> = model.routes.iter().filter(|route| name.means_route(route)).collect();
    if routes.is_empty() {
        let all = model.routes.iter().map(|route| format!("{}/{}", route.kind, route.name));
        return Some(unknown("route", &RuleName { rule: None, ..name.clone() }.to_string(), place, all));
    }
    let rules = || routes.iter().flat_map(|route| (0..route.rules.len()).map(move |index| (*route, index)));
    if rules().any(|(route, index)| name.means_rule(route, index)) {
        return None;
    }
    match &name.rule {
        Some(RuleIndex::Name(rule)) => {
            let named = rules().filter_map(|(route, index)| route.rules.get(index)?.name.as_deref());
            Some(unknown("rule of this route", rule, place, named.map(str::to_owned)))
        }
        _ => Some(SuiteError {
            place: place.clone(),
            message: format!("there is no rule `{name}`"),
            help: routes
                .first()
                .map(|route| format!("{} has {} rules, from #0", route.name, route.rules.len())),
        }),
    }
}

/// An error with the name that is meant. What is written without a namespace is compared without one.
fn unknown(what: &str, name: &str, place: &Place, all: impl Iterator<Item = String>) -> SuiteError {
    let all: Vec<String> = all.collect();
    let last = |whole: &String| {
        let parts = name.matches('/').count() + 1;
        let elements: Vec<&str> = whole.rsplitn(parts + 1, '/').take(parts).collect();
        elements.into_iter().rev().collect::<Vec<_>>().join("/")
    };
    let short: Vec<String> = all.iter().map(last).collect();
    let near = nearest(name, short.iter().map(String::as_str));
    let near = near.and_then(|near| all.get(short.iter().position(|one| one == near)?));
    let help = match near {
        Some(near) => Some(format!("did you mean {near}?")),
        None if all.is_empty() => Some("there are none".to_owned()),
        None if all.len() <= 8 => Some(format!("there are {}", all.join(", "))),
        None => None,
    };
    SuiteError { place: place.clone(), message: format!("there is no {what} `{name}`"), help }
}

//! Whether requests reach a rule: looked for quickly first, proved where nothing was found.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use gateline::Router;
use gateline::analysis::{MatchRef, Reach, reach};
use gateline::model::{ListenerId, RouteId};

use super::witness::{self, Witness};

/// What is known of a rule.
pub(crate) enum Reachable {
    /// This request reaches it.
    By(Box<Witness>),
    /// None does, proved; why.
    Never(String),
    /// It could not be found out.
    Unknown,
}

/// Answers for the rules of one router. The proofs are made for all rules at once, when one is asked for.
pub(crate) struct Reaching<'r> {
    router: &'r Router,
    proved: OnceCell<BTreeMap<MatchRef, Reach>>,
}

impl<'r> Reaching<'r> {
    pub(crate) fn new(router: &'r Router) -> Self {
        Self { router, proved: OnceCell::new() }
    }

    /// A request that reaches any match of a rule, on one of the listeners that its route is attached to.
    pub(crate) fn rule(&self, listeners: &[ListenerId], route: RouteId, rule: usize) -> Reachable {
        let written =
            self.router.model().routes.get(route.0 as usize).and_then(|route| route.rules.get(rule));
        let matches = written.map_or(0, |rule| rule.matches.len());
        let found = (0..matches).find_map(|at| witness::of(self.router, listeners, route, rule, at));
        if let Some(found) = found {
            return Reachable::By(Box::new(found));
        }
        let proved = self.proved.get_or_init(|| reach(self.router));
        let of_rule = || proved.iter().filter(|(of, _)| of.route == route && usize::from(of.rule) == rule);
        let witness = of_rule().find_map(|(_, reach)| match reach {
            Reach::Reached(witness) => Witness::of_analysis(witness, self.router),
            _ => None,
        });
        if let Some(witness) = witness {
            return Reachable::By(Box::new(witness));
        }
        if of_rule().any(|(_, reach)| matches!(reach, Reach::Unknown(_) | Reach::Reached(_))) {
            return Reachable::Unknown;
        }
        let covers =
            of_rule().filter_map(|(_, reach)| if let Reach::Covered(by) = reach { Some(by) } else { None });
        let mut names: Vec<String> = covers.flatten().filter_map(|by| self.name(*by)).collect();
        names.dedup();
        if names.is_empty() {
            return Reachable::Never("no request matches it".to_owned());
        }
        Reachable::Never(format!("no request reaches it: {} takes them all", names.join(", ")))
    }

    fn name(&self, of: MatchRef) -> Option<String> {
        let route = self.router.model().routes.get(of.route.0 as usize)?;
        Some(format!("{}/{}#{}", route.kind, route.name, of.rule))
    }
}

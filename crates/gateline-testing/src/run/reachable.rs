//! Whether requests reach a rule: looked for quickly first, proved where nothing was found.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use gateline::Router;
use gateline::analysis::{MatchRef, Reach, reach};
use gateline::model::{ListenerId, RouteId};

use super::witness;
use crate::request::Request;

/// What is known of a rule.
pub(crate) enum Reachable {
    /// This request reaches it.
    By(Box<Request>),
    /// None does, proved.
    Never(Never),
    /// It could not be found out; why.
    Unknown(String),
}

/// Why no request reaches a rule.
pub(crate) struct Never {
    /// In words.
    pub(crate) why: String,
    /// The rules that take all of what it asks for.
    pub(crate) covers: Vec<MatchRef>,
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
            Reach::Reached(witness) => witness::of_analysis(witness, self.router),
            _ => None,
        });
        if let Some(witness) = witness {
            return Reachable::By(Box::new(witness));
        }
        let unknown = of_rule().find_map(|(_, reach)| match reach {
            Reach::Unknown(reason) => Some(reason.to_string()),
            Reach::Reached(witness) => Some(format!("{witness} cannot be written as a request")),
            _ => None,
        });
        if let Some(reason) = unknown {
            return Reachable::Unknown(reason);
        }
        let covers =
            of_rule().filter_map(|(_, reach)| if let Reach::Covered(by) = reach { Some(by) } else { None });
        let covers: Vec<MatchRef> = covers.flatten().copied().collect();
        let mut names: Vec<String> = covers.iter().filter_map(|by| self.name(*by)).collect();
        names.dedup();
        let why = match names.as_slice() {
            [] if of_rule().next().is_none() => "no listener that serves accepts its route".to_owned(),
            [] => "no request matches it".to_owned(),
            names => format!("no request reaches it: {} takes them all", names.join(", ")),
        };
        Reachable::Never(Never { why, covers })
    }

    fn name(&self, of: MatchRef) -> Option<String> {
        let route = self.router.model().routes.get(of.route.0 as usize)?;
        Some(format!("{}/{}#{}", route.kind, route.name, of.rule))
    }
}

//! What to do with a request once a rule has taken it.

mod answer;
mod forward;

pub use answer::{Answer, AnswerReason};
pub use forward::Forward;

use crate::decision::RuleView;
use crate::model::{Rule, Target, WeightedBackend};
use crate::{Head, Router};

/// The answer of [`Router::plan`]. The order is: invalid filter, CORS preflight, redirect, fixed answer, backend.
#[derive(Debug)]
pub enum Plan<'r> {
    /// Answer now, without a backend. Response header filters are applied already.
    Answer(Answer<'r>),
    /// Send it to a backend.
    Forward(Forward<'r>),
}

impl Router {
    /// What to do with a request that a rule takes: answer (preflight, redirect, fixed answer, 500) or forward.
    /// `x` is any number, spread evenly over `u64`: it picks the backend by weight.
    ///
    /// The filters of the picked backendRef come after those of the rule and in the same order: they may answer too, and
    /// where both rewrite the path or the host, the backendRef's rewrite counts. A filter that cannot be applied to this very
    /// request ([`crate::filter::FilterError`]) makes the answer 500; nothing is forwarded without it.
    #[must_use]
    pub fn plan<'r>(&'r self, view: RuleView<'r>, head: &Head<'_>, x: u64) -> Plan<'r> {
        plan(view, head, |rule| rule.backends.pick(x))
    }

    /// [`Router::plan`] for a request that belongs to a session (GEP-1619): its backendRef is known, whatever its weight.
    #[must_use]
    pub fn plan_session<'r>(
        &'r self,
        view: RuleView<'r>,
        head: &Head<'_>,
        backend: &'r WeightedBackend,
    ) -> Plan<'r> {
        plan(view, head, |_| Some(backend))
    }
}

fn plan<'r>(
    view: RuleView<'r>,
    head: &Head<'_>,
    pick: impl FnOnce(&'r Rule) -> Option<&'r WeightedBackend>,
) -> Plan<'r> {
    let filters = &view.rule.filters;
    if let Some(answer) = answer::by_filters(filters, view, head) {
        return Plan::Answer(answer);
    }
    let fail = |reason| Plan::Answer(Answer::error(reason).filtered(filters, head));
    let Some(backend) = pick(view.rule) else { return fail(AnswerReason::NoBackend) };
    let id = match &backend.target {
        Target::Backend(id) => *id,
        Target::Invalid { reason, .. } => return fail(AnswerReason::InvalidBackend(reason.clone())),
    };
    if let Some(answer) = answer::by_filters(&backend.filters, view, head) {
        return Plan::Answer(answer.filtered(filters, head));
    }
    match Forward::new(view, backend, id, head) {
        Ok(forward) => Plan::Forward(forward),
        Err(error) => fail(AnswerReason::of(error)),
    }
}

#[cfg(test)]
mod tests;

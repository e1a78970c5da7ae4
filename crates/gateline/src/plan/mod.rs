//! What to do with a request once a rule has taken it.

mod answer;
mod ask;
mod forward;

pub use answer::{Answer, AnswerReason};
pub use ask::Ask;
pub use forward::Forward;

use crate::decision::RuleView;
use crate::model::{Target, WeightedBackend};
use crate::{Head, Router};

/// The answer of [`Router::plan`]. The order is: invalid filter, CORS preflight, external authorization, redirect, fixed answer,
/// backend.
#[derive(Debug)]
pub enum Plan<'r> {
    /// Answer now, without a backend. Response header filters are applied already.
    Answer(Answer<'r>),
    /// Ask servers first, and go on with [`Ask::admitted`] if they agree.
    Ask(Ask<'r>),
    /// Send it to a backend.
    Forward(Forward<'r>),
}

impl Router {
    /// What to do with a request that a rule takes: answer (preflight, redirect, fixed answer, 500), ask or forward.
    /// `x` is any number, spread evenly over `u64`: it picks the backend by weight.
    ///
    /// The filters of the picked backendRef come after those of the rule and in the same order: they may answer too, and
    /// where both rewrite the path or the host, the backendRef's rewrite counts. A filter that cannot be applied to this very
    /// request ([`crate::filter::FilterError`]) makes the answer 500; nothing is forwarded without it.
    #[must_use]
    pub fn plan<'r>(&'r self, view: RuleView<'r>, head: &Head<'_>, x: u64) -> Plan<'r> {
        plan(view, head, || view.rule.backends.pick(x))
    }

    /// [`Router::plan`] for a request that belongs to a session (GEP-1619): its backendRef is known, whatever its weight.
    #[must_use]
    pub fn plan_session<'r>(
        &'r self,
        view: RuleView<'r>,
        head: &Head<'_>,
        backend: &'r WeightedBackend,
    ) -> Plan<'r> {
        plan(view, head, || Some(backend))
    }
}

fn plan<'r>(
    view: RuleView<'r>,
    head: &Head<'_>,
    pick: impl FnOnce() -> Option<&'r WeightedBackend>,
) -> Plan<'r> {
    let filters = &view.rule.filters;
    if let Some(answer) = answer::before_auth(filters, head) {
        return Plan::Answer(answer);
    }
    if filters.auth.is_empty() {
        return admitted(view, head, pick());
    }
    Plan::Ask(Ask { view, filters: &filters.auth, backend: pick() })
}

/// What comes after external authorization.
fn admitted<'r>(view: RuleView<'r>, head: &Head<'_>, picked: Option<&'r WeightedBackend>) -> Plan<'r> {
    let filters = &view.rule.filters;
    if let Some(answer) = answer::after_auth(filters, view, head) {
        return Plan::Answer(answer);
    }
    let fail = |reason| Plan::Answer(Answer::error(reason).filtered(filters, head));
    let Some(backend) = picked else { return fail(AnswerReason::NoBackend) };
    let id = match &backend.target {
        Target::Backend(id) => *id,
        Target::Invalid { reason, .. } => return fail(AnswerReason::InvalidBackend(reason.clone())),
    };
    let of_backend = &backend.filters;
    let answer = answer::before_auth(of_backend, head).or_else(|| answer::after_auth(of_backend, view, head));
    if let Some(answer) = answer {
        return Plan::Answer(answer.filtered(filters, head));
    }
    match Forward::new(view, backend, id, head) {
        Ok(forward) => Plan::Forward(forward),
        Err(error) => fail(AnswerReason::of(error)),
    }
}

#[cfg(test)]
mod tests;

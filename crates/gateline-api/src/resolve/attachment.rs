use gateline::model::{AttachedHostname, ListenerName, Origin, RouteId};

use super::attach::{Attaching, View, holder, passes, written};
use super::routes::Draft;
use crate::status::{Condition, ParentRef};

/// What became of one parentRef of a route, step by step: which listeners it names, and what each says.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The route.
    pub route: RouteId,
    /// As written, with its defaults.
    pub parent: ParentRef,
    /// Where it is written.
    pub origin: Origin,
    /// Every listener of the parent, in the order written.
    pub attempts: Vec<Attempt>,
    /// The condition `Accepted` of this parent; `None` if it is no Gateway or ListenerSet of ours, or not in the input.
    pub accepted: Option<Condition>,
}

/// One listener of [`Attachment`].
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The listener.
    pub listener: ListenerName,
    /// Where it is written.
    pub origin: Origin,
    /// The hostnames of the route that work there, or the first step that failed and why.
    pub outcome: Result<Vec<AttachedHostname>, (Step, String)>,
}

/// What a listener looks at before it takes a route, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// `parentRefs[].sectionName`.
    Section,
    /// `parentRefs[].port`.
    Port,
    /// `allowedRoutes.kinds`, and what the protocol carries.
    Kind,
    /// `allowedRoutes.namespaces`.
    Namespace,
    /// The hostnames of both.
    Hostname,
}

impl<'w> Attaching<'_, 'w, '_> {
    /// What becomes of each parentRef of a route.
    pub(super) fn told(&mut self, route: RouteId, draft: &Draft<'w>) -> Vec<Attachment> {
        let mut attachments = Vec::new();
        for (index, parent) in &draft.parents {
            let accepted = self.parent(route, draft, *index, parent).map(|fault| match fault {
                None => Condition::new("Accepted", true, "Accepted", "", draft.object.generation),
                Some(fault) => {
                    Condition::new("Accepted", false, fault.reason, fault.message, draft.object.generation)
                }
            });
            let listeners = holder(draft.object, parent).map(|(kind, name)| self.listeners(kind, &name));
            let attempts = listeners.into_iter().flatten().filter_map(|slot| {
                let (listener, origin) = self.slots.get(slot).map(|it| (it.name.clone(), it.origin("")))?;
                let passed = self.slots.get(slot).and_then(|slot| passes(parent, slot));
                let outcome = passed.map_or_else(|| self.seen(slot, draft), Err);
                Some(Attempt { listener, origin, outcome })
            });
            attachments.push(Attachment {
                route,
                parent: written(parent),
                origin: draft.object.origin(&format!("spec.parentRefs[{index}]")),
                attempts: attempts.collect(),
                accepted,
            });
        }
        attachments
    }

    fn seen(&mut self, slot: usize, draft: &Draft<'_>) -> Result<Vec<AttachedHostname>, (Step, String)> {
        match self.view(slot, draft) {
            View::Attached(hostnames) => Ok(hostnames),
            View::Refused(step, why) => Err((step, why)),
            View::NoHostname => {
                let theirs = self.slots.get(slot).and_then(|slot| slot.hostname.as_ref());
                let theirs = theirs.map_or_else(|| "any".to_owned(), ToString::to_string);
                let ours: Vec<String> = draft.hostnames.iter().map(ToString::to_string).collect();
                Err((Step::Hostname, format!("its hostname {theirs} has nothing of {}", ours.join(", "))))
            }
        }
    }
}

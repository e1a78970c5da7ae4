use std::collections::BTreeSet;

use gateline::model::ObjectName;

use super::world::World;
use crate::finding::{Finding, codes};

/// Who refers to something, as a ReferenceGrant names it.
#[derive(Clone, Copy)]
pub(super) struct Referrer<'a> {
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) namespace: &'a str,
}

/// Decides references across namespaces and remembers which grants were of use.
pub(super) struct Grants<'w, 'a> {
    world: &'w World<'a>,
    used: BTreeSet<ObjectName>,
}

impl<'w, 'a> Grants<'w, 'a> {
    pub(super) fn new(world: &'w World<'a>) -> Self {
        Self { world, used: BTreeSet::new() }
    }

    /// Whether a reference is permitted: within a namespace always, across namespaces by a grant in the target's.
    /// `from` and `to` are alternatives inside each list, and both lists must name their side (`ReferenceGrantSpec`).
    pub(super) fn permits(&mut self, from: Referrer<'_>, group: &str, kind: &str, to: &ObjectName) -> bool {
        if *from.namespace == *to.namespace {
            return true;
        }
        let mut permitted = false;
        for (name, grant) in &self.world.grants {
            let spec = &grant.read.spec;
            let referrer = |entry: &&crate::objects::GrantFrom| {
                entry.group == from.group && entry.kind == from.kind && entry.namespace == from.namespace
            };
            let target = |entry: &&crate::objects::GrantTo| {
                entry.group == group
                    && entry.kind == kind
                    && entry.name.as_deref().is_none_or(|name| name.is_empty() || *name == *to.name)
            };
            if name.namespace == to.namespace
                && spec.from.iter().any(|e| referrer(&e))
                && spec.to.iter().any(|e| target(&e))
            {
                self.used.insert((*name).clone());
                permitted = true;
            }
        }
        permitted
    }

    /// Grants that nothing in the input makes use of. Only worth a note: the referrers may live in another repository.
    pub(super) fn dead(&self) -> Vec<Finding> {
        let unused = self.world.grants.iter().filter(|(name, _)| !self.used.contains(**name));
        unused
            .map(|(name, grant)| {
                let message = format!("ReferenceGrant {name} permits nothing that the input refers to");
                Finding::new(&codes::GL304, grant.object.origin(""), message)
            })
            .collect()
    }
}

/// The grant that would permit a reference, ready to be applied.
pub(super) fn missing(from: Referrer<'_>, group: &str, kind: &str, to: &ObjectName) -> String {
    format!(
        "add to namespace {ns}: {{apiVersion: gateway.networking.k8s.io/v1, kind: ReferenceGrant, metadata: {{name: allow-{from_ns}, \
         namespace: {ns}}}, spec: {{from: [{{group: {from_group}, kind: {from_kind}, namespace: {from_ns}}}], to: [{{group: \
         '{group}', kind: {kind}, name: {name}}}]}}}}",
        ns = to.namespace,
        name = to.name,
        from_ns = from.namespace,
        from_group = from.group,
        from_kind = from.kind,
    )
}

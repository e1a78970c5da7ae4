use std::collections::BTreeSet;

use gateline::model::ObjectName;

use super::fault::{Broken, Fault};
use super::world::World;
use crate::finding::{Finding, codes};
use crate::object::Object;
use crate::objects::{GrantFrom, GrantTo};

/// What an object refers to, as a ReferenceGrant names it.
#[derive(Clone, Copy)]
pub(super) struct Referent<'a> {
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) name: &'a ObjectName,
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

    /// Whether a reference is permitted: within a namespace and to objects of the whole cluster always, across namespaces by a grant in the target's.
    /// `from` and `to` are alternatives inside each list, and both lists must name their side (`ReferenceGrantSpec`).
    /// To be asked before the target is looked up, so that nobody learns which objects exist.
    pub(super) fn permit(&mut self, from: &Object, path: &str, to: Referent<'_>) -> Result<(), Broken> {
        if from.name.namespace == to.name.namespace || to.name.namespace.is_empty() {
            return Ok(());
        }
        let mut permitted = false;
        let mut near = Vec::new();
        for (name, grant) in self.world.grants.iter().filter(|(name, _)| name.namespace == to.name.namespace)
        {
            let spec = &grant.read.spec;
            let differs: Vec<Vec<Difference>> = pairs(spec.from.len(), spec.to.len())
                .filter_map(|(i, j)| Some(differences(i, spec.from.get(i)?, from, j, spec.to.get(j)?, to)))
                .collect();
            if differs.iter().any(Vec::is_empty) {
                self.used.insert((*name).clone());
                permitted = true;
            } else if let Some(one) = differs.iter().find_map(|all| match all.as_slice() {
                [one] => Some(one),
                _ => None,
            }) {
                near.push(near_miss(from, path, grant.object, one));
            }
        }
        if permitted {
            return Ok(());
        }
        let message =
            format!("no ReferenceGrant lets {} {} refer to {} {}", from.kind, from.name, to.kind, to.name);
        let mut findings =
            vec![Finding::new(&codes::GL302, from.origin(path), message.clone()).help(missing(from, to))];
        findings.append(&mut near);
        Err(Broken { fault: Fault::new("RefNotPermitted", message), findings })
    }

    /// Entries that open all objects of a kind.
    pub(super) fn broad(&self) -> Vec<Finding> {
        let entries = self.world.grants.iter().flat_map(|(name, grant)| {
            let to = grant.read.spec.to.iter().enumerate();
            let open = to.filter(|(_, to)| to.name.as_deref().is_none_or(str::is_empty));
            open.map(move |(i, to)| {
                let message =
                    format!("ReferenceGrant {name} opens every {} of namespace {}", to.kind, name.namespace);
                let finding =
                    Finding::new(&codes::GL305, grant.object.origin(&format!("spec.to[{i}]")), message);
                finding.help("add a name to each entry of `to`")
            })
        });
        entries.collect()
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

/// One field of a grant that does not name a reference.
struct Difference {
    path: String,
    granted: String,
    asked: String,
}

fn pairs(from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..from).flat_map(move |i| (0..to).map(move |j| (i, j)))
}

/// The fields in which one entry of `from` and one of `to` do not name the reference; none if they permit it.
fn differences(
    i: usize,
    granted: &GrantFrom,
    from: &Object,
    j: usize,
    target: &GrantTo,
    to: Referent<'_>,
) -> Vec<Difference> {
    let any = &*to.name.name;
    let name = target.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(any);
    let fields = [
        ("from", i, "group", &*granted.group, &*from.group),
        ("from", i, "kind", &*granted.kind, &*from.kind),
        ("from", i, "namespace", &*granted.namespace, &*from.name.namespace),
        ("to", j, "group", &*target.group, to.group),
        ("to", j, "kind", &*target.kind, to.kind),
        ("to", j, "name", name, any),
    ];
    let shown = |text: &str| if text.is_empty() { "the core group".to_owned() } else { text.to_owned() };
    let differ = fields.into_iter().filter(|(.., granted, asked)| granted != asked);
    differ
        .map(|(side, index, field, granted, asked)| Difference {
            path: format!("{side}[{index}].{field}"),
            granted: shown(granted),
            asked: shown(asked),
        })
        .collect()
}

fn near_miss(from: &Object, path: &str, grant: &Object, difference: &Difference) -> Finding {
    let Difference { path: field, granted, asked } = difference;
    let message = format!(
        "ReferenceGrant {} permits this reference of {} {} but for one field: spec.{field} grants {granted}, this is {asked}",
        grant.name, from.kind, from.name
    );
    Finding::new(&codes::GL303, from.origin(path), message)
        .help(format!("if the reference is meant to be permitted, add an entry for {asked} to the grant"))
        .related("the field of the grant", grant.origin(&format!("spec.{field}")))
}

/// The grant that would permit a reference, ready to be applied.
fn missing(from: &Object, to: Referent<'_>) -> String {
    format!(
        "add to namespace {ns}: {{apiVersion: gateway.networking.k8s.io/v1, kind: ReferenceGrant, metadata: {{name: allow-{from_ns}, \
         namespace: {ns}}}, spec: {{from: [{{group: {from_group}, kind: {from_kind}, namespace: {from_ns}}}], to: [{{group: \
         '{group}', kind: {kind}, name: {name}}}]}}}}",
        ns = to.name.namespace,
        name = to.name.name,
        group = to.group,
        kind = to.kind,
        from_ns = from.name.namespace,
        from_group = from.group,
        from_kind = from.kind,
    )
}

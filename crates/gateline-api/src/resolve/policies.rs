//! Attachment of Envoy Gateway's policies: targets, conflicts, and what a more specific policy replaces.

use std::collections::BTreeSet;

use gateline::model::{Model, ObjectName};

use super::ancestors::{self, Ancestors};
use super::client_selectors;
use super::fault::Fault;
use super::grants::{Grants, Referent};
use super::namespaces::{self, Admission, selects};
use super::options::Assume;
use super::overrides;
use super::resolution::AttachedPolicy;
use super::unread;
use super::world::{World, read};
use crate::finding::{Finding, Severity, codes};
use crate::object::Object;
use crate::objects::{ENVOY, EnvoyPolicy, GATEWAY, PolicyTargetRef};
use crate::status::{Condition, ParentStatus, Status};

const KINDS: [&str; 3] = ["BackendTrafficPolicy", "ClientTrafficPolicy", "SecurityPolicy"];

/// What a policy is attached to. Ordered by kind, object and section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    pub(super) kind: String,
    pub(super) name: ObjectName,
    pub(super) section: Option<String>,
}

/// One target of one policy.
pub(super) struct Claim<'w> {
    pub(super) policy: &'w Object,
    /// The field that names the target.
    pub(super) path: String,
    pub(super) target: Target,
    pub(super) merges: bool,
    pub(super) fault: Option<Fault>,
    /// The routes (or listeners) for which a more specific policy replaces this one.
    pub(super) overridden: BTreeSet<String>,
}

/// What comes of all policies.
#[derive(Default)]
pub(super) struct Applied {
    pub(super) in_force: Vec<AttachedPolicy>,
    pub(super) statuses: Vec<Status>,
    pub(super) findings: Vec<Finding>,
}

/// Attaches the policies of all kinds to what the model and the statuses of Gateways and routes hold.
pub(super) fn apply(
    world: &World<'_>,
    grants: &mut Grants<'_, '_>,
    model: &Model,
    statuses: &[Status],
) -> Applied {
    let ancestors = Ancestors::new(statuses);
    let mut applied = Applied::default();
    let findings = &mut applied.findings;
    for kind in KINDS {
        let policies = read::<EnvoyPolicy>(world.objects, ENVOY, kind, findings);
        let mut claims = Vec::new();
        let mut dead = Vec::new();
        for policy in policies.values() {
            findings.extend(client_selectors::findings(policy.object));
            let merges = policy.read.spec.merge_type.is_some();
            for (path, target) in policy.read.spec.targets() {
                let name = ObjectName::new(policy.object.name.namespace.clone(), target.name.as_str());
                match exists(world, kind, policy.object, &path, target, &name) {
                    Ok(fault) => claims.push(Claim::new(policy.object, path, target, name, merges, fault)),
                    Err(found) => {
                        findings.push(found.finding);
                        let claim =
                            |name| Claim::new(policy.object, path.clone(), target, name, merges, None);
                        dead.extend(found.elsewhere.map(claim));
                    }
                }
            }
            selected(world, grants, policy.object, &policy.read, merges, &mut claims);
        }
        let unread = unread::of(world.objects, ENVOY, kind, &policies);
        for (object, fault) in &unread {
            claims.extend(of_unread(world, object, fault));
        }
        for claim in claims.iter().filter(|claim| claim.names_no_section()) {
            findings.extend(no_section(claim));
        }
        conflicts(&mut claims, findings);
        overrides::find(model, &mut claims, findings);
        overrides::if_found(&dead, &claims, &ancestors, findings);
        let objects = policies.values().map(|policy| policy.object);
        for object in objects.chain(unread.iter().map(|(object, _)| *object)) {
            applied.statuses.extend(status(object, &claims, &ancestors));
        }
        let accepted = claims.iter().filter(|claim| claim.fault.is_none());
        applied.in_force.extend(accepted.map(Claim::in_force));
    }
    applied
}

/// A target that does not exist.
struct Dead {
    finding: Finding,
    /// An object of that kind and name in another namespace.
    elsewhere: Option<ObjectName>,
}

impl Dead {
    fn new(finding: Finding) -> Box<Self> {
        Box::new(Self { finding, elsewhere: None })
    }
}

impl<'w> Claim<'w> {
    fn new(
        policy: &'w Object,
        path: String,
        target: &PolicyTargetRef,
        name: ObjectName,
        merges: bool,
        fault: Option<Fault>,
    ) -> Self {
        let section = target.section_name.clone().filter(|section| !section.is_empty());
        let target = Target { kind: target.kind.clone(), name, section };
        Self { policy, path, target, merges, fault, overridden: BTreeSet::new() }
    }

    fn in_force(&self) -> AttachedPolicy {
        let mut spec = self.policy.value.get("spec").cloned().unwrap_or_default();
        if let Some(fields) = spec.as_object_mut() {
            fields.retain(|name, _| !name.starts_with("target"));
        }
        AttachedPolicy {
            kind: self.policy.kind.clone(),
            name: self.policy.name.clone(),
            target_kind: self.target.kind.as_str().into(),
            target: self.target.name.clone(),
            section: self.target.section.as_deref().map(Into::into),
            merges: self.merges,
            spec: spec.to_string().into(),
        }
    }

    pub(super) fn is_route(&self) -> bool {
        self.target.kind.ends_with("Route")
    }

    fn names_no_section(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.reason == "TargetNotFound")
    }

    /// `BackendTrafficPolicy infra/limits`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.policy.kind, self.policy.name)
    }
}

/// The targets of a policy that cannot be read: it holds for none of them.
fn of_unread<'w>(world: &World<'_>, policy: &'w Object, fault: &Fault) -> Vec<Claim<'w>> {
    let targets = unread::entries::<PolicyTargetRef>(policy, "targetRefs").into_iter();
    let claim = |(i, target): (usize, PolicyTargetRef)| {
        let name = ObjectName::new(policy.name.namespace.clone(), target.name.as_str());
        let there = may_target(&policy.kind, &target.group, &target.kind)
            && world.objects.get(&target.group, &target.kind, &name).is_some();
        let path = format!("spec.targetRefs[{i}]");
        there.then(|| Claim::new(policy, path, &target, name, false, Some(fault.clone())))
    };
    targets.filter_map(claim).collect()
}

/// The objects a policy of this kind may be attached to.
fn may_target(policy: &str, group: &str, kind: &str) -> bool {
    group == GATEWAY
        && match policy {
            "ClientTrafficPolicy" => matches!(kind, "Gateway" | "ListenerSet"),
            _ => matches!(
                kind,
                "Gateway" | "ListenerSet" | "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute"
            ),
        }
}

/// Whether a target exists; `Ok` holds what is wrong with its section. Envoy Gateway writes no status at all for one
/// that does not, so the finding is all a user gets; it brings the object of that name in another namespace, if there
/// is one.
fn exists(
    world: &World<'_>,
    kind: &str,
    policy: &Object,
    path: &str,
    target: &PolicyTargetRef,
    name: &ObjectName,
) -> Result<Option<Fault>, Box<Dead>> {
    let dead = |message: String| Finding::new(&codes::GL801, policy.origin(path), message);
    let title = format!("{kind} {}", policy.name);
    if !may_target(kind, &target.group, &target.kind) {
        let message = format!("{title} targets a {} {:?}, which a {kind} cannot", target.kind, target.group);
        return Err(Dead::new(dead(message).help("target a Gateway or a route")));
    }
    if let Some(object) = world.objects.get(&target.group, &target.kind, name) {
        return Ok(missing_section(object, target));
    }
    let twin =
        world.objects.of_kind(&target.group, &target.kind).find(|object| object.name.name == name.name);
    if let Some(twin) = twin {
        let message = format!(
            "{title} targets {} {name}, which does not exist: it is in namespace {}, and a policy reaches only its own \
             namespace, so it is never applied",
            target.kind, twin.name.namespace
        );
        let help = format!("move the policy to namespace {}", twin.name.namespace);
        let finding = dead(message).help(help).related("the object of that name", twin.origin(""));
        return Err(Box::new(Dead { finding, elsewhere: Some(twin.name.clone()) }));
    }
    let message =
        format!("{title} targets {} {name}, which is not in the input: it is never applied", target.kind);
    let finding = dead(message).help("correct the target, or add the object to the input");
    let certain = world.options.gateways == Assume::Missing;
    Err(Dead::new(if certain { finding } else { finding.severity(Severity::Warning) }))
}

fn missing_section(object: &Object, target: &PolicyTargetRef) -> Option<Fault> {
    let section = target.section_name.as_deref().filter(|section| !section.is_empty())?;
    let list = if target.kind.ends_with("Route") { "rules" } else { "listeners" };
    let entries = object.value.pointer(&format!("/spec/{list}")).and_then(serde_json::Value::as_array);
    let named =
        |entry: &serde_json::Value| entry.get("name").and_then(serde_json::Value::as_str) == Some(section);
    if entries.into_iter().flatten().any(named) {
        return None;
    }
    let message = format!("No section name {section} found for {} {}", target.kind, object.name);
    Some(Fault::new("TargetNotFound", message))
}

fn no_section(claim: &Claim<'_>) -> Option<Finding> {
    let message = format!("{}: {}", claim.title(), claim.fault.as_ref()?.message);
    let origin = claim.policy.origin(&format!("{}.sectionName", claim.path));
    Some(
        Finding::new(&codes::GL801, origin, message)
            .help("name a listener of the Gateway, or a named rule of the route"),
    )
}

/// `targetSelectors`: objects by label, of the policy's own namespace, or of others that a ReferenceGrant opens to it.
fn selected<'w>(
    world: &World<'_>,
    grants: &mut Grants<'_, '_>,
    object: &'w Object,
    policy: &EnvoyPolicy,
    merges: bool,
    claims: &mut Vec<Claim<'w>>,
) {
    for (i, selector) in policy.spec.target_selectors.iter().enumerate() {
        let group = selector.group.as_deref().unwrap_or(GATEWAY);
        if !may_target(&object.kind, group, &selector.kind) {
            continue;
        }
        let path = format!("spec.targetSelectors[{i}]");
        let target =
            PolicyTargetRef { group: group.to_owned(), kind: selector.kind.clone(), ..Default::default() };
        for found in world.objects.of_kind(group, &selector.kind) {
            let (namespaces, home) = (selector.namespaces.as_ref(), &object.name.namespace);
            let admission = namespaces::admits(world, namespaces, "Same", home, &found.name.namespace);
            let to = Referent { group, kind: &selector.kind, name: &found.name };
            // One without a grant is passed over in silence: `from: All` means what is permitted.
            if selects(&selector.labels, &found.labels)
                && !matches!(admission, Admission::No(_))
                && grants.permit(object, &path, to).is_ok()
            {
                claims.push(Claim::new(object, path.clone(), &target, found.name.clone(), merges, None));
            }
        }
    }
}

/// Of two policies of a kind on one target the older one counts, then the one that comes first by name.
fn conflicts(claims: &mut [Claim<'_>], findings: &mut Vec<Finding>) {
    claims.sort_by_key(|claim| {
        let policy = claim.policy;
        (
            claim.target.clone(),
            policy.created.is_none(),
            policy.created,
            policy.name.clone(),
            claim.path.clone(),
        )
    });
    let mut winner: Option<(Target, &Object, String)> = None;
    for claim in claims.iter_mut().filter(|claim| claim.fault.is_none()) {
        match &winner {
            Some((target, policy, path)) if *target == claim.target => {
                if policy.name == claim.policy.name {
                    continue;
                }
                let (target, kind) = (describe(&claim.target), &claim.policy.kind);
                let message = format!("Unable to target {target}, another {kind} has already attached to it");
                let other = format!("{kind} {}", policy.name);
                findings.push(
                    Finding::new(
                        &codes::GL803,
                        claim.policy.origin(&claim.path),
                        format!("{}: {message}: {other}", claim.title()),
                    )
                    .help("merge the two, or give them different targets")
                    .related("the policy that counts", policy.origin(path)),
                );
                claim.fault = Some(Fault::new("Conflicted", message));
            }
            _ => winner = Some((claim.target.clone(), claim.policy, claim.path.clone())),
        }
    }
}

pub(super) fn describe(target: &Target) -> String {
    match &target.section {
        Some(section) => format!("{} {} section {section}", target.kind, target.name),
        None => format!("{} {}", target.kind, target.name),
    }
}

/// `status.ancestors`: the Gateways (or the parentRefs of the targeted routes) a policy works on.
fn status(policy: &Object, claims: &[Claim<'_>], ancestors: &Ancestors) -> Option<Status> {
    let mut status = Status::of(policy);
    let generation = policy.generation;
    for claim in claims.iter().filter(|claim| std::ptr::eq(claim.policy, policy)) {
        for ancestor in ancestors.of(&claim.target.kind, &claim.target.name, claim.target.section.as_deref())
        {
            let mut conditions = vec![match &claim.fault {
                None => Condition::new("Accepted", true, "Accepted", "Policy has been accepted.", generation),
                Some(fault) => {
                    Condition::new("Accepted", false, fault.reason, fault.message.clone(), generation)
                }
            }];
            if claim.fault.is_none() && !claim.overridden.is_empty() {
                let message = format!(
                    "This policy is being overridden by a more specific {} for {}",
                    policy.kind,
                    overrides::list(&claim.overridden)
                );
                conditions.push(Condition::new("Overridden", true, "Overridden", message, generation));
            }
            if !status.parents.iter().any(|parent| parent.parent_ref == ancestor) {
                status.parents.push(ParentStatus { parent_ref: ancestor, conditions });
            }
        }
    }
    ancestors::limit(&mut status, generation);
    (!status.parents.is_empty()).then_some(status)
}

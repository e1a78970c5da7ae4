use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use gateline::analysis::{Beside, Label};
use gateline::model::{Listener, ListenerId, Route, RouteId, Rule};

use crate::resolve::{AttachedPolicy, ListenerTls, Resolution, Upstream};

impl Resolution {
    /// What the model leaves out and a client or a backend notices: certificates, TLS to backends, policies. For
    /// [`gateline::analysis::diff_with`].
    #[must_use]
    pub fn beside(&self) -> Beside {
        let listeners = self.tls.iter().map(|tls| tls.as_ref().map(certificates).unwrap_or_default());
        let backends = self.model.backends.iter().zip(&self.upstreams);
        let backends = backends.filter_map(|(backend, upstream)| {
            Some((format!("{} {}", backend.name.kind, backend.name), upstream_tls(upstream)?))
        });
        Beside {
            listeners: listeners.collect(),
            backends: backends.collect(),
            policies: self.policies_in_force(),
        }
    }

    fn policies_in_force(&self) -> BTreeMap<(ListenerId, RouteId, u16), Label> {
        let mut labels = BTreeMap::new();
        if self.policies.is_empty() {
            return labels;
        }
        for (id, listener) in (0..).map(ListenerId).zip(&self.model.listeners) {
            for attached in &listener.attached {
                let Some(route) = self.model.routes.get(attached.route.0 as usize) else { continue };
                for (index, rule) in (0..).zip(&route.rules) {
                    let label = self.policies_of(listener, route, rule);
                    if !label.words.is_empty() {
                        labels.insert((id, attached.route, index), label);
                    }
                }
            }
        }
        labels
    }

    /// The most specific policy of each kind, and what it merges with.
    fn policies_of(&self, listener: &Listener, route: &Route, rule: &Rule) -> Label {
        let mut found: BTreeMap<&str, Vec<(usize, &AttachedPolicy)>> = BTreeMap::new();
        for policy in &self.policies {
            if let Some(distance) = distance(policy, listener, route, rule) {
                found.entry(&policy.kind).or_default().push((distance, policy));
            }
        }
        let mut label = Label::default();
        for policies in found.values_mut() {
            policies.sort_by_key(|(distance, _)| *distance);
            for (_, policy) in policies.iter() {
                let comma = if label.words.is_empty() { "" } else { ", " };
                label.words = format!("{}{comma}{} {}", label.words, policy.kind, policy.name).into();
                label.content.extend(format!("{} {}\n", policy.kind, policy.spec).into_bytes());
                if !policy.merges {
                    break;
                }
            }
        }
        if label.words.is_empty() { label } else { sealed(&label.words.clone(), label) }
    }
}

/// From the rule to what a policy targets; `None` if it does not reach the rule.
fn distance(policy: &AttachedPolicy, listener: &Listener, route: &Route, rule: &Rule) -> Option<usize> {
    let section = policy.section.as_deref();
    if *policy.target_kind == *route.kind.as_str() && policy.target == route.name {
        return match section {
            None => Some(1),
            Some(name) => (rule.name.as_deref() == Some(name)).then_some(0),
        };
    }
    let name = &listener.name;
    let holder = match &*policy.target_kind {
        "Gateway" => policy.target == name.gateway && (section.is_none() || name.set.is_none()),
        "ListenerSet" => name.set.as_ref() == Some(&policy.target),
        _ => false,
    };
    let own = section.is_none_or(|section| *name.section == *section);
    (holder && own).then_some(match (&*policy.target_kind, section) {
        (_, Some(_)) => 2,
        ("ListenerSet", None) => 3,
        _ => 4,
    })
}

fn certificates(tls: &ListenerTls) -> Label {
    let mut label = Label::default();
    let mut words = Vec::new();
    for certificate in &tls.certificates {
        let chain = certificate.chain.iter().flat_map(|link| link.iter().copied());
        label.content.extend(chain);
        words.push(format!("{} ({})", certificate.secret, certificate.names.join(", ")));
    }
    for missing in &tls.missing {
        label.content.extend(missing.to_string().into_bytes());
        words.push(missing.to_string());
    }
    let mut text = format!("certificate {}", words.join(", "));
    if let Some(client) = &tls.client {
        label.content.push(if client.optional { 1 } else { 2 });
        label.content.extend(client.roots.iter().flat_map(|root| root.iter().copied()));
        text.push_str(if client.optional { ", client certificate if any" } else { ", client certificate" });
    }
    sealed(&text, label)
}

fn upstream_tls(upstream: &Upstream) -> Option<Label> {
    if upstream.broken_tls {
        return Some(Label { words: "a policy that is not valid".into(), content: vec![0] });
    }
    let tls = upstream.tls.as_ref()?;
    let mut label =
        Label { content: format!("{} {:?}", tls.hostname, tls.san).into_bytes(), ..Label::default() };
    let roots = tls.roots.iter().flatten();
    label.content.extend(roots.flat_map(|root| root.iter().copied()));
    label.content.push(u8::from(tls.roots.is_some()));
    let by = if tls.roots.is_some() { "its own authorities" } else { "the system's authorities" };
    Some(sealed(&format!("{} by {by}", tls.hostname), label))
}

/// Words that differ where contents do, as far as eight digits can.
fn sealed(words: &str, label: Label) -> Label {
    let mut hasher = DefaultHasher::new();
    label.content.hash(&mut hasher);
    let digits = hasher.finish() & 0xffff_ffff;
    Label { words: format!("{words} #{digits:08x}").into(), ..label }
}

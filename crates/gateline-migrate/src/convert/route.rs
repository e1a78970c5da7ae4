//! Sites to HTTPRoutes.

use std::collections::BTreeMap;

use gateline::model::{HeaderMatch, ObjectName, Rule, Target, ValueMatch};
use gateline_api::Finding;
use serde_json::{Value, json};

use super::guard::{self, Guard};
use super::path::Style;
use super::{ConvertOptions, Dialect, Manifest, rewrite};
use crate::nginx::{Port, Site};
use crate::source::Source;
use crate::traffic;

const ROUTE: &str = "gateway.networking.k8s.io/v1";
const ENVOY: &str = "gateway.envoyproxy.io/v1alpha1";
/// Rules of one HTTPRoute, at most.
const MAX_RULES: usize = 16;

/// Writes routes site by site.
pub(super) struct Writer<'a> {
    source: &'a Source,
    options: &'a ConvertOptions,
    pub(super) routes: Vec<Written>,
    pub(super) refused: Vec<Finding>,
}

/// An HTTPRoute with what goes with it.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) name: ObjectName,
    /// `None`: every host.
    pub(super) hosts: Option<Vec<String>>,
    /// Sections of the Gateway.
    pub(super) sections: Vec<String>,
    rules: Vec<Value>,
    filters: Vec<Manifest>,
    policies: Vec<Policy>,
    gateway: ObjectName,
}

/// A policy of Envoy Gateway for a route.
#[derive(Debug, PartialEq)]
struct Policy {
    kind: &'static str,
    /// The name of a rule; `None`: all of the route.
    section: Option<String>,
    /// Without its targets.
    spec: Value,
}

/// The rules of a site in one namespace.
#[derive(Default)]
struct Draft {
    rules: Vec<(Value, Guard)>,
    extensions: Vec<(usize, String, String)>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(source: &'a Source, options: &'a ConvertOptions) -> Self {
        Self { source, options, routes: Vec::new(), refused: Vec::new() }
    }

    pub(super) fn sites(&mut self) {
        for site in &self.source.sites {
            let before = self.refused.len();
            let drafts = self.drafts(site);
            if self.refused.len() > before {
                continue;
            }
            for (namespace, draft) in drafts {
                self.write(site, &namespace, draft);
            }
        }
        self.merge();
    }

    /// The rules of a site by namespace. What cannot be written is refused, once for each rule.
    fn drafts(&mut self, site: &Site) -> BTreeMap<String, Draft> {
        let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
        let mut rules: Vec<&Rule> = site
            .routes
            .iter()
            .filter_map(|id| self.source.model.routes.get(id.0 as usize))
            .flat_map(|route| &route.rules)
            .collect();
        rules.sort_by_key(|rule| rule.location);
        let server = site.server.and_then(|index| self.source.servers.get(index));
        let style = server.map_or(Style::Prefixes, Style::of);
        for rule in rules {
            // A rule that answers 404 is what a Gateway does by itself.
            if rule.name.as_deref() == Some("default-backend") {
                continue;
            }
            let Some(matched) = rule.matches.first() else { continue };
            let location =
                server.and_then(|server| server.locations.iter().find(|one| one.origin == matched.origin));
            let path = match (server, location) {
                (Some(server), Some(location)) => style.path(server, location, &matched.path),
                _ => match &matched.path {
                    gateline::model::PathMatch::Exact(path) => json!({"type": "Exact", "value": path}),
                    _ => json!({"type": "PathPrefix", "value": "/"}),
                },
            };
            let namespace = rule.origin.object.namespace.to_string();
            let draft = drafts.entry(namespace).or_default();
            let (mut guard, lost) = guard::of(&rule.policies, self.options.dialect);
            if self.options.dialect == Dialect::EnvoyGateway && !rule.backends.is_empty() {
                let spec = location.and_then(|location| traffic::spec(&location.annotations));
                guard.policies.extend(spec.map(|spec| ("BackendTrafficPolicy", spec)));
            }
            let ingress = rule.origin.object.to_string();
            for one in lost {
                let accepted =
                    self.options.accept.iter().any(|accept| accept.covers(one.code.code, Some(&ingress)));
                if !accepted {
                    let message = format!("{} cannot be carried over: its host is not written", one.what);
                    let help = format!(
                        "find another guard, or write it without one: --accept {}@{ingress}",
                        one.code.code
                    );
                    let finding = Finding::new(one.code, matched.origin.clone(), message).help(help);
                    if !self.refused.contains(&finding) {
                        self.refused.push(finding);
                    }
                }
            }
            let (mut filters, extension) = rewrite::filters(&rule.filters, style == Style::Prefixes);
            if let Some((pattern, substitution)) = extension {
                if self.options.dialect == Dialect::Spec {
                    let message = format!(
                        "the rewrite of {pattern:?} to {substitution:?} needs an extension: its host is not written"
                    );
                    let code = &gateline_api::finding::codes::GL710;
                    let finding = Finding::new(code, matched.origin.clone(), message);
                    self.refused.push(finding.help("write for a target that has one: --to envoy-gateway"));
                }
                draft.extensions.push((draft.rules.len(), pattern, substitution));
            }
            let mut one = json!({"matches": [matching(&path, &matched.headers)]});
            let mut all = guard.filters.clone();
            all.append(&mut filters);
            if !all.is_empty() {
                one["filters"] = all.into();
            }
            let backends = self.backends(rule);
            if !backends.is_empty() {
                one["backendRefs"] = backends.into();
            }
            if let Some(session) = &rule.session {
                one["sessionPersistence"] = rewrite::of_session(session);
            }
            draft.rules.push((one, guard));
        }
        drafts
    }

    fn backends(&self, rule: &Rule) -> Vec<Value> {
        let several = rule.backends.len() > 1;
        let of = |backend: &gateline::model::WeightedBackend| {
            let mut value = match &backend.target {
                Target::Backend(id) => {
                    let name = &self.source.model.backends.get(id.0 as usize)?.name;
                    let mut value = json!({"name": name.object.name, "port": name.port});
                    if name.object.namespace != rule.origin.object.namespace {
                        value["namespace"] = name.object.namespace.to_string().into();
                    }
                    value
                }
                Target::Invalid { reference, .. } => {
                    let name = reference.rsplit('/').next()?.split(':').next()?.to_owned();
                    json!({"name": name})
                }
            };
            if several {
                value["weight"] = backend.weight.into();
            }
            Some(value)
        };
        rule.backends.iter().filter_map(of).collect()
    }

    fn write(&mut self, site: &Site, namespace: &str, draft: Draft) {
        let rules = collapsed(draft.rules);
        let slug = slug(site.hosts.as_ref().and_then(|hosts| hosts.first()).map(String::as_str));
        let name = if site.port == Port::Http { format!("{slug}-http") } else { slug.clone() };
        let sections = match (site.port, &site.hosts) {
            (Port::Http, _) => vec!["http".to_owned()],
            (Port::Https, Some(hosts)) => hosts.iter().map(|host| section(host)).collect(),
            (Port::Https, None) => Vec::new(),
        };
        for (index, chunk) in rules.chunks(MAX_RULES).enumerate() {
            let name = if index == 0 { name.clone() } else { format!("{name}-{}", index + 1) };
            let name = ObjectName::new(namespace, name);
            let mut filters = Vec::new();
            let mut values = Vec::new();
            let mut policies: Vec<Policy> = Vec::new();
            let of = |kind: &str, guard: &Guard| guard.policies.get(kind).cloned();
            let first = |kind: &str| chunk.first().and_then(|(_, guard)| of(kind, guard));
            let same = |kind: &str| chunk.iter().all(|(_, guard)| of(kind, guard) == first(kind));
            for (i, (rule, guard)) in chunk.iter().enumerate() {
                let mut rule = rule.clone();
                let place = index * MAX_RULES + i;
                if let Some((_, pattern, substitution)) = draft.extensions.iter().find(|one| one.0 == place) {
                    let filter = ObjectName::new(namespace, format!("{}-{place}", name.name));
                    add_filter(&mut rule, &filter.name);
                    filters.push(rewriting(filter, pattern, substitution));
                }
                for (kind, spec) in &guard.policies {
                    let same = same(kind);
                    let section = (!same).then(|| format!("rule-{place}"));
                    if let Some(section) = &section {
                        rule["name"] = section.clone().into();
                    }
                    if !same || i == 0 {
                        policies.push(Policy { kind, section, spec: spec.clone() });
                    }
                }
                values.push(rule);
            }
            self.routes.push(Written {
                name,
                hosts: site.hosts.clone(),
                sections: sections.clone(),
                rules: values,
                filters,
                policies,
                gateway: self.options.gateway.clone(),
            });
        }
    }

    /// Of two ports with the same rules one route is left.
    fn merge(&mut self) {
        let mut merged: Vec<Written> = Vec::new();
        for route in self.routes.drain(..) {
            let same = merged.iter_mut().find(|known| {
                known.hosts == route.hosts
                    && known.name.namespace == route.name.namespace
                    && known.filters.is_empty()
                    && route.filters.is_empty()
                    && (&known.rules, &known.policies) == (&route.rules, &route.policies)
            });
            match same {
                Some(known) => {
                    known.sections.extend(route.sections);
                    known.name.name = known.name.name.trim_end_matches("-http").into();
                }
                None => merged.push(route),
            }
        }
        self.routes = merged;
    }
}

/// Where every path of a host ends in one answer, the rule for `/` says it for all.
fn collapsed(rules: Vec<(Value, Guard)>) -> Vec<(Value, Guard)> {
    let redirects = |rule: &Value| {
        rule.pointer("/filters/0/requestRedirect/scheme").is_some_and(|scheme| scheme == "https")
    };
    let bare = |rule: &Value| (rule.get("filters").cloned(), rule.get("backendRefs").cloned());
    let Some((last, _)) = rules.last().cloned() else { return rules };
    let is_root = last.pointer("/matches/0/path") == Some(&json!({"type": "PathPrefix", "value": "/"}));
    if !is_root || !redirects(&last) {
        return rules;
    }
    let all_same = rules.iter().all(|(rule, _)| {
        bare(rule) == bare(&last) || rule.pointer("/matches/0/path/type").is_some_and(|kind| kind == "Exact")
    });
    if !all_same {
        return rules;
    }
    rules.into_iter().filter(|(rule, _)| *rule == last || bare(rule) != bare(&last)).collect()
}

fn matching(path: &Value, headers: &[HeaderMatch]) -> Value {
    let mut one = json!({"path": path});
    let header = |header: &HeaderMatch| {
        let (kind, value) = match &header.value {
            ValueMatch::Exact(text) => ("Exact", text),
            ValueMatch::Regex(text) => ("RegularExpression", text),
        };
        json!({"type": kind, "name": header.name.as_str(), "value": value})
    };
    if !headers.is_empty() {
        one["headers"] = headers.iter().map(header).collect();
    }
    one
}

fn add_filter(rule: &mut Value, name: &str) {
    let filter = json!({
        "type": "ExtensionRef",
        "extensionRef": {"group": "gateway.envoyproxy.io", "kind": "HTTPRouteFilter", "name": name},
    });
    match rule.get_mut("filters").and_then(Value::as_array_mut) {
        Some(filters) => filters.push(filter),
        None => rule["filters"] = json!([filter]),
    }
}

fn rewriting(name: ObjectName, pattern: &str, substitution: &str) -> Manifest {
    let replace = json!({"pattern": pattern, "substitution": substitution});
    let path = json!({"type": "ReplaceRegexMatch", "replaceRegexMatch": replace});
    Manifest::new(ENVOY, "HTTPRouteFilter", name, &json!({"urlRewrite": {"path": path}}))
}

/// The listener of a host that has a certificate.
pub(super) fn section(host: &str) -> String {
    format!("https-{}", slug(Some(host)))
}

/// A host as part of a name.
fn slug(host: Option<&str>) -> String {
    host.map_or_else(|| "all-hosts".to_owned(), |host| host.replace('*', "any").replace('.', "-"))
}

impl Written {
    /// The route and the objects that go with it.
    pub(super) fn into_manifests(self) -> Vec<Manifest> {
        let parent = |section: &String| json!({"name": self.gateway.name, "namespace": self.gateway.namespace, "sectionName": section});
        let parents: Vec<Value> = self.sections.iter().map(parent).collect();
        let mut spec = json!({"parentRefs": parents});
        if let Some(hosts) = &self.hosts {
            spec["hostnames"] = hosts.clone().into();
        }
        spec["rules"] = self.rules.into();
        let mut manifests = vec![Manifest::new(ROUTE, "HTTPRoute", self.name.clone(), &spec)];
        manifests.extend(self.filters);
        for Policy { kind, section, mut spec } in self.policies {
            let suffix = section.as_ref().map(|section| format!("-{section}")).unwrap_or_default();
            let mut target =
                json!({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": self.name.name});
            if let Some(section) = section {
                target["sectionName"] = section.into();
            }
            spec["targetRefs"] = json!([target]);
            let name = ObjectName::new(self.name.namespace.clone(), format!("{}{suffix}", self.name.name));
            manifests.push(Manifest::new(ENVOY, kind, name, &spec));
        }
        manifests
    }

    /// Servers in other namespaces that are asked whether a request may pass: from, and the namespace and name.
    pub(super) fn asked(&self) -> Vec<(&'static str, ObjectName)> {
        let filters =
            self.rules.iter().filter_map(|rule| rule.get("filters").and_then(Value::as_array)).flatten();
        let of_filters = filters.filter_map(|filter| filter.pointer("/externalAuth/backendRef"));
        let of_policies =
            self.policies.iter().filter_map(|policy| policy.spec.pointer("/extAuth/http/backendRefs/0"));
        let name = |reference: &Value| {
            let text = |field: &str| reference.get(field).and_then(Value::as_str);
            Some(ObjectName::new(text("namespace")?, text("name")?))
        };
        let of_filters = of_filters.filter_map(name).map(|name| ("HTTPRoute", name));
        of_filters.chain(of_policies.filter_map(name).map(|name| ("SecurityPolicy", name))).collect()
    }
}

use std::collections::BTreeMap;

use gateline::filter::{AuthProtocol, Cors, CorsOrigin, ExternalAuth};
use gateline::model::{BackendProtocol, ListenerName, Model, ObjectName, Route};
use gateline_api::objects::{ENVOY, EnvoyPolicy};
use gateline_api::{Object, Objects, Resolution};
use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::nginx::{gateway, policy};
use crate::traffic;

/// What Gateway API objects do, made comparable: one Gateway, and the policies that go with its routes in words.
#[derive(Debug)]
pub struct Target {
    /// All Gateways of the input as one.
    pub model: Model,
    /// What could not be read, in words: nothing is proved of it.
    pub unknown: Vec<String>,
}

const KINDS: [&str; 2] = ["SecurityPolicy", "BackendTrafficPolicy"];

/// Fields of policies that are read, or that no client sees: how connections are kept and spread.
const KNOWN: &[&str] = &[
    "targetRef",
    "targetRefs",
    "targetSelectors",
    "mergeType",
    "extAuth",
    "basicAuth",
    "jwt",
    "oidc",
    "apiKeyAuth",
    "authorization",
    "cors",
    "rateLimit",
    "requestBuffer",
    "timeout",
    "loadBalancer",
    "proxyProtocol",
    "tcpKeepalive",
    "healthCheck",
    "circuitBreaker",
    "connection",
    "dns",
    "http2",
    "telemetry",
    "useClientProtocol",
];

/// A policy of Envoy Gateway and what it is attached to.
struct Attached<'o> {
    policy: &'o Object,
    kind: String,
    name: ObjectName,
    section: Option<String>,
}

impl Target {
    /// Reads what objects do. Policies of Envoy Gateway on routes, rules, listeners and Gateways are read; a policy of a route
    /// replaces that of its Gateway.
    #[must_use]
    pub fn new(objects: &Objects, resolution: &Resolution) -> Self {
        let mut model = resolution.model.clone();
        let policies = attached(objects);
        let places = places(&model);
        for (index, route) in model.routes.iter_mut().enumerate() {
            let listeners = places.get(&index).map(Vec::as_slice).unwrap_or_default();
            for kind in KINDS {
                apply(route, listeners, policies.iter().filter(|one| &*one.policy.kind == kind));
            }
            asked(route, &resolution.model);
        }
        clients(&mut model, resolution, &places);
        for listener in &mut model.listeners {
            listener.name.gateway = gateway();
        }
        for backend in &mut model.backends {
            // nginx speaks HTTP/1.1 and upgrades to backends whatever their Service says.
            if matches!(backend.protocol, BackendProtocol::Http1 | BackendProtocol::WebSocket) {
                backend.protocol = BackendProtocol::Unspecified;
            }
        }
        Self { model, unknown: unread(objects) }
    }
}

/// Policies that may do anything to any request.
fn unread(objects: &Objects) -> Vec<String> {
    let mut unknown = Vec::new();
    for kind in KINDS {
        for policy in objects.of_kind(ENVOY, kind).filter(|object| !object.refused) {
            if policy.value.pointer("/spec/targetSelectors").is_some() {
                unknown
                    .push(format!("{kind} {} chooses its targets by labels, which is not read", policy.name));
            }
        }
    }
    for kind in ["EnvoyPatchPolicy", "EnvoyExtensionPolicy"] {
        let policies = objects.of_kind(ENVOY, kind);
        unknown.extend(policies.map(|policy| format!("{kind} {} is not read", policy.name)));
    }
    unknown
}

/// By route, the listeners that took it: the Gateway and the section.
fn places(model: &Model) -> BTreeMap<usize, Vec<ListenerName>> {
    let mut places: BTreeMap<usize, Vec<ListenerName>> = BTreeMap::new();
    for listener in &model.listeners {
        for attached in &listener.attached {
            places.entry(attached.route.0 as usize).or_default().push(listener.name.clone());
        }
    }
    places
}

fn attached(objects: &Objects) -> Vec<Attached<'_>> {
    let mut list = Vec::new();
    for kind in KINDS {
        for policy in objects.of_kind(ENVOY, kind).filter(|object| !object.refused) {
            let Ok(read) = policy.decode::<EnvoyPolicy>() else { continue };
            for (_, target) in read.spec.targets() {
                let name = ObjectName::new(policy.name.namespace.clone(), target.name.as_str());
                let section = target.section_name.clone().filter(|section| !section.is_empty());
                list.push(Attached { policy, kind: target.kind.clone(), name, section });
            }
        }
    }
    list
}

/// Applies the most specific policy of one kind to each rule.
fn apply<'a>(
    route: &mut Route,
    listeners: &[ListenerName],
    policies: impl Iterator<Item = &'a Attached<'a>>,
) {
    let policies: Vec<&Attached<'_>> = policies.collect();
    let (kind, name) = (route.kind.as_str(), route.name.clone());
    for rule in &mut route.rules {
        let of_route = |one: &&&Attached<'_>| one.kind == kind && one.name == name;
        let of_rule = |one: &&&Attached<'_>| {
            of_route(one) && one.section.is_some() && one.section.as_deref() == rule.name.as_deref()
        };
        let of_gateway = |one: &&&Attached<'_>| {
            let here = |at: &ListenerName| {
                at.gateway == one.name && one.section.as_deref().is_none_or(|section| *section == *at.section)
            };
            one.kind == "Gateway" && !listeners.is_empty() && listeners.iter().all(here)
        };
        let found = policies
            .iter()
            .find(of_rule)
            .or_else(|| policies.iter().find(|one| of_route(one) && one.section.is_none()))
            .or_else(|| policies.iter().find(of_gateway));
        if let Some(one) = found {
            words(one.policy, rule);
        }
    }
}

/// What a policy says, in the words of [`policy`].
fn words(object: &Object, rule: &mut gateline::model::Rule) {
    let spec = |path: &str| object.value.pointer(&format!("/spec/{path}")).filter(|value| !value.is_null());
    let mut put = |name: &str, value: String| drop(rule.policies.insert(name.into(), value.into()));
    if let Some(auth) = spec("extAuth") {
        put(policy::AUTH, asked_of_policy(auth, &object.name));
    }
    for (field, what) in [("basicAuth", "basic"), ("jwt", "jwt"), ("oidc", "oidc"), ("apiKeyAuth", "API key")]
    {
        if spec(field).is_some() {
            put(policy::AUTH, format!("{what}, by {} {}", object.kind, object.name));
        }
    }
    if let Some(authorization) = spec("authorization") {
        let (name, value) = authorized(authorization, object);
        put(name, value);
    }
    for (name, value) in object.value.get("spec").map(traffic::words).unwrap_or_default() {
        put(name, value);
    }
    let fields = object.value.get("spec").and_then(Value::as_object).into_iter().flatten();
    let others: Vec<&str> =
        fields.map(|(name, _)| name.as_str()).filter(|name| !KNOWN.contains(name)).collect();
    if !others.is_empty() {
        put(policy::OTHER, format!("{} of {} {}", others.join(", "), object.kind, object.name));
    }
    if let Some(cors) = spec("cors") {
        rule.filters.cors = Some(of_policy(cors));
    }
}

fn asked_of_policy(auth: &Value, of: &ObjectName) -> String {
    let http = auth.get("http").or_else(|| auth.get("grpc")).unwrap_or(&Value::Null);
    let backend = http.pointer("/backendRefs/0").or_else(|| http.get("backendRef")).unwrap_or(&Value::Null);
    let text = |name: &str| backend.get(name).and_then(Value::as_str);
    let namespace = text("namespace").unwrap_or(&of.namespace);
    let port = backend.get("port").and_then(Value::as_u64).map(|port| format!(":{port}")).unwrap_or_default();
    let path = http.get("path").and_then(Value::as_str).unwrap_or_default();
    let name = text("name").unwrap_or_default();
    format!("asked of {name}.{namespace}{port}{path} and the path of the request")
}

/// An allow list, a deny list, or something else that decides who may pass.
fn authorized(authorization: &Value, object: &Object) -> (&'static str, String) {
    let rules = authorization.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let default = authorization.get("defaultAction").and_then(Value::as_str).unwrap_or("Deny");
    let mut addresses = Vec::new();
    let mut simple = true;
    for rule in rules {
        let principal = rule.get("principal").and_then(Value::as_object);
        let only = principal.is_some_and(|principal| principal.len() == 1) && rule.get("operation").is_none();
        let list = principal.and_then(|principal| principal.get("clientCIDRs")).and_then(Value::as_array);
        let other = rule.get("action").and_then(Value::as_str) != Some(default);
        simple &= only && list.is_some() && other;
        addresses.extend(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    }
    let name = if default == "Deny" { policy::ALLOW } else { policy::DENY };
    match policy::ranges(&addresses).filter(|_| simple) {
        Some(ranges) => (name, ranges),
        None => (policy::ALLOW, format!("by the rules of {} {}", object.kind, object.name)),
    }
}

fn of_policy(cors: &Value) -> Cors {
    let list = |name: &str| {
        let entries = cors.get(name).and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let all = |name: &str| Some(list(name)).filter(|names| !names.iter().any(|name| name == "*"));
    let seconds =
        cors.get("maxAge").and_then(Value::as_str).and_then(|text| text.strip_suffix('s')?.parse().ok());
    Cors {
        origins: list("allowOrigins").iter().filter_map(|text| CorsOrigin::parse(text)).collect(),
        methods: all("allowMethods")
            .map(|names| names.iter().filter_map(|name| Method::from_bytes(name.as_bytes()).ok()).collect()),
        headers: all("allowHeaders").map(|names| {
            names.iter().filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok()).collect()
        }),
        expose: list("exposeHeaders").iter().filter_map(|name| HeaderValue::from_str(name).ok()).collect(),
        credentials: cors.get("allowCredentials").and_then(Value::as_bool).unwrap_or(false),
        max_age: seconds.unwrap_or(0),
    }
}

/// `ExternalAuth` filters become words, as those of nginx are.
fn asked(route: &mut Route, model: &Model) {
    for rule in &mut route.rules {
        let words: Vec<String> =
            rule.filters.auth.drain(..).map(|auth| asked_of_filter(&auth, model)).collect();
        if !words.is_empty() {
            rule.policies.insert(policy::AUTH.into(), words.join(", and ").into());
        }
    }
}

fn asked_of_filter(auth: &ExternalAuth, model: &Model) -> String {
    let backend = auth.target.backend().and_then(|id| model.backends.get(id.0 as usize));
    let name = backend.map(|backend| backend.name.to_string()).unwrap_or_default();
    match &auth.protocol {
        AuthProtocol::Http { path, .. } => format!("asked of {name}{path} and the path of the request"),
        AuthProtocol::Grpc { .. } => format!("asked of {name} by gRPC"),
    }
}

/// Client certificates, for routes that only listeners with them take.
fn clients(model: &mut Model, resolution: &Resolution, places: &BTreeMap<usize, Vec<ListenerName>>) {
    let asks: Vec<&ListenerName> = resolution
        .model
        .listeners
        .iter()
        .zip(&resolution.tls)
        .filter(|(_, tls)| {
            tls.as_ref().and_then(|tls| tls.client.as_ref()).is_some_and(|client| !client.optional)
        })
        .map(|(listener, _)| &listener.name)
        .collect();
    for (index, route) in model.routes.iter_mut().enumerate() {
        let listeners = places.get(&index).map(Vec::as_slice).unwrap_or_default();
        if listeners.is_empty() || !listeners.iter().all(|name| asks.contains(&name)) {
            continue;
        }
        for rule in &mut route.rules {
            rule.policies.insert(policy::CLIENT.into(), "on, by the listener".into());
        }
    }
}

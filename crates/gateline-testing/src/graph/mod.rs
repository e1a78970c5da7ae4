//! Manifests as a graph: hosts, listeners, routes with their rules, backends, and what is wrong beside each.

mod build;
mod dead;
mod place;

use gateline::explain::Source;
use gateline_api::Finding;
use serde::Serialize;

/// What requests pass on their way, from left to right. Parts refer to one another by index.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Graph {
    /// Of this shape: 1.
    pub version: u32,
    /// Hostnames that listeners tell apart, in alphabetical order from the last label on; `*` for any.
    pub hosts: Vec<HostNode>,
    /// By index of the model.
    pub listeners: Vec<ListenerNode>,
    /// By index of the model: also those that are attached nowhere.
    pub routes: Vec<RouteNode>,
    /// By name.
    pub backends: Vec<BackendNode>,
    /// All of them, as `gateline check` reports them.
    pub findings: Vec<Finding>,
}

/// A hostname.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostNode {
    /// `shop.example.com`, `*.example.com`, or `*`.
    pub name: String,
    /// Who takes it.
    pub listeners: Vec<usize>,
}

/// A listener that serves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListenerNode {
    /// `ns/gateway/listener`.
    pub name: String,
    /// `ns/gateway`.
    pub gateway: String,
    /// As it says.
    pub port: u16,
    /// `HTTPS`.
    pub protocol: String,
    /// What it takes; `*` for any.
    pub hostname: String,
    /// The routes that are attached.
    pub routes: Vec<Attached>,
    /// Indexes into [`Graph::findings`].
    pub findings: Vec<usize>,
    /// Where it is written.
    pub source: Option<Source>,
}

/// A route on a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attached {
    /// Index into [`Graph::routes`].
    pub route: usize,
    /// The hostnames that work there; `*` for any.
    pub hostnames: Vec<String>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteNode {
    /// `HTTPRoute/ns/name`.
    pub name: String,
    /// In the order written.
    pub rules: Vec<RuleNode>,
    /// Those about the route, not about a rule.
    pub findings: Vec<usize>,
    /// Where it is written.
    pub source: Option<Source>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleNode {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What becomes of its requests: `shop/cart:80`, `301 to https://{host}`.
    pub effect: String,
    /// In the order written.
    pub matches: Vec<MatchNode>,
    /// Where its requests go; empty where the gateway answers.
    pub backends: Vec<ShareNode>,
    /// Why no request reaches it, if that is proved.
    pub dead: Option<Dead>,
    /// Indexes into [`Graph::findings`].
    pub findings: Vec<usize>,
    /// Where it is written.
    pub source: Option<Source>,
}

/// A match of a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MatchNode {
    /// `Prefix /api, GET, header x-a=b`.
    pub predicates: String,
    /// Why no request reaches it, if that is proved. Of a dead rule it is said of the rule.
    pub dead: Option<Dead>,
    /// Where it is written.
    pub source: Option<Source>,
}

/// That and why no request reaches something: GL201, GL202, GL204 and GL206.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dead {
    /// Index into [`Graph::findings`]: it has the reason.
    pub finding: usize,
    /// The rules that take what it asks for.
    pub by: Vec<RuleAt>,
}

/// A rule by its indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RuleAt {
    /// Index into [`Graph::routes`].
    pub route: usize,
    /// Index into its rules.
    pub rule: usize,
}

/// The share of a backend in the requests of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShareNode {
    /// Index into [`Graph::backends`].
    pub backend: usize,
    /// As written, or 1.
    pub weight: u32,
    /// Why it cannot be followed, if so: its share is answered 500.
    pub invalid: Option<String>,
}

/// A backend that some rule names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackendNode {
    /// `ns/name:port`.
    pub name: String,
    /// `Service`; `None` where no reference to it can be followed.
    pub kind: Option<String>,
    /// Indexes into [`Graph::findings`].
    pub findings: Vec<usize>,
    /// Where it is written, if it is in the input.
    pub source: Option<Source>,
}

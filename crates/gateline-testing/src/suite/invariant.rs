use std::fmt;

use gateline::analysis::Scope;
use gateline::model::{HeaderMatch, HostPattern, PathMatch, Place, QueryMatch, ValueMatch};
use http::{HeaderName, Method};

use super::expect::rule_name;
use super::name::{Named, RuleName};
use super::node::Node;

const KEYS: [&str; 5] = ["name", "for-all", "never", "always", "created"];
pub(super) const SCOPE_KEYS: [&str; 8] =
    ["gateway", "scheme", "port", "host", "path", "method", "headers", "query"];
const CLAIM_KEYS: [&str; 6] = ["backend", "rule", "route", "route-namespace", "status", "redirect"];
const REDIRECT_KEYS: [&str; 3] = ["scheme", "host", "status"];

/// What must hold for every request of a scope: proved, not sampled.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// As written.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// The Gateway that requests are sent to; `None` for any.
    pub gateway: Option<Named>,
    /// The other conditions of the requests it is about.
    pub scope: Scope,
    /// Whether the claim must always hold, or never.
    pub always: bool,
    /// What is claimed.
    pub claim: Claim,
    /// Routes in the order they were created, oldest first. Without it the claim must hold for every order.
    pub created: Vec<RuleName>,
}

/// What `always` and `never` say of a request. All that is written must hold.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// A backend gets it: this one, or with `*` any.
    pub backend: Option<Option<Named>>,
    /// A rule takes it: this one.
    pub rule: Option<RuleName>,
    /// A route of this namespace takes it.
    pub namespace: Option<String>,
    /// The gateway answers with it.
    pub status: Option<u16>,
    /// It is redirected.
    pub redirect: Option<ClaimRedirect>,
}

/// `redirect` of a claim. What is not written is not looked at.
#[derive(Clone, Debug, Default)]
pub struct ClaimRedirect {
    /// As the redirect sets it.
    pub scheme: Option<String>,
    /// As the redirect sets it.
    pub host: Option<String>,
    /// 301, 302, …
    pub status: Option<u16>,
}

/// Reads one invariant; `None` if something is wrong with it.
pub(super) fn read(node: &Node<'_>, gateway: Option<&Named>) -> Option<Invariant> {
    let errors = node.errors();
    if !node.mapping("an invariant", &KEYS) {
        return None;
    }
    let name = node.required("an invariant", "name")?.text("name")?;
    let about = node.required("an invariant", "for-all")?;
    about.mapping("for-all", &SCOPE_KEYS);
    let named =
        about.get("gateway").and_then(|node| Some(Named::parse(&node.text("gateway")?, node.place())));
    let scope = scope(&about);
    let (always, claim) = match (node.get("always"), node.get("never")) {
        (Some(claim), None) => (true, claim),
        (None, Some(claim)) => (false, claim),
        _ => {
            node.error("an invariant says either `always` or `never`");
            return None;
        }
    };
    let claim = Claim::read(&claim);
    let gateway = named.or_else(|| gateway.cloned());
    let created = node.get("created").map(|node| node.list("created")).unwrap_or_default();
    let created: Vec<RuleName> = created.iter().filter_map(rule_name).collect();
    let scope = Scope { any_order: created.is_empty(), ..scope };
    let invariant = Invariant { name, place: node.place(), gateway, scope, always, claim, created };
    (node.errors() == errors).then_some(invariant)
}

/// `for-all`, but for the Gateway.
pub(super) fn scope(node: &Node<'_>) -> Scope {
    let mut scope = Scope {
        tls: node.get("scheme").and_then(|node| match node.text("scheme")?.as_str() {
            "http" => Some(false),
            "https" => Some(true),
            other => {
                node.error(format!("{other:?} is neither http nor https"));
                None
            }
        }),
        port: node.get("port").and_then(|node| node.number("port")),
        ..Scope::default()
    };
    if let Some(hosts) = node.get("host") {
        scope.hosts = hosts.texts("host").iter().filter_map(|text| host(text, &hosts)).collect();
    }
    if let Some(paths) = node.get("path") {
        scope.paths = paths.texts("path").iter().filter_map(|text| path(text, &paths)).collect();
    }
    scope.method = node.get("method").and_then(|node| {
        let text = node.text("method")?;
        Method::from_bytes(text.as_bytes()).map_err(|_| node.error(format!("{text:?} is not a method"))).ok()
    });
    for (name, node) in node.get("headers").map(|node| node.entries("headers")).unwrap_or_default() {
        match (HeaderName::from_bytes(name.as_bytes()), value(&node)) {
            (Ok(name), Some(value)) => scope.headers.push(HeaderMatch { name, value }),
            (Err(_), _) => node.error(format!("{name:?} is not the name of a header")),
            _ => {}
        }
    }
    for (name, node) in node.get("query").map(|node| node.entries("query")).unwrap_or_default() {
        scope.query.extend(value(&node).map(|value| QueryMatch { name: name.into(), value }));
    }
    scope
}

/// `*.example.com`, `!www.example.com`.
fn host(text: &str, node: &Node<'_>) -> Option<(HostPattern, bool)> {
    let (text, wanted) = sign(text);
    HostPattern::parse(text).map_err(|error| node.error(error.to_string())).ok().map(|host| (host, wanted))
}

/// `/admin/**` for a path and all below it, `/healthz` for one, `~/v[0-9]+` for a regular expression; `!` for all others.
fn path(text: &str, node: &Node<'_>) -> Option<(PathMatch, bool)> {
    let (text, wanted) = sign(text);
    let path = match (text.strip_prefix('~'), text.strip_suffix("/**")) {
        (Some(pattern), _) => {
            gateline::pattern::check(pattern).map_err(|error| node.error(error.to_string())).ok()?;
            PathMatch::Regex(pattern.into())
        }
        (None, Some(prefix)) => PathMatch::Prefix(prefix.into()),
        (None, None) => PathMatch::Exact(text.into()),
    };
    if !matches!(path, PathMatch::Regex(_))
        && (!text.starts_with('/') || text.trim_end_matches("/**").contains('*'))
    {
        node.error(format!(
            "{text:?} is not a path: write /admin, /admin/** for all below it, or ~ and a pattern"
        ));
        return None;
    }
    Some((path, wanted))
}

fn sign(text: &str) -> (&str, bool) {
    text.strip_prefix('!').map_or((text, true), |rest| (rest, false))
}

/// A text, or `~` and a regular expression.
fn value(node: &Node<'_>) -> Option<ValueMatch> {
    let text = node.text("a value")?;
    let Some(pattern) = text.strip_prefix('~') else { return Some(ValueMatch::Exact(text.into())) };
    gateline::pattern::check(pattern).map_err(|error| node.error(error.to_string())).ok()?;
    Some(ValueMatch::Regex(pattern.into()))
}

impl Claim {
    fn read(node: &Node<'_>) -> Self {
        if !node.mapping("a claim", &CLAIM_KEYS) {
            return Self::default();
        }
        if node.value.as_object().is_some_and(serde_json::Map::is_empty) {
            node.error("the claim says nothing");
        }
        let backend = node.get("backend").and_then(|node| match node.text("backend")?.as_str() {
            "*" => Some(None),
            text => Some(Some(Named::parse(text, node.place()))),
        });
        let rule = node.get("rule").or_else(|| node.get("route")).and_then(|node| rule_name(&node));
        Self {
            backend,
            rule,
            namespace: node.get("route-namespace").and_then(|node| node.text("route-namespace")),
            status: node.get("status").and_then(|node| node.number("status")),
            redirect: node.get("redirect").map(|node| ClaimRedirect::read(&node)),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match &self.backend {
            Some(Some(name)) => parts.push(format!("backend {name}")),
            Some(None) => parts.push("a backend".to_owned()),
            None => {}
        }
        parts.extend(self.rule.as_ref().map(|rule| format!("rule {rule}")));
        parts.extend(self.namespace.as_ref().map(|namespace| format!("a route of namespace {namespace}")));
        parts.extend(self.status.map(|status| format!("status {status}")));
        if let Some(redirect) = &self.redirect {
            let words = [
                redirect.status.map(|status| format!(" {status}")),
                redirect.scheme.as_ref().map(|scheme| format!(" to {scheme}")),
                redirect.host.as_ref().map(|host| format!(" to host {host}")),
            ];
            parts.push(format!("a redirect{}", words.into_iter().flatten().collect::<String>()));
        }
        f.write_str(&parts.join(", "))
    }
}

impl ClaimRedirect {
    fn read(node: &Node<'_>) -> Self {
        if !node.mapping("redirect", &REDIRECT_KEYS) {
            return Self::default();
        }
        let text = |key| node.get(key).and_then(|node| node.text(key));
        let status = node.get("status").and_then(|node| node.number("status"));
        Self { scheme: text("scheme"), host: text("host"), status }
    }
}

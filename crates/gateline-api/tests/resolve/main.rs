//! Each step of the resolution, on manifests small enough to be read.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail loudly")]

mod attachment;
mod backend_tls;
mod cert_manager;
mod external_auth;
mod filters;
mod listeners;
mod material;
mod order;
mod policies;
mod portability;
mod references;
mod requests;
mod shared_hosts;
mod tls;
mod unread;

use gateline_api::status::{Condition, ConditionStatus, ParentStatus, Status};
use gateline_api::{Options, Resolution, parse, resolve};

/// Resolves manifests with every assumption as in a cluster that holds nothing else.
fn closed(yaml: &str) -> Resolution {
    use gateline_api::resolve::Assume::Missing;
    let mut options = Options::default();
    (options.services, options.secrets, options.gateways, options.namespaces) =
        (Missing, Missing, Missing, Missing);
    resolve_with(yaml, &options)
}

/// Resolves manifests as an offline user would: what is not in the input is unknown.
fn open(yaml: &str) -> Resolution {
    resolve_with(yaml, &Options::default())
}

fn resolve_with(yaml: &str, options: &Options) -> Resolution {
    let loaded = parse::text("test.yaml", yaml);
    assert!(loaded.errors.is_empty(), "{:?}", loaded.errors);
    resolve(&loaded.objects, options)
}

fn status<'r>(resolution: &'r Resolution, kind: &str, name: &str) -> &'r Status {
    let found = resolution.statuses.iter().find(|s| *s.kind == *kind && s.name.to_string() == name);
    found.unwrap_or_else(|| panic!("no status of {kind} {name}: {:?}", resolution.statuses))
}

/// `Accepted=False NoMatchingParent`.
fn said(conditions: &[Condition], kind: &str) -> String {
    let one = conditions.iter().find(|condition| condition.kind == kind);
    one.map_or_else(|| format!("no {kind}"), |c| format!("{kind}={:?} {}", c.status, c.reason))
}

fn parent<'r>(resolution: &'r Resolution, kind: &str, name: &str, index: usize) -> &'r ParentStatus {
    &status(resolution, kind, name).parents[index]
}

fn codes(resolution: &Resolution) -> Vec<&'static str> {
    resolution.findings.iter().map(|finding| finding.code).collect()
}

/// `gateway/section` with how many routes are attached, of the listeners that serve.
fn serving(resolution: &Resolution) -> Vec<(String, usize)> {
    resolution.model.listeners.iter().map(|l| (l.name.to_string(), l.attached.len())).collect()
}

fn is_true(conditions: &[Condition], kind: &str) -> bool {
    conditions.iter().any(|c| c.kind == kind && c.status == ConditionStatus::True)
}

/// A class and a Gateway `infra/edge` with these listeners (flow style, one a line).
fn gateway(listeners: &str) -> String {
    let lines = listeners.lines().map(str::trim).filter(|line| !line.is_empty());
    let listeners = lines.fold(String::new(), |text, line| text + "    - " + line + "\n");
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: any}}\nspec: {{controllerName: example.com/any}}\n---\n\
         apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: edge, namespace: infra}}\nspec:\n  gatewayClassName: any\n  \
         listeners:\n{listeners}---\n"
    )
}

/// A Service in namespace `infra` with port 80.
fn service(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: infra}}\nspec: {{ports: [{{port: 80}}]}}\n---\n"
    )
}

/// A route of a kind in a namespace, its spec in flow style.
fn route(kind: &str, namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n---\n"
    )
}

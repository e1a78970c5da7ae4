//! The Gateway of converted routes, and the permissions it needs.

use std::collections::BTreeSet;

use gateline::model::ObjectName;
use serde_json::{Value, json};

use super::route::{Written, section};
use super::{ConvertOptions, Manifest};
use crate::nginx::{Port, Server, Site};
use crate::source::Source;

const API: &str = "gateway.networking.k8s.io/v1";

/// The Gateway, with a listener for every host that has a certificate, and ReferenceGrants for what is in other namespaces.
pub(super) fn manifests(source: &Source, options: &ConvertOptions, routes: &[Written]) -> Vec<Manifest> {
    if routes.is_empty() {
        return Vec::new();
    }
    let served = |section: &str| routes.iter().any(|route| route.sections.iter().any(|one| one == section));
    let (listeners, grants) = listeners(source, &options.gateway, served);
    let spec = json!({"gatewayClassName": options.class, "listeners": listeners});
    let mut manifests = vec![Manifest::new(API, "Gateway", options.gateway.clone(), &spec)];
    manifests.extend(grants);
    let asked: BTreeSet<(String, &str, ObjectName)> = routes
        .iter()
        .flat_map(|route| {
            route.asked().into_iter().map(|(kind, to)| (route.name.namespace.to_string(), kind, to))
        })
        .filter(|(from, _, to)| *from != *to.namespace)
        .collect();
    manifests.extend(asked.into_iter().map(|(from, kind, to)| grant(&from, kind, "Service", &to)));
    manifests
}

/// The listeners of a Gateway for these sites, as far as somebody is served by them, and the permissions that they need.
pub(crate) fn listeners(
    source: &Source,
    gateway: &ObjectName,
    served: impl Fn(&str) -> bool,
) -> (Vec<Value>, Vec<Manifest>) {
    let everyone = json!({"namespaces": {"from": "All"}});
    let mut listeners = Vec::new();
    if served("http") {
        let port = source.port(Port::Http);
        listeners.push(json!({"name": "http", "port": port, "protocol": "HTTP", "allowedRoutes": everyone}));
    }
    let mut secrets = BTreeSet::new();
    for (site, server) in secure(source) {
        for host in site.hosts.iter().flatten() {
            let name = section(host);
            if !served(&name) {
                continue;
            }
            let secret = secret(server);
            let mut reference = json!({"name": secret.name});
            if secret.namespace != gateway.namespace {
                reference["namespace"] = secret.namespace.to_string().into();
                secrets.insert(secret);
            }
            listeners.push(json!({
                "name": name, "hostname": host, "port": source.port(Port::Https), "protocol": "HTTPS",
                "tls": {"mode": "Terminate", "certificateRefs": [reference]}, "allowedRoutes": everyone,
            }));
        }
    }
    let grants = secrets.iter().map(|secret| grant(&gateway.namespace, "Gateway", "Secret", secret));
    (listeners, grants.collect())
}

fn secure(source: &Source) -> impl Iterator<Item = (&Site, &Server)> {
    let sites = source.sites.iter().filter(|site| site.port == Port::Https);
    sites.filter_map(|site| Some((site, source.servers.get(site.server?)?)))
}

/// The certificate of a server, in the namespace of the Ingress that brings it.
fn secret(server: &Server) -> ObjectName {
    let name = server.tls.clone().unwrap_or_default();
    let brings = |one: &&crate::nginx::Location| {
        let tls = one.annotations.object().value.pointer("/spec/tls").and_then(Value::as_array);
        tls.into_iter()
            .flatten()
            .any(|tls| tls.get("secretName").and_then(Value::as_str).unwrap_or_default() == name)
    };
    let namespace = server.locations.iter().find(brings).or(server.locations.first());
    let namespace = namespace.map(|one| one.annotations.object().name.namespace.clone()).unwrap_or_default();
    let name = if name.is_empty() { "default-ssl-certificate".into() } else { name };
    ObjectName::new(namespace, name)
}

fn grant(from: &str, kind: &str, to: &str, name: &ObjectName) -> Manifest {
    let group = if kind == "SecurityPolicy" { "gateway.envoyproxy.io" } else { "gateway.networking.k8s.io" };
    let spec = json!({
        "from": [{"group": group, "kind": kind, "namespace": from}],
        "to": [{"group": "", "kind": to, "name": name.name}],
    });
    let own = format!("{}-from-{from}-for-{}", name.name, kind.to_ascii_lowercase());
    Manifest::new(API, "ReferenceGrant", ObjectName::new(name.namespace.clone(), own), &spec)
}

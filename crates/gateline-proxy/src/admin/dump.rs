use gateline::model::{Listener, Route};
use serde_json::{Value, json};

use crate::snapshot::{Snapshot, Upstream};

/// What is served, as JSON. Holds no keys.
pub(super) fn config(snapshot: &Snapshot) -> String {
    let model = snapshot.router.model();
    let stats = snapshot.router.stats();
    let dump = json!({"configs": [{
        "counts": {
            "listeners": model.listeners.len(),
            "routes": model.routes.len(),
            "rules": snapshot.rules,
            "backends": model.backends.len(),
        },
        "router": {
            "matches": stats.matches,
            "nodes": stats.nodes,
            "longest_list": stats.longest_list,
            "regexes": stats.regexes,
            "residual_regexes": stats.residual_regexes,
        },
        "listeners": model.listeners.iter().map(|listener| listener_json(listener, &model.routes)).collect::<Vec<_>>(),
        "routes": model.routes.iter().map(route_json).collect::<Vec<_>>(),
        "backends": snapshot.upstreams.iter().map(upstream_json).collect::<Vec<_>>(),
    }]});
    format!("{dump:#}\n")
}

fn listener_json(listener: &Listener, routes: &[Route]) -> Value {
    let attached = listener.attached.iter().filter_map(|attached| {
        let route = routes.get(usize::try_from(attached.route.0).ok()?)?;
        Some(format!("{}/{}", route.kind, route.name))
    });
    json!({
        "name": listener.name.to_string(),
        "port": listener.port,
        "protocol": listener.protocol,
        "hostname": listener.hostname.as_ref().map(ToString::to_string),
        "attached": attached.collect::<Vec<_>>(),
    })
}

fn route_json(route: &Route) -> Value {
    let rules = route.rules.iter().map(|rule| {
        json!({
            "name": rule.name,
            "matches": rule.matches.len(),
            "backends": rule.backends.iter()
                .map(|backend| json!({"target": backend.target, "weight": backend.weight}))
                .collect::<Vec<_>>(),
            "origin": rule.origin.to_string(),
        })
    });
    json!({
        "kind": route.kind.as_str(),
        "name": route.name.to_string(),
        "rules": rules.collect::<Vec<_>>(),
    })
}

fn upstream_json(upstream: &Upstream) -> Value {
    let looked_up = upstream.names.iter().map(|name| name.addresses());
    let mut endpoints: Vec<String> = upstream.addresses.iter().map(ToString::to_string).collect();
    endpoints.extend(looked_up.flat_map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>()));
    json!({
        "name": upstream.name,
        "protocol": upstream.protocol,
        "tls": upstream.tls.is_some(),
        "broken_tls": upstream.broken_tls.as_deref(),
        "endpoints": endpoints,
    })
}

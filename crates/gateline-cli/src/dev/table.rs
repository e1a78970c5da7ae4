//! What `dev` prints when it has started.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gateline::model::{
    AttachedRoute, HostPattern, Listener, Match, PathMatch, Protocol, Route, RouteKind, ValueMatch,
};
use gateline_proxy::Proxy;

use super::stand_in::StandIns;
use crate::input::World;
use crate::output::{self, Output};

pub(crate) fn print(
    world: &World,
    ports: &BTreeMap<u16, u16>,
    stand_ins: &StandIns,
    proxy: &Proxy,
    output: &mut Output,
) {
    let model = &world.resolution.model;
    output.line(&output.paint(output::STRONG, &format!("{} objects", world.objects.len())));
    for listener in &model.listeners {
        output.line(&listener_line(listener, ports));
    }
    if model.listeners.is_empty() {
        output.line("no listener can serve; `gateline check` says why");
    }
    stood_in(stand_ins, output);
    if let Some(admin) = proxy.admin_address() {
        output.line(&format!("admin: http://{admin}/stats/prometheus, /config_dump, /ready"));
    }
    output.line(&output.paint(output::STRONG, "try"));
    for listener in &model.listeners {
        let Some(port) = ports.get(&listener.port) else { continue };
        for attached in &listener.attached {
            let Some(route) = model.routes.get(attached.route.0 as usize) else { continue };
            for line in examples(listener, *port, attached, route, stand_ins) {
                output.line(&format!("  {line}"));
            }
        }
    }
}

fn listener_line(listener: &Listener, ports: &BTreeMap<u16, u16>) -> String {
    let (scheme, served) = match listener.protocol {
        Protocol::Http => ("http", true),
        Protocol::Https => ("https", true),
        Protocol::Tls => ("tls", false),
        Protocol::Tcp => ("tcp", false),
        Protocol::Udp => ("udp", false),
    };
    let host = listener.hostname.as_ref().map_or_else(|| "any host".to_owned(), ToString::to_string);
    let at = match ports.get(&listener.port) {
        Some(port) if served => format!("{scheme}://127.0.0.1:{port}"),
        _ => format!("{scheme} is not served yet"),
    };
    format!("{}  port {}  {host}  {} routes  {at}", listener.name, listener.port, listener.attached.len())
}

fn stood_in(stand_ins: &StandIns, output: &mut Output) {
    let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    if !stand_ins.services.is_empty() {
        output.line(&format!(
            "stand-ins: an echo backend for {}",
            list(&mut stand_ins.services.iter().cloned())
        ));
    }
    if !stand_ins.plain.is_empty() {
        output.line(&format!("stand-ins: no TLS to {}", list(&mut stand_ins.plain.iter().cloned())));
    }
    if !stand_ins.secrets.is_empty() {
        let secrets = list(&mut stand_ins.secrets.iter().map(ToString::to_string));
        let file = stand_ins.authority_file.as_ref().map(|file| format!(", signed by {}", file.display()));
        output.line(&format!("stand-ins: a certificate for {secrets}{}", file.unwrap_or_default()));
    }
}

/// A line to paste for the first match of each rule.
fn examples(
    listener: &Listener,
    port: u16,
    attached: &AttachedRoute,
    route: &Route,
    stand_ins: &StandIns,
) -> Vec<String> {
    let effective = attached.hostnames.first().and_then(|hostname| hostname.effective.as_ref());
    let host = match effective {
        None => "localhost".to_owned(),
        Some(HostPattern::Exact(name)) => name.to_string(),
        Some(HostPattern::Wildcard(suffix)) => format!("any.{suffix}"),
    };
    let first = route.rules.iter().filter_map(|rule| rule.matches.first());
    first.map(|matched| example(listener.protocol, port, &host, route.kind, matched, stand_ins)).collect()
}

fn example(
    protocol: Protocol,
    port: u16,
    host: &str,
    kind: RouteKind,
    matched: &Match,
    stand_ins: &StandIns,
) -> String {
    let headers = matched.headers.iter().filter_map(|header| match &header.value {
        ValueMatch::Exact(value) => Some(format!(" -H '{}: {value}'", header.name)),
        ValueMatch::Regex(_) => None,
    });
    let headers: String = headers.collect();
    let ca = stand_ins.authority_file.as_ref().map(|file| file.display().to_string());
    if kind == RouteKind::Grpc {
        let call = call(&matched.path);
        let trust = match (protocol, &ca) {
            (Protocol::Https, Some(ca)) => format!("-cacert {ca}"),
            (Protocol::Https, None) => "-insecure".to_owned(),
            _ => "-plaintext".to_owned(),
        };
        return format!("grpcurl {trust} -authority {host}{headers} 127.0.0.1:{port} {call}");
    }
    let mut line = "curl -s".to_owned();
    if let Some(method) = &matched.method {
        // Writing to a String cannot fail.
        let _ = write!(line, " -X {method}");
    }
    let path = path(&matched.path);
    if protocol == Protocol::Https {
        let trust = ca.map_or_else(|| "-k".to_owned(), |ca| format!("--cacert {ca}"));
        format!("{line} {trust} --resolve {host}:{port}:127.0.0.1 'https://{host}:{port}{path}'{headers}")
    } else {
        format!("{line} -H 'Host: {host}' 'http://127.0.0.1:{port}{path}'{headers}")
    }
}

fn path(path: &PathMatch) -> &str {
    match path {
        PathMatch::Exact(path) => path,
        PathMatch::Prefix(prefix) if !prefix.is_empty() => prefix,
        PathMatch::Regex(_) | PathMatch::Prefix(_) | PathMatch::Grpc(_) => "/",
    }
}

fn call(path: &PathMatch) -> String {
    let part = |value: &Option<ValueMatch>, any: &str| match value {
        Some(ValueMatch::Exact(text)) => text.to_string(),
        _ => any.to_owned(),
    };
    match path {
        PathMatch::Grpc(method) => {
            format!("{}/{}", part(&method.service, "any.Service"), part(&method.method, "Method"))
        }
        _ => "any.Service/Method".to_owned(),
    }
}

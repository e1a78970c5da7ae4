//! What `dev` prints when it has started.

use std::collections::BTreeMap;

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
    let ways = Ways::new(ports, stand_ins);
    for listener in &model.listeners {
        for attached in &listener.attached {
            let Some(route) = model.routes.get(attached.route.0 as usize) else { continue };
            for line in examples(listener, attached, route, &ways) {
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
fn examples(listener: &Listener, attached: &AttachedRoute, route: &Route, ways: &Ways) -> Vec<String> {
    let effective = attached.hostnames.first().and_then(|hostname| hostname.effective.as_ref());
    let host = match effective {
        None => "localhost".to_owned(),
        Some(HostPattern::Exact(name)) => name.to_string(),
        Some(HostPattern::Wildcard(suffix)) => format!("any.{suffix}"),
    };
    let first = route.rules.iter().filter_map(|rule| rule.matches.first());
    first.map(|matched| example(listener, &host, route.kind, matched, ways)).collect()
}

fn example(listener: &Listener, host: &str, kind: RouteKind, matched: &Match, ways: &Ways) -> String {
    let headers = matched.headers.iter().fold(String::new(), |line, header| match &header.value {
        ValueMatch::Exact(value) => format!("{line} -H {}", quoted(&format!("{}: {value}", header.name))),
        ValueMatch::Regex(_) => line,
    });
    let secure = listener.protocol == Protocol::Https;
    if kind == RouteKind::Grpc {
        let trust = if secure { ways.grpc_trust.as_str() } else { "-plaintext" };
        let port = ways.bound(listener.port);
        return format!(
            "grpcurl {trust} -authority {host}{headers} 127.0.0.1:{port} {}",
            call(&matched.path)
        );
    }
    let method = match matched.method.as_ref().map(http::Method::as_str) {
        None | Some("GET") => String::new(),
        Some("HEAD") => " -I".to_owned(),
        Some(method) => format!(" -X {method}"),
    };
    let (scheme, usual, trust) = if secure { ("https", 443, ways.trust.as_str()) } else { ("http", 80, "") };
    let port = if listener.port == usual { String::new() } else { format!(":{}", listener.port) };
    let url = quoted(&format!("{scheme}://{host}{port}{}", path(&matched.path)));
    format!("curl -s{method}{trust}{} {url}{headers}", ways.connect)
}

/// How clients reach this process although they ask for the names and ports of the manifests.
struct Ways {
    ports: BTreeMap<u16, u16>,
    /// ` --connect-to :443:127.0.0.1:8443` for each port.
    connect: String,
    trust: String,
    grpc_trust: String,
}

impl Ways {
    fn new(ports: &BTreeMap<u16, u16>, stand_ins: &StandIns) -> Self {
        let connect = ports.iter().fold(String::new(), |line, (port, bound)| {
            format!("{line} --connect-to :{port}:127.0.0.1:{bound}")
        });
        let file = stand_ins.authority_file.as_ref().map(|file| file.display().to_string());
        let trust =
            file.as_ref().map_or_else(|| " -k".to_owned(), |file| format!(" --cacert {}", quoted(file)));
        let grpc_trust =
            file.map_or_else(|| "-insecure".to_owned(), |file| format!("-cacert {}", quoted(&file)));
        Self { ports: ports.clone(), connect, trust, grpc_trust }
    }

    fn bound(&self, port: u16) -> u16 {
        self.ports.get(&port).copied().unwrap_or(port)
    }
}

/// As a POSIX shell reads it back; plain words stay as they are.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn path(path: &PathMatch) -> String {
    match path {
        PathMatch::Exact(path) => path.to_string(),
        PathMatch::Prefix(prefix) if !prefix.is_empty() => prefix.to_string(),
        PathMatch::Regex(pattern) => format!("<a path like {pattern}>"),
        PathMatch::Prefix(_) | PathMatch::Grpc(_) => "/".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in ["plain", "x-a: 1", "it's", "a'b'c", "$HOME `ls` \"x\"", ""] {
            let command = format!("printf %s {}", quoted(text));
            let output = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }
}

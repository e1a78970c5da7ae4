//! Lines to paste into a shell, one for each rule.

use std::collections::BTreeMap;

use gateline::analysis::quoted;
use gateline::model::{AttachedRoute, HostPattern, Listener, Match, Protocol, Route, RouteKind};
use gateline_testing::example;

use super::stand_in::StandIns;

/// A gRPC message without a byte: not compressed, length 0.
const EMPTY_MESSAGE: &str = r"printf '\0\0\0\0\0' |";

/// How clients reach this process although they ask for the names and ports of the manifests.
pub(super) struct Paste<'a> {
    ports: &'a BTreeMap<u16, u16>,
    trust: String,
}

impl<'a> Paste<'a> {
    pub(super) fn new(ports: &'a BTreeMap<u16, u16>, stand_ins: &StandIns) -> Self {
        let file = stand_ins.authority_file.as_ref();
        let trust = file.map(|file| format!(" --cacert {}", quoted(&file.display().to_string())));
        Self { ports, trust: trust.unwrap_or_else(|| " -k".to_owned()) }
    }

    /// A line for the first match of each rule; a comment where no request can be made up.
    pub(super) fn lines(&self, listener: &Listener, attached: &AttachedRoute, route: &Route) -> Vec<String> {
        let effective = attached.hostnames.first().and_then(|hostname| hostname.effective.as_ref());
        let host = match effective {
            None => "localhost".to_owned(),
            Some(HostPattern::Exact(name)) => name.to_string(),
            Some(HostPattern::Wildcard(suffix) | HostPattern::Label(suffix)) => format!("any.{suffix}"),
        };
        let first = route.rules.iter().enumerate().filter_map(|(i, rule)| Some((i, rule.matches.first()?)));
        first
            .map(|(index, matched)| {
                self.line(listener, &host, route.kind, matched).unwrap_or_else(|| {
                    format!("# {}#{index}: a pattern for which no example was found", route.name)
                })
            })
            .collect()
    }

    fn line(&self, listener: &Listener, host: &str, kind: RouteKind, matched: &Match) -> Option<String> {
        if !matches!(kind, RouteKind::Http | RouteKind::Grpc | RouteKind::Ingress) {
            return Some(self.connection(listener, host));
        }
        let secure = listener.protocol == Protocol::Https;
        let (scheme, usual) = if secure { ("https", 443) } else { ("http", 80) };
        let port = if listener.port == usual { String::new() } else { format!(":{}", listener.port) };
        let url = quoted(&format!(
            "{scheme}://{host}{port}{}{}",
            example::path(&matched.path)?,
            example::query(matched)?
        ));
        let trust = if secure { self.trust.as_str() } else { "" };
        let way = format!("{trust}{} {url}{}", self.connect(listener.port), headers(matched)?);
        if kind == RouteKind::Grpc {
            let prior = if secure { "" } else { " --http2-prior-knowledge" };
            let call =
                "-H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- -o /dev/null -D -";
            return Some(format!("{EMPTY_MESSAGE} curl -s{prior}{way} {call}"));
        }
        let method = match matched.method.as_ref().map(http::Method::as_str) {
            None | Some("GET") => String::new(),
            Some("HEAD") => " -I".to_owned(),
            Some(method) => format!(" -X {method}"),
        };
        Some(format!("curl -si{method}{way}"))
    }

    /// Says `hello` and waits a second for the answer.
    fn connection(&self, listener: &Listener, host: &str) -> String {
        let port = self.bound(listener.port);
        match listener.protocol {
            Protocol::Udp => format!("echo hello | nc -u -w 1 127.0.0.1 {port}"),
            Protocol::Tls => {
                let trust = self.trust.strip_prefix(" --cacert").map(|file| format!(" -CAfile{file}"));
                let client = format!("openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:{port}");
                format!("(echo hello; sleep 1) | {client} -servername {host}{}", trust.unwrap_or_default())
            }
            _ => format!("(echo hello; sleep 1) | nc 127.0.0.1 {port}"),
        }
    }

    fn bound(&self, port: u16) -> u16 {
        self.ports.get(&port).copied().unwrap_or(port)
    }

    fn connect(&self, port: u16) -> String {
        format!(" --connect-to :{port}:127.0.0.1:{}", self.bound(port))
    }
}

fn headers(matched: &Match) -> Option<String> {
    let headers = matched.headers.iter().map(|header| {
        Some(format!(" -H {}", quoted(&format!("{}: {}", header.name, example::value(&header.value)?))))
    });
    headers.collect()
}

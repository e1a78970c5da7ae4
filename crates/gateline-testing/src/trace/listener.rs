use std::collections::BTreeSet;

use gateline::explain::{Reason, Source};
use gateline::model::{HostPattern, Listener, ObjectName, Protocol};
use gateline::{Explanation, Opening, Router};
use gateline_api::objects::GATEWAY;
use gateline_api::status::{ConditionStatus, ListenerStatus};
use serde::Serialize;
use serde_json::Value;

use super::source;
use crate::load::World;
use crate::request::{Request, RequestKind};

/// One listener that a request might have come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListenerTrace {
    /// `ns/gateway/listener`.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// `HTTP`, `HTTPS`, `TLS`, `TCP`, `UDP`, or whatever is written.
    pub protocol: String,
    /// `None` for any.
    pub hostname: Option<String>,
    /// Whether it takes the request, or the first thing that keeps it from that.
    pub verdict: ListenerVerdict,
    /// The same in words.
    pub because: String,
    /// Where it is written.
    pub source: Option<Source>,
}

/// See [`ListenerTrace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ListenerVerdict {
    /// It takes the request.
    Takes,
    /// Another Gateway's, that serves as one with the one that takes it.
    Shares,
    /// It cannot serve: a conflict, or a reference that leads nowhere.
    NotServing,
    /// It has another port.
    OtherPort,
    /// It speaks something else.
    OtherProtocol,
    /// It is for other hosts.
    OtherHostname,
    /// Another one is for this host more specifically.
    LessSpecific,
}

/// What a listener is held against.
struct Asked<'a> {
    port: u16,
    /// As far as it tells listeners of a port apart.
    layer: Layer,
    /// The host that chooses among them: the server name in TLS.
    name: Option<String>,
    /// The listener that takes the request.
    taker: Option<&'a Listener>,
    explanation: &'a Explanation,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Clear,
    Tls,
    Tcp,
    Udp,
}

/// Every listener, with why it takes the request or does not.
pub(super) fn listeners(
    world: &World,
    router: &Router,
    request: &Request,
    explanation: &Explanation,
) -> Vec<ListenerTrace> {
    let ours = |gateway: &ObjectName| request.gateway.as_ref().is_none_or(|wanted| wanted == gateway);
    let model = router.model();
    let here: Vec<&Listener> = model.listeners.iter().filter(|one| ours(&one.name.gateway)).collect();
    let asked = Asked::new(request, &here, explanation);
    let mut traces: Vec<ListenerTrace> = here.iter().map(|listener| asked.trace(listener)).collect();
    let known: BTreeSet<String> = traces.iter().map(|trace| trace.name.clone()).collect();
    traces.extend(idle(world, ours).into_iter().filter(|trace| !known.contains(&trace.name)));
    traces.sort_by_key(|trace| (trace.verdict != ListenerVerdict::Takes, trace.port != asked.port));
    traces
}

impl<'a> Asked<'a> {
    fn new(request: &Request, here: &[&'a Listener], explanation: &'a Explanation) -> Self {
        let port = request.port();
        let serves =
            |layer: Layer| here.iter().any(|one| one.port == port && Layer::of(one.protocol) == layer);
        let opening = request.opening();
        let named = matches!(opening, Opening::Tls { sni: Some(_) });
        // As the engine does: the server name counts where something of the port ends or passes on TLS.
        let layer = match opening {
            Opening::Udp => Layer::Udp,
            Opening::Tls { .. } if serves(Layer::Tls) && (named || !serves(Layer::Clear)) => Layer::Tls,
            _ if matches!(request.kind, RequestKind::Http(_)) && !serves(Layer::Clear) => Layer::Tls,
            Opening::Tcp if serves(Layer::Clear) => Layer::Clear,
            _ if matches!(request.kind, RequestKind::Http(_)) => Layer::Clear,
            _ => Layer::Tcp,
        };
        let name = match opening {
            Opening::Tls { sni: Some(name) } if layer == Layer::Tls => Some(name.to_ascii_lowercase()),
            _ => request.host(),
        };
        let took = !matches!(
            explanation.code,
            Reason::Misdirected | Reason::NoMatchingListener | Reason::BadAuthority
        );
        let is_taker =
            |one: &&&Listener| took && explanation.listener.as_deref() == Some(&*one.name.to_string());
        let taker = here.iter().find(is_taker).copied();
        Self { port, layer, name, taker, explanation }
    }

    fn trace(&self, listener: &Listener) -> ListenerTrace {
        let (verdict, because) = self.judge(listener);
        ListenerTrace {
            name: listener.name.to_string(),
            port: listener.port,
            protocol: words(listener.protocol),
            hostname: listener.hostname.as_ref().map(ToString::to_string),
            verdict,
            because,
            source: source(listener.origin.place.as_ref()),
        }
    }

    fn judge(&self, listener: &Listener) -> (ListenerVerdict, String) {
        let name = self.name.as_deref().unwrap_or("no host");
        if self.taker.is_some_and(|taker| std::ptr::eq(taker, listener)) {
            return (ListenerVerdict::Takes, self.taken(listener, name));
        }
        if listener.port != self.port {
            return (ListenerVerdict::OtherPort, format!("port {}, not {}", listener.port, self.port));
        }
        if Layer::of(listener.protocol) != self.layer {
            let because = format!("{}, not {}", words(listener.protocol), self.layer.words());
            return (ListenerVerdict::OtherProtocol, because);
        }
        if let Some(pattern) = listener.hostname.as_ref().filter(|pattern| !pattern.matches(name)) {
            return (ListenerVerdict::OtherHostname, format!("{pattern} does not match {name}"));
        }
        let Some(taker) = self.taker else {
            return (ListenerVerdict::OtherHostname, self.explanation.reason.clone());
        };
        if taker.hostname == listener.hostname {
            return (ListenerVerdict::Shares, format!("serves as one with {}", taker.name));
        }
        let theirs = taker.hostname.as_ref().map_or_else(|| "any".to_owned(), ToString::to_string);
        (ListenerVerdict::LessSpecific, format!("{theirs} of {} is more specific", taker.name))
    }

    fn taken(&self, listener: &Listener, name: &str) -> String {
        let port = self.port;
        match &listener.hostname {
            Some(HostPattern::Exact(_)) => format!("port {port}, and its hostname is {name}"),
            Some(pattern) => format!("port {port}, and {pattern} matches {name}"),
            None => format!("port {port}, any host"),
        }
    }
}

impl Layer {
    fn of(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::Clear,
            Protocol::Https | Protocol::Tls => Self::Tls,
            Protocol::Tcp => Self::Tcp,
            Protocol::Udp => Self::Udp,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Clear => "HTTP in the clear",
            Self::Tls => "TLS",
            Self::Tcp => "bytes",
            Self::Udp => "datagrams",
        }
    }
}

fn words(protocol: Protocol) -> String {
    protocol.scheme().to_ascii_uppercase()
}

/// The listeners of Gateways and ListenerSets that have a status, whether or not they serve, as if they did not.
fn idle(world: &World, ours: impl Fn(&ObjectName) -> bool) -> Vec<ListenerTrace> {
    let mut traces = Vec::new();
    for status in &world.resolution.statuses {
        let Some(object) = world.objects.get(GATEWAY, &status.kind, &status.name) else { continue };
        let parent = object.value.pointer("/spec/parentRef");
        let (gateway, set) = match parent {
            None => (status.name.clone(), String::new()),
            Some(parent) => (named(parent, &status.name.namespace), format!("/{}", status.name)),
        };
        if !ours(&gateway) {
            continue;
        }
        for (index, listener) in status.listeners.iter().enumerate() {
            let path = format!("spec.listeners[{index}]");
            let written = object.value.pointer(&format!("/spec/listeners/{index}"));
            let field = |name: &str| written?.get(name)?.as_str().map(str::to_owned);
            let port = written.and_then(|written| written.get("port")?.as_u64());
            traces.push(ListenerTrace {
                name: format!("{gateway}{set}/{}", listener.name),
                port: port.and_then(|port| port.try_into().ok()).unwrap_or_default(),
                protocol: field("protocol").unwrap_or_default(),
                hostname: field("hostname"),
                verdict: ListenerVerdict::NotServing,
                because: fault(listener),
                source: source(object.origin(&path).place.as_ref()),
            });
        }
    }
    traces
}

fn named(parent: &Value, namespace: &str) -> ObjectName {
    let field = |name: &str| parent.get(name).and_then(Value::as_str);
    ObjectName::new(field("namespace").unwrap_or(namespace), field("name").unwrap_or_default())
}

/// The condition that says most about why it does not serve.
fn fault(listener: &ListenerStatus) -> String {
    let wrong = |kind: &&str| {
        listener.conditions.iter().find(|one| one.kind == *kind && one.status == ConditionStatus::False)
    };
    let condition = ["Accepted", "ResolvedRefs", "Programmed"].iter().find_map(wrong);
    condition.map_or_else(
        || "it does not serve".to_owned(),
        |condition| format!("it does not serve: {}", condition.message),
    )
}

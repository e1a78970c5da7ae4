//! The naive matcher, written straight from the specification: the oracle of property tests and fuzzers.
//!
//! It shares no code with the router, keeps no index and reads every rule for every request. Slow, allocating and, so we
//! hope, obviously right.

use std::cmp::Reverse;
use std::net::Ipv6Addr;

use http::HeaderValue;
use regex_automata::meta::Regex;
use regex_syntax::hir::{Hir, Look};

use crate::decision::{Decision, Hit, Miss, MissReason};
use crate::model::{
    AttachedHostname, GrpcMethodMatch, HostPattern, Listener, ListenerId, Match, Model, ObjectName,
    PathMatch, Protocol, Route, RouteKind, Timestamp, ValueMatch,
};
use crate::{Connect, Head, Opening, Options, RegexRank};

/// What [`crate::Router::decide`] must answer: for the entry of a port, of one Gateway or of all.
#[must_use]
pub fn decide(
    model: &Model,
    options: &Options,
    port: u16,
    gateway: Option<&ObjectName>,
    head: &Head<'_>,
) -> Decision {
    let miss = |listener, reason| Decision::Miss(Miss { listener, reason });
    let Some(host) = host(head.authority) else { return miss(None, MissReason::BadAuthority) };
    let listeners = entry(model, port, gateway);
    let of = |protocol| of(&listeners, protocol);
    let (http, secure) = (of(Protocol::Http), secure(&listeners));

    // Listener isolation: "requests SHOULD match at most one Listener", the most specific one.
    let chosen = match head.sni.filter(|_| !secure.is_empty()) {
        None => most_specific(if http.is_empty() { &secure } else { &http }, &host),
        Some(sni) => {
            let Some(sni) = self::host(sni) else { return miss(None, MissReason::BadAuthority) };
            let chosen = most_specific(&secure, &sni);
            // "If another Listener does match the Host, the Gateway SHOULD return a 421. If no other Listener matches the
            // Host, the Gateway MUST return a 404": Listener.hostname.
            let by_host = most_specific(&secure, &host);
            if !chosen.is_empty() && ids(&chosen) != ids(&by_host) {
                let elsewhere =
                    if by_host.is_empty() { MissReason::NoListener } else { MissReason::Misdirected };
                return miss(chosen.first().map(|(id, _)| *id), elsewhere);
            }
            chosen
        }
    };
    let Some((first, listener)) = chosen.first() else { return miss(None, MissReason::NoListener) };
    if listener.protocol == Protocol::Tls {
        // What it carries is not HTTP to the gateway: another listener than the one that is spoken to.
        return miss(Some(*first), MissReason::Misdirected);
    }
    // GEP-5224: filters of the listener run before routing.
    if chosen.iter().any(|(_, listener)| !listener.filters.is_empty()) {
        return Decision::Ask(*first);
    }
    let matching = chosen.iter().flat_map(|listener| candidates(model, *listener));
    let matching =
        matching.filter(|one| admits(one.hostname.effective.as_ref(), &host) && takes(one.matched, head));
    match matching.min_by_key(|one| precedence(one, options)) {
        Some(one) => Decision::Hit(one.hit),
        None => miss(Some(*first), MissReason::NoRule),
    }
}

/// What [`crate::Router::connect`] must answer: for the entry of a port, of one Gateway or of all.
#[must_use]
pub fn connect(model: &Model, port: u16, gateway: Option<&ObjectName>, opening: &Opening<'_>) -> Connect {
    let refuse = |listener, reason| Connect::Refuse(Miss { listener, reason });
    let listeners = entry(model, port, gateway);
    let of = |protocol| of(&listeners, protocol);
    let secure = secure(&listeners);
    let mut name = String::new();
    let chosen = match opening {
        Opening::Udp => of(Protocol::Udp),
        Opening::Tls { sni } if !secure.is_empty() => {
            let Some(sni) = host(sni.unwrap_or_default()) else {
                return refuse(None, MissReason::NoListener);
            };
            name = sni;
            most_specific(&secure, &name)
        }
        Opening::Tcp if !of(Protocol::Http).is_empty() => return Connect::Http,
        Opening::Tcp | Opening::Tls { .. } => of(Protocol::Tcp),
    };
    let Some((first, listener)) = chosen.first() else { return refuse(None, MissReason::NoListener) };
    if listener.protocol == Protocol::Https {
        return Connect::Https(*first);
    }
    let carried = chosen.iter().flat_map(|listener| candidates(model, *listener));
    let taking = carried.filter(|one| admits(one.hostname.effective.as_ref(), &name));
    // "The most specific hostname, the oldest Route based on creation timestamp, the Route appearing first in alphabetical
    // order by {namespace}/{name}": TLSRoute. TCPRoute and UDPRoute have no hostnames.
    match taking.min_by_key(|one| precedence(one, &Options::default())) {
        Some(one) => Connect::Rule(one.hit),
        None => refuse(Some(*first), MissReason::NoRule),
    }
}

/// The listeners of a port, of one Gateway or of all, by name.
fn entry<'m>(model: &'m Model, port: u16, gateway: Option<&ObjectName>) -> Vec<(ListenerId, &'m Listener)> {
    let mut listeners: Vec<(ListenerId, &Listener)> = (0..)
        .map(ListenerId)
        .zip(&model.listeners)
        .filter(|(_, listener)| listener.port == port)
        .filter(|(_, listener)| gateway.is_none_or(|gateway| listener.name.gateway == *gateway))
        .collect();
    listeners.sort_by_key(|(_, listener)| &listener.name);
    listeners
}

fn of<'m>(listeners: &[(ListenerId, &'m Listener)], protocol: Protocol) -> Vec<(ListenerId, &'m Listener)> {
    listeners.iter().copied().filter(|(_, one)| one.protocol == protocol).collect()
}

/// Listeners that a server name chooses. In one Gateway HTTPS and TLS never have the same hostname; else HTTPS has it.
fn secure<'m>(listeners: &[(ListenerId, &'m Listener)]) -> Vec<(ListenerId, &'m Listener)> {
    let https = |hostname: &Option<HostPattern>| {
        listeners.iter().any(|(_, one)| one.protocol == Protocol::Https && one.hostname == *hostname)
    };
    let chosen_by_name = |listener: &Listener| match listener.protocol {
        Protocol::Https => true,
        Protocol::Tls => !https(&listener.hostname),
        Protocol::Http | Protocol::Tcp | Protocol::Udp => false,
    };
    listeners.iter().filter(|(_, listener)| chosen_by_name(listener)).copied().collect()
}

fn ids(listeners: &[(ListenerId, &Listener)]) -> Vec<ListenerId> {
    listeners.iter().map(|(id, _)| *id).collect()
}

/// Lower case, without port, without the root's dot.
fn host(authority: &str) -> Option<String> {
    if authority.is_empty() {
        return Some(String::new());
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    };
    let port_is_number = port.is_empty() || port.parse::<u16>().is_ok() && !port.starts_with('+');
    let host = host.to_ascii_lowercase();
    let host = if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        address.parse::<Ipv6Addr>().ok()?;
        host
    } else {
        let host = host.strip_suffix('.').unwrap_or(&host).to_owned();
        let good = |c: char| c.is_ascii_alphanumeric() || "-_~%!$&'()*+,;=".contains(c);
        host.split('.').all(|label| !label.is_empty() && label.chars().all(good)).then_some(host)?
    };
    // No host with its dot and a port is longer.
    let fits = host.len() <= 253 && authority.len() <= 253 + ".:65535".len();
    (port_is_number && fits).then_some(host)
}

fn most_specific<'m>(
    listeners: &[(ListenerId, &'m Listener)],
    host: &str,
) -> Vec<(ListenerId, &'m Listener)> {
    let taking = || listeners.iter().filter(|(_, listener)| admits(listener.hostname.as_ref(), host));
    let best = taking().map(|(_, listener)| specificity(listener.hostname.as_ref())).max();
    taking().filter(|(_, listener)| Some(specificity(listener.hostname.as_ref())) == best).copied().collect()
}

/// Exact, then longer wildcard, then shorter, then any.
fn specificity(pattern: Option<&HostPattern>) -> (u8, usize) {
    match pattern {
        Some(HostPattern::Exact(name)) => (2, name.len()),
        Some(HostPattern::Label(suffix)) => (1, 2 * suffix.len() + 1),
        Some(HostPattern::Wildcard(suffix)) => (1, 2 * suffix.len()),
        None => (0, 0),
    }
}

fn admits(pattern: Option<&HostPattern>, host: &str) -> bool {
    match pattern {
        None => true,
        Some(HostPattern::Exact(name)) => host == &**name,
        Some(HostPattern::Label(suffix)) => {
            let mut labels = host.splitn(2, '.');
            labels.next().is_some_and(|label| !label.is_empty()) && labels.next() == Some(suffix)
        }
        Some(HostPattern::Wildcard(suffix)) => {
            let labels: Vec<_> = host.split('.').collect();
            (1..labels.len()).any(|start| labels.iter().skip(start).copied().eq(suffix.split('.')))
        }
    }
}

struct Candidate<'m> {
    hit: Hit,
    listener: &'m Listener,
    route: &'m Route,
    hostname: &'m AttachedHostname,
    matched: &'m Match,
}

fn candidates<'m>(model: &'m Model, (id, listener): (ListenerId, &'m Listener)) -> Vec<Candidate<'m>> {
    let mut all = Vec::new();
    for attached in &listener.attached {
        let Some(route) = model.routes.get(attached.route.0 as usize) else { continue };
        let carried = match listener.protocol {
            Protocol::Http | Protocol::Https => {
                matches!(route.kind, RouteKind::Http | RouteKind::Grpc | RouteKind::Ingress)
            }
            Protocol::Tls => route.kind == RouteKind::Tls,
            Protocol::Tcp => route.kind == RouteKind::Tcp,
            Protocol::Udp => route.kind == RouteKind::Udp,
        };
        if !carried {
            continue;
        }
        for hostname in &attached.hostnames {
            for (rule, matches) in (0..).zip(&route.rules) {
                for (index, matched) in (0..).zip(&matches.matches) {
                    let hit = Hit { listener: id, route: attached.route, rule, matched: index };
                    all.push(Candidate { hit, listener, route, hostname, matched });
                }
            }
        }
    }
    all
}

fn takes(matched: &Match, head: &Head<'_>) -> bool {
    path_matches(&matched.path, head.path)
        && matched.method.as_ref().is_none_or(|method| method == head.method)
        && matched.headers.iter().all(|header| {
            // "If a header is repeated, the value is the list of all, joined by commas"; each one alone will do as well.
            let values: Vec<_> =
                head.headers.get_all(&header.name).iter().map(HeaderValue::as_bytes).collect();
            let joined = values.join(&b',');
            !values.is_empty()
                && (values.iter().any(|value| value_matches(&header.value, value))
                    || value_matches(&header.value, &joined))
        })
        && matched.query.iter().all(|query| {
            // "… the first value is recommended."
            let first = parameters(head.query).into_iter().find(|(name, _)| name == query.name.as_bytes());
            first.is_some_and(|(_, value)| value_matches(&query.value, &value))
        })
}

fn path_matches(path: &PathMatch, actual: &str) -> bool {
    match path {
        PathMatch::Exact(exact) => **exact == *actual,
        PathMatch::Prefix(prefix) => {
            // "Matches are performed element-wise, split by `/`; a trailing slash is ignored."
            let prefix = prefix.trim_end_matches('/');
            prefix.is_empty() || actual == prefix || actual.starts_with(&format!("{prefix}/"))
        }
        PathMatch::Regex(pattern) => actual.len() <= 4096 && regex_matches(pattern, actual.as_bytes()),
        PathMatch::Grpc(GrpcMethodMatch { service, method }) => {
            let parts: Vec<_> = actual.split('/').collect();
            let ["", actual_service, actual_method] = *parts else { return false };
            if actual_service.is_empty() || actual_method.is_empty() {
                return false;
            }
            let short = |value: &ValueMatch| matches!(value, ValueMatch::Exact(_)) || actual.len() <= 4096;
            let holds = |value: &Option<ValueMatch>, actual: &str| {
                value.as_ref().is_none_or(|value| short(value) && value_matches(value, actual.as_bytes()))
            };
            holds(service, actual_service) && holds(method, actual_method)
        }
    }
}

fn value_matches(value: &ValueMatch, actual: &[u8]) -> bool {
    match value {
        ValueMatch::Exact(text) => text.as_bytes() == actual,
        ValueMatch::Regex(pattern) => regex_matches(pattern, actual),
    }
}

/// The whole value, in RE2's dialect. A pattern that does not compile matches nothing.
fn regex_matches(pattern: &str, actual: &[u8]) -> bool {
    let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
    let Ok(hir) = parsed else { return false };
    let whole = Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]);
    let config = Regex::config().utf8_empty(false).nfa_size_limit(Some(1 << 20));
    Regex::builder().configure(config).build_from_hir(&whole).is_ok_and(|regex| regex.is_match(actual))
}

/// The pairs of a query, form-decoded.
fn parameters(query: Option<&str>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decode =
        |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).collect::<Vec<u8>>();
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The least takes precedence. HTTPRouteRule and GRPCRouteRule name the criteria; what stands between the two kinds, and
/// where a regular expression stands, is Gateline's choice: see `docs/semantics.md`.
fn precedence<'m>(one: &Candidate<'m>, options: &Options) -> impl Ord + use<'m> {
    let exact = |value: &Option<ValueMatch>| match value {
        Some(ValueMatch::Exact(text)) => (2, text.len()),
        Some(ValueMatch::Regex(_)) => (1, 0),
        None => (0, 0),
    };
    let regex = if options.regex_rank == RegexRank::AbovePrefix { 2 } else { 0 };
    // The rules of an Ingress come after those of the same hostname, in the order of their controller.
    let location = one.route.rules.get(usize::from(one.hit.rule)).and_then(|rule| rule.location);
    let (kind, length, service, method) = match &one.matched.path {
        _ if location.is_some() => (0, 0, (0, 0), (0, 0)),
        PathMatch::Exact(_) => (3, 0, (0, 0), (0, 0)),
        PathMatch::Regex(_) => (regex, 0, (0, 0), (0, 0)),
        PathMatch::Prefix(prefix) => (1, prefix.trim_end_matches('/').len(), (0, 0), (0, 0)),
        PathMatch::Grpc(call) => {
            let (service, method) = (exact(&call.service), exact(&call.method));
            match (service, method) {
                ((2, _), (2, _)) => (3, 0, service, method),
                ((2, length), _) => (1, length + 1, service, method),
                _ => (1, 0, service, method),
            }
        }
    };
    let created: Reverse<Option<Reverse<Timestamp>>> = Reverse(one.route.created.map(Reverse));
    (
        Reverse(specificity(one.hostname.written.as_ref())),
        (location.is_some(), location),
        Reverse((kind, length)),
        Reverse((service, method)),
        Reverse(one.matched.method.is_some()),
        Reverse((one.matched.headers.len(), one.matched.query.len())),
        created,
        (&*one.route.name.namespace, &*one.route.name.name, one.route.kind == RouteKind::Grpc),
        (one.hit.rule, one.hit.matched),
        &one.listener.name,
    )
}

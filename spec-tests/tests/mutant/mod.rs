//! A small matcher with switches. It shares no code with the engine.

mod order;
mod predicates;

use gateline::model::{HostPattern, Listener, Match, Model, Protocol, Route};
use spec_tests::{Ask, Case, Decided, Door, File, Observed, Prepared, RegexRank, RouteAt, Sees, World};

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The path is compared before the hostname.
    PathBeforeHost,
    /// A wildcard precedes an exact hostname.
    WildcardBeforeExact,
    /// The shorter wildcard precedes the longer.
    ShorterWildcard,
    /// Precedence by the intersection with the listener.
    IntersectedHostname,
    /// A host with any rule keeps the requests that none of them matches.
    NoFallThrough,
    /// Routes of all listeners that take the host.
    NoIsolation,
    /// Never 421.
    NoMisdirection,
    /// 421 for whatever the chosen listener does not take.
    MisdirectedToNobody,
    /// A wildcard takes its apex.
    WildcardTakesApex,
    /// A wildcard takes one label only.
    WildcardTakesOneLabel,
    /// Hosts are compared with their case.
    HostCase,
    /// Hosts are compared with their port.
    HostPort,
    /// Hosts are compared with a trailing dot.
    HostDot,
    /// Hosts may have any length.
    HostLength,
    /// `/foo` takes `/foobar`.
    BytePrefix,
    /// `/foo` does not take `/foo//`.
    MergeSlashes,
    /// Exact takes a trailing slash.
    ExactIgnoresSlash,
    /// Escapes in the path are decoded.
    DecodedPath,
    /// Patterns match anywhere in the path.
    UnanchoredRegex,
    /// Patterns are anchored without a group: `^a|ab$`.
    AnchorsWithoutGroup,
    /// The leftmost match must happen to span the path.
    LeftmostMustSpan,
    /// Classes are Unicode's.
    UnicodeClasses,
    /// The longest prefix wins over an exact path of the same length.
    PrefixBeforeExact,
    /// The longest of exact path, prefix and pattern wins.
    LengthOnly,
    /// Patterns rank after prefixes.
    RegexLast,
    /// The longer pattern wins.
    RegexLength,
    /// Shorter prefixes win.
    ShorterPrefix,
    /// Headers are compared before the method.
    MethodAfterHeaders,
    /// A method is worth ten headers.
    MethodIsTenHeaders,
    /// Query parameters are compared before headers.
    QueryBeforeHeaders,
    /// The number of headers is not looked at.
    HeadersDoNotCount,
    /// The number of parameters is not looked at.
    QueryDoesNotCount,
    /// Age is not looked at.
    NoAge,
    /// The youngest route wins.
    Youngest,
    /// A route without a timestamp is the oldest.
    UndatedFirst,
    /// The name is compared without the namespace.
    NameOnly,
    /// The last by name wins.
    LastName,
    /// The last rule wins.
    LastRule,
    /// Any header predicate is enough.
    HeadersOr,
    /// Header values are compared without case.
    HeaderValueCase,
    /// Only the first of repeated headers is looked at.
    FirstHeaderOnly,
    /// Repeated headers are joined before they are compared.
    JoinedHeaderOnly,
    /// The last of repeated parameters counts.
    LastParameter,
    /// Any of repeated parameters counts.
    AnyParameter,
    /// Parameters are not decoded.
    RawParameters,
    /// A plus sign is a plus sign.
    PlusIsPlus,
    /// Parameter names are compared without case.
    ParameterCase,
    /// GET takes HEAD.
    GetTakesHead,
    /// gRPC: the method is compared before the service.
    GrpcMethodFirst,
    /// gRPC: a service is a prefix of the path.
    GrpcServicePrefix,
}

impl Fault {
    pub(crate) const ALL: &'static [Self] = &[
        Self::PathBeforeHost,
        Self::WildcardBeforeExact,
        Self::ShorterWildcard,
        Self::IntersectedHostname,
        Self::NoFallThrough,
        Self::NoIsolation,
        Self::NoMisdirection,
        Self::MisdirectedToNobody,
        Self::WildcardTakesApex,
        Self::WildcardTakesOneLabel,
        Self::HostCase,
        Self::HostPort,
        Self::HostDot,
        Self::HostLength,
        Self::BytePrefix,
        Self::MergeSlashes,
        Self::ExactIgnoresSlash,
        Self::DecodedPath,
        Self::UnanchoredRegex,
        Self::AnchorsWithoutGroup,
        Self::LeftmostMustSpan,
        Self::UnicodeClasses,
        Self::PrefixBeforeExact,
        Self::LengthOnly,
        Self::RegexLast,
        Self::RegexLength,
        Self::ShorterPrefix,
        Self::MethodAfterHeaders,
        Self::MethodIsTenHeaders,
        Self::QueryBeforeHeaders,
        Self::HeadersDoNotCount,
        Self::QueryDoesNotCount,
        Self::NoAge,
        Self::Youngest,
        Self::UndatedFirst,
        Self::NameOnly,
        Self::LastName,
        Self::LastRule,
        Self::HeadersOr,
        Self::HeaderValueCase,
        Self::FirstHeaderOnly,
        Self::JoinedHeaderOnly,
        Self::LastParameter,
        Self::AnyParameter,
        Self::RawParameters,
        Self::PlusIsPlus,
        Self::ParameterCase,
        Self::GetTakesHead,
        Self::GrpcMethodFirst,
        Self::GrpcServicePrefix,
    ];
}

/// The matcher, with a fault or without.
#[derive(Clone, Copy)]
pub(crate) struct Mutant {
    pub(crate) fault: Option<Fault>,
}

/// A match that could take a request.
pub(crate) struct Candidate<'m> {
    pub(crate) route: &'m Route,
    pub(crate) rule: usize,
    pub(crate) index: usize,
    pub(crate) matched: &'m Match,
    pub(crate) written: Option<&'m HostPattern>,
    pub(crate) effective: Option<&'m HostPattern>,
}

impl Door for Mutant {
    fn sees(&self) -> Sees {
        Sees { decision: true, ..Sees::default() }
    }

    fn skips(&self, file: &File, case: &Case) -> Option<&'static str> {
        let asks = !case.expect.asked.is_empty();
        let ranks = file.regex_rank != RegexRank::default();
        let ingress = file.ingress.is_some().then_some("it knows no Ingresses");
        let ranks = ranks.then_some("it ranks patterns in one way");
        ingress.or(ranks).or(asks.then_some("it asks no server"))
    }

    fn enter(&mut self, _: &File, _: &World) -> Result<(), String> {
        Ok(())
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let decided = match self.decide(&ask.world.resolution.model, ask.request) {
            Ok(one) => Decided::Rule(RouteAt {
                route: format!("{}/{}", one.route.kind, one.route.name),
                rule: one.rule,
                matched: one.index,
            }),
            Err(status) => Decided::Status(status),
        };
        Ok(Observed { decided: Some(decided), ..Observed::default() })
    }
}

impl Mutant {
    pub(crate) fn is(self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn decide<'m>(self, model: &'m Model, request: &Prepared) -> Result<Candidate<'m>, u16> {
        let host = self.host(&request.authority).ok_or(400_u16)?;
        let protocols = if request.secure { [Protocol::Https, Protocol::Tls] } else { [Protocol::Http; 2] };
        let here = |listener: &&Listener| {
            let gateway = request.gateway.as_ref().is_none_or(|gateway| listener.name.gateway == *gateway);
            listener.port == request.port && protocols.contains(&listener.protocol) && gateway
        };
        let listeners: Vec<&Listener> = model.listeners.iter().filter(here).collect();
        let chosen = self.choose(&listeners, request.sni.as_deref().unwrap_or(&host));
        let by_host = self.choose(&listeners, &host);
        if chosen != by_host && !self.is(Fault::NoMisdirection) {
            let nobody = by_host.is_empty() && !self.is(Fault::MisdirectedToNobody);
            return Err(if nobody || chosen.is_empty() { 404 } else { 421 });
        }
        let all = candidates(model, &chosen);
        let mut hosts: Vec<_> = all.into_iter().filter(|one| self.admits(one.effective, &host)).collect();
        if self.is(Fault::NoFallThrough) {
            let best = hosts.iter().map(|one| self.host_rank(one)).min();
            hosts.retain(|one| Some(self.host_rank(one)) == best);
        }
        let taking = hosts.into_iter().filter(|one| self.takes(one.matched, request));
        taking.min_by(|a, b| self.compare(a, b)).ok_or(404)
    }

    /// Lower case, without port and trailing dot; `None` if that is no host.
    fn host(self, authority: &str) -> Option<String> {
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (authority, ""),
        };
        let mut host = if self.is(Fault::HostPort) { authority } else { host };
        if !self.is(Fault::HostDot) {
            host = host.strip_suffix('.').unwrap_or(host);
        }
        let long = (host.len() > 253 || authority.len() > 260) && !self.is(Fault::HostLength);
        if long || host.contains("..") || host.ends_with('.') && !self.is(Fault::HostDot) {
            return None;
        }
        port.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
        Some(if self.is(Fault::HostCase) { host.to_owned() } else { host.to_ascii_lowercase() })
    }

    fn choose<'m>(self, listeners: &[&'m Listener], host: &str) -> Vec<&'m Listener> {
        let taking = || listeners.iter().copied().filter(|one| self.admits(one.hostname.as_ref(), host));
        if self.is(Fault::NoIsolation) {
            return taking().collect();
        }
        let rank = |listener: &Listener| order::specificity(listener.hostname.as_ref());
        let best = taking().map(rank).min();
        taking().filter(|one| Some(rank(one)) == best).collect()
    }

    fn admits(self, pattern: Option<&HostPattern>, host: &str) -> bool {
        match pattern {
            None => true,
            Some(HostPattern::Exact(name)) => **name == *host,
            Some(HostPattern::Wildcard(suffix) | HostPattern::Label(suffix)) => {
                let apex = self.is(Fault::WildcardTakesApex) && **suffix == *host;
                let labels = host.strip_suffix(&**suffix).and_then(|rest| rest.strip_suffix('.'));
                let one = self.is(Fault::WildcardTakesOneLabel);
                apex || labels.is_some_and(|labels| !(labels.is_empty() || one && labels.contains('.')))
            }
        }
    }
}

fn candidates<'m>(model: &'m Model, listeners: &[&'m Listener]) -> Vec<Candidate<'m>> {
    let mut all = Vec::new();
    for attached in listeners.iter().flat_map(|listener| &listener.attached) {
        let route = &model.routes[attached.route.0 as usize];
        for hostname in &attached.hostnames {
            for (rule, one) in route.rules.iter().enumerate() {
                for (index, matched) in one.matches.iter().enumerate() {
                    let (written, effective) = (hostname.written.as_ref(), hostname.effective.as_ref());
                    all.push(Candidate { route, rule, index, matched, written, effective });
                }
            }
        }
    }
    all
}

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Entry;
use super::hosts::Hosts;
use super::request::MAX_REGEX_PATH;
use super::{Group, Router};
use crate::decision::EntryId;
use crate::explain::{Criterion, describe};
use crate::model::{
    GrpcMethodMatch, HostPattern, ListenerId, Match, ObjectName, PathMatch, RouteId, RouteKind, ValueMatch,
};
use crate::pattern::{DfaTable, Pattern};

/// A router as plain tables, for a reader in another language: whoever looks listeners up by host, tries the rows of a
/// listener in order and walks the automata decides as [`Router::decide`] and [`Router::connect`] do. Precedence is worked out
/// already; no pattern is left to parse.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Tables {
    /// Whether a host whose rows do not match falls through to a less specific hostname.
    pub hostname_fallback: bool,
    /// Longer paths, in bytes, are matched by no automaton.
    pub longest_regex_path: usize,
    /// What listens where: for each port that of all Gateways, then that of each Gateway at an address of its own.
    pub ports: Vec<PortTable>,
    /// Listeners that serve as one.
    pub groups: Vec<GroupTable>,
    /// The matches of all routes.
    pub matches: Vec<MatchTable>,
    /// Regular expressions; `None` for one whose automaton is too large for a table.
    pub patterns: Vec<Option<DfaTable>>,
}

/// A port.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PortTable {
    /// `ns/name`; `None` for all Gateways at one address.
    pub gateway: Option<String>,
    /// As the listeners say.
    pub port: u16,
    /// Listeners of HTTP by host, the most specific first.
    pub http: Vec<Seated>,
    /// Listeners of HTTPS and TLS by server name, the most specific first.
    pub secure: Vec<Seated>,
    /// The group of its TCP listeners.
    pub tcp: Option<u32>,
    /// The group of its UDP listeners.
    pub udp: Option<u32>,
}

/// A hostname of a port and its listeners.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Seated {
    /// Which hosts.
    pub host: HostTest,
    /// Index into [`Tables::groups`].
    pub group: u32,
    /// Whether requests are routed there; else connections are.
    pub requests: bool,
}

/// Which hosts: lower case, without port and without the last dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum HostTest {
    /// This one.
    Exact(String),
    /// One label and a dot before this text.
    Label(String),
    /// One or more labels and a dot before this text.
    Wildcard(String),
    /// Any.
    Any,
}

/// Listeners that serve as one, and the matches of their routes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GroupTable {
    /// The first one answers for all.
    pub listeners: Vec<ListenerId>,
    /// Whether servers are asked before a request is routed.
    pub asks: bool,
    /// The hostnames of its rows, the most specific first.
    pub hosts: Vec<HostTest>,
    /// In order of precedence: the first that matches wins.
    pub rows: Vec<RowTable>,
}

/// A match at its place in the order.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RowTable {
    /// Index into [`Tables::matches`].
    pub of: usize,
    /// The listener that its route is attached to.
    pub listener: ListenerId,
    /// Index into [`GroupTable::hosts`].
    pub host: usize,
    /// The hostname as the route writes it; `*` for any.
    pub hostname: String,
    /// What puts the row before it before it. Between any two rows it is the least of those in between.
    pub after: Option<Criterion>,
}

/// What a match asks for. All of it must hold.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MatchTable {
    /// Its route.
    pub route: RouteId,
    /// Index into the rules of the route.
    pub rule: usize,
    /// Index into the matches of the rule.
    #[cfg_attr(feature = "serde", serde(rename = "match"))]
    pub matched: usize,
    /// In one line: `Prefix /api, GET, header x-a=b`.
    pub predicates: String,
    /// The path in words: `Prefix /api`.
    pub path_text: String,
    /// The path.
    pub path: PathTest,
    /// The method, if it matters.
    pub method: Option<String>,
    /// Header fields: one of the values of a name, or all of them joined by `,`, must do.
    pub headers: Vec<(String, ValueTest)>,
    /// Query parameters: the first of a name counts, form-decoded.
    pub query: Vec<(String, ValueTest)>,
}

/// How a path is tested.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum PathTest {
    /// The whole path.
    Exact(String),
    /// The path is this text, or goes on with `/` after it.
    Prefix(String),
    /// Index into [`Tables::patterns`].
    Regex(usize),
    /// Two elements, neither empty; `None` takes any.
    Call {
        /// The first element.
        service: Option<ValueTest>,
        /// The second element.
        method: Option<ValueTest>,
    },
}

/// How a value is tested.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ValueTest {
    /// As it is written: `b`, or `~b.*` for a regular expression.
    pub text: String,
    /// Index into [`Tables::patterns`]; `None` compares with the text.
    pub pattern: Option<usize>,
}

impl Router {
    /// See [`Tables`]. O(size of the router).
    #[must_use]
    pub fn tables(&self) -> Tables {
        let everywhere = self.ports.iter().map(|(port, id)| (None, *port, *id));
        let each = self.gateways.iter().map(|((gateway, port), id)| (Some(gateway), *port, *id));
        let (mut matches, mut places) = (Vec::new(), BTreeMap::new());
        for (id, route) in (0..).map(RouteId).zip(&self.model.routes) {
            for (rule, of) in route.rules.iter().enumerate() {
                for (matched, one) in of.matches.iter().enumerate() {
                    places.insert((id, rule, matched), matches.len());
                    matches.push(self.match_table((id, rule, matched), route.kind, one));
                }
            }
        }
        Tables {
            hostname_fallback: self.options.hostname_fallback,
            longest_regex_path: MAX_REGEX_PATH,
            ports: everywhere
                .chain(each)
                .filter_map(|(of, port, id)| self.port_table(of, port, id))
                .collect(),
            groups: self.groups.iter().map(|group| self.group_table(group, &places)).collect(),
            matches,
            patterns: self.patterns.iter().map(Pattern::table).collect(),
        }
    }

    fn port_table(&self, gateway: Option<&ObjectName>, port: u16, id: EntryId) -> Option<PortTable> {
        let Entry { http, secure, tcp, udp, .. } = self.entries.get(id.0 as usize)?;
        let plain = http.ordered().into_iter();
        let plain = plain.map(|(host, group)| Seated { host, group, requests: true });
        let sealed = secure.ordered().into_iter();
        let sealed = sealed.map(|(host, seat)| Seated { host, group: seat.group, requests: seat.https });
        Some(PortTable {
            gateway: gateway.map(ToString::to_string),
            port,
            http: plain.collect(),
            secure: sealed.collect(),
            tcp: *tcp,
            udp: *udp,
        })
    }

    fn group_table(&self, group: &Group, places: &BTreeMap<Place, usize>) -> GroupTable {
        let hosts: Vec<HostTest> = group.hosts.ordered().into_iter().map(|(host, _)| host).collect();
        let mut rows = Vec::with_capacity(group.slots.len());
        let mut before = None;
        for slot in &group.slots {
            let Some((view, hostname)) = self.view(slot.hit).zip(self.hostname(slot)) else { continue };
            let here = (view, hostname.written.as_ref());
            let effective = HostTest::from(hostname.effective.as_ref());
            let place = (slot.hit.route, usize::from(slot.hit.rule), usize::from(slot.hit.matched));
            rows.push(RowTable {
                of: places.get(&place).copied().unwrap_or_default(),
                listener: slot.hit.listener,
                host: hosts.iter().position(|host| *host == effective).unwrap_or_default(),
                hostname: hostname.written.as_ref().map_or_else(|| "*".to_owned(), ToString::to_string),
                after: before.map(|before| self.criterion(before, here)),
            });
            before = Some(here);
        }
        GroupTable { listeners: group.listeners.to_vec(), asks: group.filtered, hosts, rows }
    }

    fn match_table(&self, (route, rule, matched): Place, kind: RouteKind, one: &Match) -> MatchTable {
        let pattern = |text: &str| self.patterns.find(text).map(|(id, _)| id.index());
        let value = |value: &ValueMatch| ValueTest {
            text: describe::value_text(value),
            pattern: if let ValueMatch::Regex(text) = value { pattern(text) } else { None },
        };
        let headers = one.headers.iter();
        let query = one.query.iter();
        MatchTable {
            route,
            rule,
            matched,
            predicates: describe::predicates(kind, one),
            path_text: describe::path(&one.path),
            path: match &one.path {
                PathMatch::Exact(text) => PathTest::Exact(text.to_string()),
                PathMatch::Prefix(text) => PathTest::Prefix(text.trim_end_matches('/').to_owned()),
                PathMatch::Regex(text) => PathTest::Regex(pattern(text).unwrap_or(usize::MAX)),
                PathMatch::Grpc(GrpcMethodMatch { service, method }) => PathTest::Call {
                    service: service.as_ref().map(value),
                    method: method.as_ref().map(value),
                },
            },
            method: one.method.as_ref().map(ToString::to_string),
            headers: headers.map(|header| (header.name.to_string(), value(&header.value))).collect(),
            query: query.map(|query| (query.name.to_string(), value(&query.value))).collect(),
        }
    }
}

/// Of a match: the route, the rule, its index.
type Place = (RouteId, usize, usize);

impl From<Option<&HostPattern>> for HostTest {
    fn from(pattern: Option<&HostPattern>) -> Self {
        match pattern {
            Some(HostPattern::Exact(name)) => Self::Exact(name.to_string()),
            Some(HostPattern::Label(suffix)) => Self::Label(suffix.to_string()),
            Some(HostPattern::Wildcard(suffix)) => Self::Wildcard(suffix.to_string()),
            None => Self::Any,
        }
    }
}

impl<T: Copy> Hosts<T> {
    /// In the order of [`Hosts::visit`]; those that no host matches at once are in alphabetical order.
    fn ordered(&self) -> Vec<(HostTest, T)> {
        let sorted = |names: &super::Map<Box<str>, T>| -> Vec<(String, T)> {
            let order: BTreeSet<&str> = names.keys().map(|name| &**name).collect();
            order.into_iter().filter_map(|name| Some((name.to_owned(), *names.get(name)?))).collect()
        };
        let exact = sorted(&self.exact).into_iter().map(|(name, value)| (HostTest::Exact(name), value));
        let label = sorted(&self.label).into_iter().map(|(name, value)| (HostTest::Label(name), value));
        let mut wildcard = sorted(&self.wildcard);
        wildcard.sort_by_key(|(suffix, _)| std::cmp::Reverse(suffix.split('.').count()));
        let wildcard = wildcard.into_iter().map(|(name, value)| (HostTest::Wildcard(name), value));
        let any = self.any.map(|value| (HostTest::Any, value));
        exact.chain(label).chain(wildcard).chain(any).collect()
    }
}

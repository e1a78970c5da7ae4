use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bucket::Paths;
use super::conditions::Conditions;
use super::entry::{Entry, GroupId};
use super::group::Group;
use super::hosts::Hosts;
use super::patterns::Patterns;
use super::slot::{FREE, Slot, Slots};
use super::{CompileError, Map, Options, Router};
use crate::decision::{EntryId, Hit};
use crate::model::{
    HostPattern, ListenerId, Match, Model, ObjectName, Origin, PathMatch, Protocol, Route, RouteId,
};
use crate::rank::{self, Rank};

/// What is gathered while a model is compiled.
struct Compiler<'m> {
    model: &'m Model,
    options: &'m Options,
    patterns: Patterns,
    conditions: Vec<Conditions>,
    /// By route, rule and match: index into the conditions.
    by_match: Vec<Vec<Vec<u32>>>,
    groups: Vec<Group>,
    by_listeners: Map<Box<[ListenerId]>, GroupId>,
}

/// A match for one hostname, before it has a position.
struct Ranked<'m> {
    rank: Rank<'m>,
    slot: Slot,
    path: &'m PathMatch,
    effective: Option<&'m HostPattern>,
}

/// Compiles a model; see [`Router::compile`].
pub(super) fn compile(model: Arc<Model>, options: &Options) -> Result<Router, CompileError> {
    let mut compiler = Compiler {
        model: &model,
        options,
        patterns: Patterns::default(),
        conditions: Vec::new(),
        by_match: Vec::with_capacity(model.routes.len()),
        groups: Vec::new(),
        by_listeners: Map::default(),
    };
    for route in &model.routes {
        compiler.route(route)?;
    }
    let (mut ports, mut gateways) = (BTreeMap::new(), BTreeMap::new());
    for (id, listener) in (0..).map(ListenerId).zip(&model.listeners) {
        let of = (listener.name.gateway.clone(), listener.port);
        ports.entry(listener.port).or_insert_with(Vec::new).push(id);
        gateways.entry(of).or_insert_with(Vec::new).push(id);
    }
    let mut entries = Vec::new();
    let ports = compiler.entries(ports, &mut entries)?;
    let gateways = compiler.entries(gateways, &mut entries)?;
    let Compiler { patterns, conditions, groups, .. } = compiler;
    let (ports, gateways) = (ports.into(), gateways.into());
    let options = options.clone();
    Ok(Router { model, options, entries, ports, gateways, groups, conditions, patterns })
}

impl<'m> Compiler<'m> {
    fn route(&mut self, route: &'m Route) -> Result<(), CompileError> {
        let mut rules = Vec::with_capacity(route.rules.len());
        for rule in &route.rules {
            rules.push(rule.matches.iter().map(|one| self.conditions(one)).collect::<Result<_, _>>()?);
        }
        self.by_match.push(rules);
        Ok(())
    }

    /// The index of the conditions of a match.
    fn conditions(&mut self, one: &Match) -> Result<u32, CompileError> {
        self.path(&one.path, &one.origin)?;
        let headers = one.headers.iter();
        let query = one.query.iter();
        let headers =
            headers.map(|entry| Ok((entry.name.clone(), self.patterns.value(&entry.value, &one.origin)?)));
        let headers = headers.collect::<Result<_, CompileError>>()?;
        let query =
            query.map(|entry| Ok((entry.name.clone(), self.patterns.value(&entry.value, &one.origin)?)));
        let query = query.collect::<Result<_, CompileError>>()?;
        let conditions = Conditions { method: one.method.clone(), headers, query };
        if conditions.is_empty() {
            return Ok(FREE);
        }
        let index = narrow(self.conditions.len(), &one.origin)?;
        self.conditions.push(conditions);
        Ok(index)
    }

    fn path(&mut self, path: &PathMatch, origin: &Origin) -> Result<(), CompileError> {
        match path {
            PathMatch::Exact(_) | PathMatch::Prefix(_) => {}
            PathMatch::Regex(text) => drop(self.patterns.compile(text, origin)?),
            PathMatch::Grpc(call) => {
                for value in [&call.service, &call.method].into_iter().flatten() {
                    self.patterns.value(value, origin)?;
                }
            }
        }
        Ok(())
    }

    /// One entry for each key, over its listeners.
    fn entries<K>(
        &mut self,
        keys: BTreeMap<K, Vec<ListenerId>>,
        entries: &mut Vec<Entry>,
    ) -> Result<Vec<(K, EntryId)>, CompileError> {
        let mut ids = Vec::new();
        for (key, listeners) in keys {
            ids.push((key, EntryId(u32::try_from(entries.len()).unwrap_or(u32::MAX))));
            entries.push(self.entry(&listeners)?);
        }
        Ok(ids)
    }

    fn entry(&mut self, listeners: &[ListenerId]) -> Result<Entry, CompileError> {
        let mut groups: BTreeMap<(Protocol, Option<&HostPattern>), Vec<ListenerId>> = BTreeMap::new();
        for id in listeners {
            if let Some(listener) = self.model.listeners.get(id.0 as usize) {
                let hostname = listener.hostname.as_ref().filter(|_| has_hosts(listener.protocol));
                groups.entry((listener.protocol, hostname)).or_default().push(*id);
            }
        }
        // Only listeners of several Gateways can clash so: HTTPS precedes TLS.
        let https = groups.keys().filter(|(protocol, _)| *protocol == Protocol::Https);
        let https: BTreeSet<_> = https.map(|(_, hostname)| *hostname).collect();
        groups.retain(|(protocol, hostname), _| *protocol != Protocol::Tls || !https.contains(hostname));
        let mut entry = Entry::default();
        for ((protocol, hostname), mut listeners) in groups {
            listeners
                .sort_by_key(|id| self.model.listeners.get(id.0 as usize).map(|listener| &listener.name));
            entry.insert(protocol, hostname, self.group(listeners.into())?);
        }
        Ok(entry)
    }

    fn group(&mut self, listeners: Box<[ListenerId]>) -> Result<GroupId, CompileError> {
        if let Some(id) = self.by_listeners.get(&listeners) {
            return Ok(*id);
        }
        let mut ranked = Vec::new();
        for id in &listeners {
            self.attached(*id, &mut ranked)?;
        }
        ranked.sort_by(|a, b| rank::compare(&a.rank, &b.rank).0);
        let id = GroupId::try_from(self.groups.len()).unwrap_or(GroupId::MAX);
        self.groups.push(self.index(listeners.clone(), &ranked));
        self.by_listeners.insert(listeners, id);
        Ok(id)
    }

    /// Every match of the routes attached to a listener, once for each hostname.
    fn attached(&self, id: ListenerId, ranked: &mut Vec<Ranked<'m>>) -> Result<(), CompileError> {
        let Some(listener) = self.model.listeners.get(id.0 as usize) else { return Ok(()) };
        for (index, attached) in listener.attached.iter().enumerate() {
            let RouteId(route) = attached.route;
            let no_route = || CompileError::NoRoute { origin: Box::new(listener.origin.clone()), route };
            let (route, conditions) = self
                .model
                .routes
                .get(route as usize)
                .zip(self.by_match.get(route as usize))
                .ok_or_else(no_route)?;
            if !listener.protocol.carries(route.kind) {
                continue;
            }
            for (hostname, host) in attached.hostnames.iter().enumerate() {
                for (rule, (matches, conditions)) in route.rules.iter().zip(conditions).enumerate() {
                    for (matched, (one, conditions)) in matches.matches.iter().zip(conditions).enumerate() {
                        let written = host.written.as_ref();
                        let order = (rule, matched);
                        let rank = Rank::new(&listener.name, written, route, order, one, self.options);
                        let hit = Hit {
                            listener: id,
                            route: attached.route,
                            rule: short(rule, &one.origin)?,
                            matched: short(matched, &one.origin)?,
                        };
                        let hostname = (narrow(index, &one.origin)?, narrow(hostname, &one.origin)?);
                        let slot = Slot { hit, conditions: *conditions, hostname };
                        narrow(ranked.len(), &one.origin)?;
                        ranked.push(Ranked {
                            rank,
                            slot,
                            path: &one.path,
                            effective: host.effective.as_ref(),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn index(&self, listeners: Box<[ListenerId]>, ranked: &[Ranked<'m>]) -> Group {
        let mut by_host: Map<Option<&HostPattern>, usize> = Map::default();
        let mut paths: Vec<(Option<&HostPattern>, Paths<'m>)> = Vec::new();
        for (position, one) in (0..).zip(ranked) {
            let bucket = *by_host.entry(one.effective).or_insert_with(|| {
                paths.push((one.effective, Paths::default()));
                paths.len() - 1
            });
            if let Some((_, paths)) = paths.get_mut(bucket) {
                paths.insert(one.path, position, &self.patterns);
            }
        }
        let list: Box<[Slot]> = ranked.iter().map(|one| one.slot).collect();
        let slots = Slots { list: &list, conditions: &self.conditions, patterns: &self.patterns };
        let mut hosts = Hosts::default();
        let mut buckets = Vec::with_capacity(paths.len());
        for (bucket, (host, paths)) in (0..).zip(paths) {
            hosts.insert(host, bucket);
            buckets.push(paths.build(&slots));
        }
        let filtered = |id: &ListenerId| {
            self.model.listeners.get(id.0 as usize).is_some_and(|listener| !listener.filters.is_empty())
        };
        let filtered = listeners.iter().any(filtered);
        Group { listeners, filtered, hosts, buckets: buckets.into(), slots: list }
    }
}

/// Whether listeners of a protocol are told apart by their hostnames.
fn has_hosts(protocol: Protocol) -> bool {
    !matches!(protocol, Protocol::Tcp | Protocol::Udp)
}

fn short(index: usize, origin: &Origin) -> Result<u16, CompileError> {
    index.try_into().map_err(|_| too_many(origin))
}

/// Leaves the largest number free: it means none.
fn narrow(index: usize, origin: &Origin) -> Result<u32, CompileError> {
    u32::try_from(index).ok().filter(|index| *index < u32::MAX).ok_or_else(|| too_many(origin))
}

fn too_many(origin: &Origin) -> CompileError {
    CompileError::TooMany { origin: Box::new(origin.clone()) }
}

/// Where an entry is looked up; see [`Router::entry_of`].
pub(super) type Gateways = Box<[((ObjectName, u16), EntryId)]>;

//! The compiled router: a chain of indexes, each of which narrows down what can match.
//!
//! An entry is a socket; its listener is chosen by host or server name (`entry`). The routes of that listener are found
//! by hostname (`hosts`), then by path (`prefixes`, `regexes`, `grpc`), then by what their matches ask for
//! besides (`index`). Every match has a position, its precedence: the search keeps the least that holds and skips
//! what cannot be less.

pub(crate) mod authority;
mod bucket;
mod candidates;
mod compile;
mod conditions;
mod entry;
mod group;
mod grpc;
mod hosts;
mod index;
mod options;
mod patterns;
mod prefixes;
mod query;
mod regexes;
mod request;
mod search;
mod slot;
mod stats;
mod table;
mod tables;
mod trace;

use std::sync::Arc;

pub use options::{CompileError, Options, Precedence, RegexRank};
pub use stats::Stats;
pub use tables::{
    GroupTable, HostTest, MatchTable, PathTest, PortTable, RowTable, Seated, Tables, ValueTest,
};

use authority::Host;
use conditions::Conditions;
pub(crate) use conditions::Failure;
pub(crate) use entry::GroupId;
use entry::{Entry, Place};
use group::Group;
use patterns::Patterns;
pub(crate) use request::MAX_REGEX_PATH;
use request::Request;
use search::Observe;
pub(crate) use table::{Plane, Row, Seat};
pub(crate) use trace::{Found, Traced, actual};

use crate::decision::{Decision, EntryId, Hit, Miss, MissReason, RuleView};
use crate::filter::ExternalAuth;
use crate::model::{Model, ObjectName};
use crate::{Connect, Head, Opening};

/// Keyed per process; answers never depend on its order.
type Map<K, V> = hashbrown::HashMap<K, V, foldhash::fast::RandomState>;

/// An immutable index over a [`Model`]. Cheap to share (`Arc`), swapped whole.
#[derive(Debug)]
pub struct Router {
    model: Arc<Model>,
    options: Options,
    entries: Vec<Entry>,
    /// Sorted.
    ports: Box<[(u16, EntryId)]>,
    gateways: compile::Gateways,
    groups: Vec<Group>,
    conditions: Vec<Conditions>,
    patterns: Patterns,
}

impl Router {
    /// Compiles a model. O(n log n) in the total size of its rules, off the hot path.
    pub fn compile(model: Arc<Model>, options: &Options) -> Result<Self, CompileError> {
        compile::compile(model, options)
    }

    /// The model it was compiled from.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// What it was compiled with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// All listeners of all Gateways on a port, as when one process serves them on one address. Listeners of several
    /// Gateways with the same protocol and hostname serve as one.
    #[must_use]
    pub fn entry(&self, port: u16) -> Option<EntryId> {
        let index = self.ports.binary_search_by_key(&port, |(port, _)| *port).ok()?;
        self.ports.get(index).map(|(_, id)| *id)
    }

    /// The listeners of one Gateway on a port, as when each Gateway has an address of its own.
    #[must_use]
    pub fn entry_of(&self, gateway: &ObjectName, port: u16) -> Option<EntryId> {
        let order = |((name, of), _): &((ObjectName, u16), _)| (name, *of).cmp(&(gateway, port));
        let index = self.gateways.binary_search_by(order).ok()?;
        self.gateways.get(index).map(|(_, id)| *id)
    }

    /// Which rule takes this request. No allocation, no lock.
    ///
    /// The listener is the most specific one for the host, or in TLS for the server name; only its routes are tried. On an
    /// HTTPS port a request without a server name is taken by its host, and one whose host belongs to another listener than
    /// the server name is [`MissReason::Misdirected`].
    ///
    /// O(request + matches tried): see [`Router::stats`] for the most that can be.
    #[must_use]
    pub fn decide(&self, entry: EntryId, head: &Head<'_>) -> Decision {
        match self.listeners(entry, head) {
            Ok((group, _)) if group.filtered => match group.listener() {
                Some(listener) => Decision::Ask(listener),
                None => Decision::Miss(Miss { listener: None, reason: MissReason::NoListener }),
            },
            Ok((group, host)) => self.search(group, host.as_str(), head, &mut ()),
            Err(miss) => Decision::Miss(miss),
        }
    }

    /// [`Router::decide`] once the filters of the listener have agreed: never [`Decision::Ask`]. `head` may have other header
    /// fields than before, but the same authority and server name, so that the listener is the same (GEP-5224).
    #[must_use]
    pub fn decide_admitted(&self, entry: EntryId, head: &Head<'_>) -> Decision {
        match self.listeners(entry, head) {
            Ok((group, host)) => self.search(group, host.as_str(), head, &mut ()),
            Err(miss) => Decision::Miss(miss),
        }
    }

    /// What a request must pass before it is routed, in this order. Where listeners of several Gateways serve as one, the
    /// filters of all of them.
    pub fn listener_filters<'r>(
        &'r self,
        entry: EntryId,
        head: &Head<'_>,
    ) -> impl Iterator<Item = &'r ExternalAuth> + use<'r> {
        let group = self.listeners(entry, head).ok().map(|(group, _)| group);
        let ids = group.into_iter().flat_map(|group| &group.listeners);
        let listeners = ids.filter_map(|id| self.model.listeners.get(id.0 as usize));
        listeners.flat_map(|listener| &listener.filters)
    }

    /// Who takes a connection, or a session of datagrams: what HTTP has no part in. No allocation, no lock.
    ///
    /// In TLS the listener is the most specific one for the server name, HTTPS or TLS; of a TLS listener the rule that
    /// takes it is that of the TLSRoute with the most specific hostname, then of the oldest, then of the first by name. Of a
    /// TCP or UDP listener it is the first rule of the oldest route.
    ///
    /// O(length of the server name).
    #[must_use]
    pub fn connect(&self, entry: EntryId, opening: &Opening<'_>) -> Connect {
        match self.place(entry, opening) {
            Ok(Place::Http) => Connect::Http,
            Ok(Place::Https(group)) => match self.group(group).and_then(Group::listener) {
                Some(listener) => Connect::Https(listener),
                None => Connect::Refuse(Miss { listener: None, reason: MissReason::NoListener }),
            },
            Ok(place) => self.carry(place, opening),
            Err(miss) => Connect::Refuse(miss),
        }
    }

    fn place(&self, entry: EntryId, opening: &Opening<'_>) -> Result<Place, Miss> {
        let place = self.entries.get(entry.0 as usize).and_then(|entry| entry.place(opening));
        place.ok_or(Miss { listener: None, reason: MissReason::NoListener })
    }

    fn carry(&self, place: Place, opening: &Opening<'_>) -> Connect {
        let carrier = self.carrier(place, opening);
        let first = |(group, name): &(&'_ Group, Host<'_>)| {
            group.slots.get(group.first(name.as_str())? as usize).map(|slot| slot.hit)
        };
        let listener = carrier.as_ref().and_then(|(group, _)| group.listener());
        let refuse = || Connect::Refuse(Miss { listener, reason: MissReason::NoRule });
        carrier.as_ref().and_then(first).map_or_else(refuse, Connect::Rule)
    }

    /// The listeners that carry a connection whole, and the host it asks for: the empty one without a server name.
    fn carrier<'a>(&self, place: Place, opening: &Opening<'a>) -> Option<(&Group, Host<'a>)> {
        let (group, name) = match (place, opening) {
            (Place::Tls(group), Opening::Tls { sni }) => (group, sni.unwrap_or_default()),
            (Place::Port(group), _) => (group, ""),
            _ => return None,
        };
        Some((self.group(group)?, Host::parse(name).ok()?))
    }

    fn group(&self, id: entry::GroupId) -> Option<&Group> {
        self.groups.get(id as usize)
    }

    /// Follows the indexes of a hit. `None` only for a hit of another router.
    #[must_use]
    pub fn view(&self, hit: Hit) -> Option<RuleView<'_>> {
        let listener = self.model.listeners.get(hit.listener.0 as usize)?;
        let route = self.model.routes.get(hit.route.0 as usize)?;
        let rule = route.rules.get(usize::from(hit.rule))?;
        let matched = rule.matches.get(usize::from(hit.matched))?;
        Some(RuleView { hit, listener, route, rule, matched })
    }

    /// The listeners that take a request, and its host.
    fn listeners<'a>(&self, entry: EntryId, head: &Head<'a>) -> Result<(&Group, Host<'a>), Miss> {
        let miss = |reason| Miss { listener: None, reason };
        let host = Host::parse(head.authority).map_err(|_| miss(MissReason::BadAuthority))?;
        let none = || miss(MissReason::NoListener);
        let entry = self.entries.get(entry.0 as usize).ok_or_else(none)?;
        let id = entry.choose(head, host.as_str(), |id| self.group(id).and_then(Group::listener))?;
        Ok((self.group(id).ok_or_else(none)?, host))
    }

    /// The one search.
    fn search<O: Observe>(&self, group: &Group, host: &str, head: &Head<'_>, observer: &mut O) -> Decision {
        let slots = group.slots(&self.conditions, &self.patterns);
        let request = Request::new(head);
        let best = group.search((host, self.options.hostname_fallback), &request, slots, observer);
        match best.and_then(|position| group.slots.get(position as usize)) {
            Some(slot) => Decision::Hit(slot.hit),
            None => Decision::Miss(Miss { listener: group.listener(), reason: MissReason::NoRule }),
        }
    }
}

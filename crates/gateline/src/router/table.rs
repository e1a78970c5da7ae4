use std::ops::Deref;

use super::entry::{GroupId, Place};
use super::group::Group;
use super::request::Request;
use super::slot::Position;
use super::{EntryId, Router};
use crate::decision::RuleView;
use crate::explain::Criterion;
use crate::model::{AttachedHostname, ListenerId, ObjectName};
use crate::{Head, Opening};

/// How a client comes to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Plane {
    Http,
    /// HTTPS and TLS listeners.
    Secure,
    Tcp,
    Udp,
}

/// The listeners that a host or server name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Seat {
    pub(crate) group: GroupId,
    /// Whether requests are routed there; else connections are.
    pub(crate) http: bool,
}

/// A match with everything that its position means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    view: RuleView<'r>,
    pub(crate) hostname: &'r AttachedHostname,
}

impl<'r> Deref for Row<'r> {
    type Target = RuleView<'r>;

    fn deref(&self) -> &RuleView<'r> {
        &self.view
    }
}

/// What analysis reads: the very tables that are searched.
impl Router {
    /// The entries of each Gateway, by name and port.
    pub(crate) fn gateways(&self) -> impl Iterator<Item = (&ObjectName, u16, EntryId)> {
        self.gateways.iter().map(|((gateway, port), id)| (gateway, *port, *id))
    }

    pub(crate) fn planes(&self, entry: EntryId) -> Vec<Plane> {
        let has = |plane: &Plane| self.entries.get(entry.0 as usize).is_some_and(|entry| entry.has(*plane));
        [Plane::Http, Plane::Secure, Plane::Tcp, Plane::Udp].into_iter().filter(has).collect()
    }

    /// The seat of a host, as [`Router::decide`] and [`Router::connect`] choose it.
    pub(crate) fn seat(&self, entry: EntryId, plane: Plane, host: &str) -> Option<Seat> {
        let opening = self.opening(entry, plane, host);
        let entry = self.entries.get(entry.0 as usize)?;
        if plane == Plane::Http {
            return entry.plain(host).map(|group| Seat { group, http: true });
        }
        match entry.place(&opening)? {
            Place::Https(group) => Some(Seat { group, http: true }),
            Place::Tls(group) | Place::Port(group) => Some(Seat { group, http: false }),
            Place::Http => None,
        }
    }

    /// How a client begins that comes for a plane.
    pub(crate) fn opening<'h>(&self, entry: EntryId, plane: Plane, host: &'h str) -> Opening<'h> {
        match plane {
            Plane::Secure => Opening::Tls { sni: Some(host) },
            Plane::Udp => Opening::Udp,
            // TLS that no listener asks for is bytes to a TCP listener, also where HTTP has what comes in the clear.
            Plane::Tcp if !self.planes(entry).contains(&Plane::Secure) => Opening::Tls { sni: None },
            Plane::Http | Plane::Tcp => Opening::Tcp,
        }
    }

    /// The matches of a seat, the strongest first.
    pub(crate) fn rows(&self, group: GroupId) -> impl Iterator<Item = Row<'_>> {
        let slots = self.group(group).into_iter().flat_map(|group| &group.slots);
        slots.filter_map(|slot| Some(Row { view: self.view(slot.hit)?, hostname: self.hostname(slot)? }))
    }

    /// Those of these positions whose conditions hold, in order. The first is what [`Router::decide`] answers if their hosts
    /// and paths do.
    pub(crate) fn holding<'a>(
        &'a self,
        group: GroupId,
        positions: impl Iterator<Item = Position> + 'a,
        head: &'a Head<'a>,
    ) -> impl Iterator<Item = Position> + 'a {
        let group = self.group(group);
        let request = Request::new(head);
        positions.filter(move |position| {
            let slots = group.map(|group| group.slots(&self.conditions, &self.patterns));
            slots.is_some_and(|slots| slots.failure(*position, &request).is_none())
        })
    }

    /// Whether hosts fall through to less specific hostnames.
    pub(crate) fn falls_back(&self) -> bool {
        self.options.hostname_fallback
    }

    /// The listener that answers for a seat.
    pub(crate) fn listener_at(&self, group: GroupId) -> Option<ListenerId> {
        self.group(group).and_then(Group::listener)
    }

    /// What puts one match before another.
    pub(crate) fn precedence(&self, a: &Row<'_>, b: &Row<'_>) -> Criterion {
        self.criterion((a.view, a.hostname.written.as_ref()), (b.view, b.hostname.written.as_ref()))
    }
}

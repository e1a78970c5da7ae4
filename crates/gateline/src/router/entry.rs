use super::authority::Host;
use super::hosts::Hosts;
use super::table::Plane;
use crate::decision::{Miss, MissReason};
use crate::model::{HostPattern, ListenerId, Protocol};
use crate::{Head, Opening};

/// Index into the groups of the router.
pub(crate) type GroupId = u32;

/// The listeners of a port.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) http: Hosts<GroupId>,
    /// HTTPS and TLS: both are chosen by server name.
    pub(super) secure: Hosts<Secure>,
    pub(super) tcp: Option<GroupId>,
    pub(super) udp: Option<GroupId>,
    has_http: bool,
    has_secure: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Secure {
    pub(super) group: GroupId,
    pub(super) https: bool,
}

/// Where a connection belongs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// HTTP: the host of each request chooses the listener.
    Http,
    Https(GroupId),
    /// A TLS listener: the server name chooses among its routes too.
    Tls(GroupId),
    /// A TCP or UDP listener.
    Port(GroupId),
}

impl Entry {
    pub(super) fn insert(&mut self, protocol: Protocol, hostname: Option<&HostPattern>, group: GroupId) {
        match protocol {
            Protocol::Http => {
                self.has_http = true;
                self.http.insert(hostname, group);
            }
            Protocol::Https | Protocol::Tls => {
                self.has_secure = true;
                self.secure.insert(hostname, Secure { group, https: protocol == Protocol::Https });
            }
            Protocol::Tcp => self.tcp = Some(group),
            Protocol::Udp => self.udp = Some(group),
        }
    }

    pub(super) fn has(&self, plane: Plane) -> bool {
        match plane {
            Plane::Http => self.has_http,
            Plane::Secure => self.has_secure,
            Plane::Tcp => self.tcp.is_some(),
            Plane::Udp => self.udp.is_some(),
        }
    }

    /// The listener for a host in the clear.
    pub(super) fn plain(&self, host: &str) -> Option<GroupId> {
        self.http.best(host)
    }

    /// The listener for a connection. Several Gateways may mix protocols on a port: TLS and HTTP then precede TCP, which
    /// would take everything.
    pub(super) fn place(&self, opening: &Opening<'_>) -> Option<Place> {
        match opening {
            Opening::Udp => self.udp.map(Place::Port),
            Opening::Tls { sni } if self.has_secure => {
                let name = Host::parse(sni.unwrap_or_default()).ok()?;
                let Secure { group, https } = self.secure.best(name.as_str())?;
                Some(if https { Place::Https(group) } else { Place::Tls(group) })
            }
            Opening::Tcp if self.has_http => Some(Place::Http),
            Opening::Tcp | Opening::Tls { .. } => self.tcp.map(Place::Port),
        }
    }

    /// The listener for a request, the most specific one: by server name in TLS, by host without. In TLS the host must then
    /// belong to the same one: 421 if it belongs to another, 404 if to none (Gateway `listeners[].hostname`). `first` names
    /// the listener of a group.
    pub(super) fn choose(
        &self,
        head: &Head<'_>,
        host: &str,
        first: impl Fn(GroupId) -> Option<ListenerId>,
    ) -> Result<GroupId, Miss> {
        let miss = |listener, reason| Miss { listener, reason };
        let none = miss(None, MissReason::NoListener);
        let misdirected = |to: Secure| miss(first(to.group), MissReason::Misdirected);
        let Some(name) = head.sni.filter(|_| self.has_secure) else {
            if self.has_http {
                return self.http.best(host).ok_or(none);
            }
            let chosen = self.secure.best(host).ok_or(none)?;
            return if chosen.https { Ok(chosen.group) } else { Err(misdirected(chosen)) };
        };
        let name = Host::parse(name).map_err(|_| miss(None, MissReason::BadAuthority))?;
        let chosen = self.secure.best(name.as_str()).ok_or(none)?;
        match self.secure.best(host) {
            Some(other) if other == chosen && chosen.https => Ok(chosen.group),
            Some(_) => Err(misdirected(chosen)),
            None => Err(miss(first(chosen.group), MissReason::NoListener)),
        }
    }
}

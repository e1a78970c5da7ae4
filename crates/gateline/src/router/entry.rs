use super::authority::Host;
use super::hosts::Hosts;
use crate::Head;
use crate::decision::{Miss, MissReason};
use crate::model::{ListenerId, Protocol};

/// Index into the groups of the router.
pub(super) type GroupId = u32;

/// The listeners of a socket.
#[derive(Debug, Default)]
pub(super) struct Entry {
    http: Hosts<GroupId>,
    https: Hosts<GroupId>,
    has_http: bool,
    has_https: bool,
}

impl Entry {
    pub(super) fn insert(
        &mut self,
        protocol: Protocol,
        hostname: Option<&crate::model::HostPattern>,
        group: GroupId,
    ) {
        if protocol == Protocol::Https {
            self.has_https = true;
            self.https.insert(hostname, group);
        } else {
            self.has_http = true;
            self.http.insert(hostname, group);
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
        let Some(name) = head.sni.filter(|_| self.has_https) else {
            let hosts = if self.has_http { &self.http } else { &self.https };
            return hosts.best(host).ok_or(none);
        };
        let name = Host::parse(name).map_err(|_| miss(None, MissReason::BadAuthority))?;
        let chosen = self.https.best(name.as_str()).ok_or(none)?;
        match self.https.best(host) {
            Some(group) if group == chosen => Ok(chosen),
            Some(_) => Err(miss(first(chosen), MissReason::Misdirected)),
            None => Err(miss(first(chosen), MissReason::NoListener)),
        }
    }
}

//! What a comparison makes of connections: certificates, which hosts share one, and who carries them.

use super::change::{Change, ChangeKind, Party};
use super::comparing::Label;
use super::diff::Comparison;
use super::effect::Effect;
use super::scene::{Host, Scene};
use super::witness::Witness;
use crate::decision::MissReason;
use crate::model::Protocol;
use crate::router::Plane;
use crate::{Connect, Hit};

impl Comparison<'_> {
    /// Compares what clients of these hosts are shown in TLS, where both sides end it.
    pub(super) fn certificates(&mut self, scene: &Scene<'_>, host: &Host<'_>) {
        if scene.plane != Plane::Secure {
            return;
        }
        let label = |side: usize| {
            let (at, seat) = (scene.sides.get(side)?.as_ref()?, (*host.seats.get(side)?)?);
            let listener = at.router.listener_at(seat.group)?;
            self.comparing.beside.get(side)?.listeners.get(listener.0 as usize)
        };
        let (Some(before), Some(after)) = (label(0), label(1)) else { return };
        if before == after {
            return;
        }
        let party = |label: &Label| Party { effect: Effect::Secured(label.clone()), matched: None };
        let (before, after) = (party(before), party(after));
        if self.waives(scene, host, "", ChangeKind::Tls) {
            return;
        }
        let change = Change {
            kind: ChangeKind::Tls,
            gateway: scene.gateway.clone(),
            port: scene.port,
            hosts: [host.hosts.clone()].into(),
            paths: [String::new()].into(),
            conditions: Vec::new(),
            before,
            after,
            witness: scene.connection(host),
        };
        self.add(scene, host, change);
    }

    /// Compares which hosts share a listener in TLS: a connection for one serves the other, or answers 421.
    pub(super) fn together(&mut self, scene: &Scene<'_>, host: &Host<'_>) {
        let [Some(before), Some(after)] = *host.seats else { return };
        if scene.plane != Plane::Secure {
            return;
        }
        let pairs = [(before, after), (after, before)];
        for (side, (seat, other)) in pairs.into_iter().enumerate() {
            let Some(seats) = self.seats.get_mut(side) else { continue };
            let (known, name) = seats.entry(seat).or_insert_with(|| (other, host.name.clone()));
            if *known == other {
                continue;
            }
            let sni = Some(name.clone());
            let protocol = Protocol::Https;
            let witness = Witness { protocol, path: "/".into(), sni, ..scene.connection(host) };
            let party = |misdirected: bool| Party {
                effect: if misdirected { Effect::miss(MissReason::Misdirected) } else { Effect::Requests },
                matched: None,
            };
            if self.waives(scene, host, "", ChangeKind::Tls) {
                continue;
            }
            // They share a seat on this side and not on the other.
            let change = Change {
                kind: ChangeKind::Tls,
                gateway: scene.gateway.clone(),
                port: scene.port,
                hosts: [host.hosts.clone()].into(),
                paths: ["/**".to_owned()].into(),
                conditions: Vec::new(),
                before: party(side == 1),
                after: party(side == 0),
                witness,
            };
            self.add(scene, host, change);
        }
    }

    /// What becomes of a connection on one side.
    pub(super) fn connected(
        &mut self,
        side: usize,
        scene: &Scene<'_>,
        host: &Host<'_>,
    ) -> (Option<Hit>, usize) {
        let Some(Some(at)) = scene.sides.get(side) else { return (None, self.intern(Effect::Closed)) };
        let opening = scene.opening(at, host);
        match at.router.connect(at.entry, &opening) {
            Connect::Rule(hit) => {
                let rows = host.rows.get(side);
                let row = rows.and_then(|rows| rows.rows.iter().find(|row| row.hit == hit)).copied();
                let effect = match row {
                    Some(row) => self.effect(side, scene, &row),
                    None => self.intern(Effect::Closed),
                };
                (Some(hit), effect)
            }
            // The requests in it are routed one by one: which rules take them is not what differs here.
            Connect::Http | Connect::Https(_) => (None, self.intern(Effect::Requests)),
            Connect::Refuse(_) => (None, self.intern(Effect::Connect { mode: None, backends: Vec::new() })),
        }
    }
}

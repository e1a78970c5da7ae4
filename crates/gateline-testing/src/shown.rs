use std::fmt;

use gateline::model::{ListenerId, ObjectName};
use gateline::{Connect, Opening, Router};
use gateline_api::resolve::Certificate;

use crate::load::World;
use crate::request::Request;

/// The certificate that a client is shown.
pub(crate) enum Shown<'w> {
    Read(&'w Certificate),
    /// Its Secret is not in the input.
    Missing(&'w ObjectName),
    None,
}

impl Shown<'_> {
    pub(crate) fn secret(&self) -> Option<&ObjectName> {
        match self {
            Self::Read(certificate) => Some(&certificate.secret),
            Self::Missing(secret) => Some(secret),
            Self::None => None,
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(certificate) => write!(f, "certificate {}", certificate.secret),
            Self::Missing(secret) => write!(f, "certificate {secret}, which is not in the input"),
            Self::None => f.write_str("no certificate"),
        }
    }
}

/// Of the listener that takes the connection: the first that fits the server name, else the first.
pub(crate) fn shown<'w>(world: &'w World, router: &Router, request: &Request) -> Shown<'w> {
    let listener = listener(router, request).and_then(|id| world.resolution.tls.get(id.0 as usize));
    let Some(Some(tls)) = listener else { return Shown::None };
    let sni = match request.opening() {
        Opening::Tls { sni } => sni,
        Opening::Tcp | Opening::Udp => None,
    };
    let fitting = sni.and_then(|name| tls.certificates.iter().find(|one| one.covers(name)));
    match fitting.or_else(|| tls.certificates.first()) {
        Some(certificate) => Shown::Read(certificate),
        None => tls.missing.first().map_or(Shown::None, Shown::Missing),
    }
}

/// The listener that a TLS connection comes to, by its server name alone.
pub(crate) fn listener(router: &Router, request: &Request) -> Option<ListenerId> {
    let opening = request.opening();
    if !matches!(opening, Opening::Tls { .. }) {
        return None;
    }
    match router.connect(request.entry(router)?, &opening) {
        Connect::Https(id) => Some(id),
        Connect::Rule(hit) => Some(hit.listener),
        Connect::Refuse(miss) => miss.listener,
        Connect::Http => None,
    }
}

/// Seconds in the largest unit that fits: `14d`.
pub(crate) fn span(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let fits = units.into_iter().find(|(unit, _)| seconds.abs() >= *unit);
    fits.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

use std::fmt;

use gateline::Opening;
use gateline::model::ObjectName;
use gateline_api::resolve::Certificate;

use crate::answer::Answer;
use crate::load::World;
use crate::request::{Request, RequestKind};

/// The certificate that a client is shown.
pub(super) enum Shown<'w> {
    Read(&'w Certificate),
    /// Its Secret is not in the input.
    Missing(&'w ObjectName),
    None,
}

impl Shown<'_> {
    pub(super) fn secret(&self) -> Option<&ObjectName> {
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
pub(super) fn shown<'w>(world: &'w World, request: &Request, answer: &Answer) -> Shown<'w> {
    let resolution = &world.resolution;
    let named =
        |name: &String| resolution.model.listeners.iter().position(|one| one.name.to_string() == *name);
    let listener = answer.listener.as_ref().and_then(named).and_then(|index| resolution.tls.get(index));
    let Some(Some(tls)) = listener else { return Shown::None };
    let fitting = server_name(request).and_then(|name| tls.certificates.iter().find(|one| one.covers(name)));
    match fitting.or_else(|| tls.certificates.first()) {
        Some(certificate) => Shown::Read(certificate),
        None => tls.missing.first().map_or(Shown::None, Shown::Missing),
    }
}

fn server_name(request: &Request) -> Option<&str> {
    match &request.kind {
        RequestKind::Http(http) => http.head().sni,
        RequestKind::Connection(connection) => match connection.opening() {
            Opening::Tls { sni } => sni,
            _ => None,
        },
    }
}

/// Seconds in the largest unit that fits: `14d`.
pub(super) fn span(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let fits = units.into_iter().find(|(unit, _)| seconds.abs() >= *unit);
    fits.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

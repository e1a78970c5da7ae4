use gateline::explain::Source;
use gateline::model::{ListenerId, ObjectName, Timestamp};
use gateline::{Opening, Router};
use gateline_api::objects::GATEWAY;
use gateline_api::resolve::Certificate;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::source;
use crate::load::World;
use crate::request::Request;
use crate::shown::{self, Shown};

/// The certificate that a client is shown, and whether it is for the name it asks for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CertificateTrace {
    /// Its Secret, `ns/name`.
    pub secret: String,
    /// Its DNS name that covers the server name; `None` if none does, or if it cannot be read.
    pub covered_by: Option<String>,
    /// All of its DNS names; empty if it cannot be read.
    pub names: Vec<String>,
    /// RFC 3339, UTC; `None` if it cannot be read.
    pub not_before: Option<String>,
    /// RFC 3339, UTC; `None` if it cannot be read.
    pub not_after: Option<String>,
    /// What is right or wrong with it.
    pub because: String,
    /// Where the listener names it.
    pub source: Option<Source>,
}

/// `None` where no TLS ends.
pub(super) fn certificate(
    world: &World,
    router: &Router,
    request: &Request,
    now: Option<Timestamp>,
) -> Option<CertificateTrace> {
    let listener = shown::listener(router, request)?;
    let sni = match request.opening() {
        Opening::Tls { sni } => sni,
        Opening::Tcp | Opening::Udp => None,
    };
    let shown = shown::shown(world, router, request);
    let secret = shown.secret()?;
    let trace = CertificateTrace {
        secret: secret.to_string(),
        covered_by: None,
        names: Vec::new(),
        not_before: None,
        not_after: None,
        because: "not in the input: its names and dates are not known".to_owned(),
        source: reference(world, router, listener, secret),
    };
    let Shown::Read(certificate) = shown else { return Some(trace) };
    let covered_by = sni.and_then(|name| certificate.name_for(name)).map(str::to_owned);
    Some(CertificateTrace {
        because: format!("{}; {}", fit(certificate, sni), validity(certificate, now)),
        covered_by,
        names: certificate.names.clone(),
        not_before: date(certificate.not_before),
        not_after: date(certificate.not_after),
        ..trace
    })
}

fn fit(certificate: &Certificate, sni: Option<&str>) -> String {
    let names = certificate.names.join(", ");
    match sni.map(|name| (name, certificate.name_for(name))) {
        None => format!("no server name to hold against {names}"),
        Some((name, Some(covers))) => format!("SAN {covers} covers {name}"),
        Some((name, None)) => format!("no SAN covers {name}, it has {names}"),
    }
}

fn validity(certificate: &Certificate, now: Option<Timestamp>) -> String {
    let day = |timestamp| date(timestamp).map(|date| date.chars().take(10).collect::<String>());
    let until = day(certificate.not_after).unwrap_or_default();
    let Some(now) = now else { return format!("ends {until}") };
    if certificate.not_before > now {
        return format!("not valid before {}", day(certificate.not_before).unwrap_or_default());
    }
    let left = certificate.not_after.0.saturating_sub(now.0);
    if left < 0 {
        return format!("expired on {until}");
    }
    format!("valid until {until} ({} more)", shown::span(left))
}

/// RFC 3339 in UTC; `None` beyond the year 9999.
fn date(timestamp: Timestamp) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp(timestamp.0).ok()?;
    let (hour, minute, second) = time.to_hms();
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// The `certificateRefs` entry of a listener that names a Secret.
fn reference(world: &World, router: &Router, listener: ListenerId, secret: &ObjectName) -> Option<Source> {
    let listener = router.model().listeners.get(listener.0 as usize)?;
    let holder = world.objects.get(GATEWAY, &listener.origin.kind, &listener.origin.object)?;
    let written = holder.value.pointer("/spec/listeners")?.as_array()?;
    let section = |one: &&Value| one.get("name").and_then(Value::as_str) == Some(&*listener.name.section);
    let references = written.iter().find(section)?.pointer("/tls/certificateRefs")?.as_array()?;
    let names = |one: &Value| {
        let field = |name: &str| one.get(name).and_then(Value::as_str);
        let namespace = field("namespace").unwrap_or(&holder.name.namespace);
        ObjectName::new(namespace, field("name").unwrap_or_default()) == *secret
    };
    let index = references.iter().position(names)?;
    source(holder.origin(&format!("{}.tls.certificateRefs[{index}]", listener.origin.path)).place.as_ref())
}

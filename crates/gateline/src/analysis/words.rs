//! Effects in words.

use std::collections::BTreeMap;
use std::fmt;

use http::header::LOCATION;

use super::effect::{Answer, Effect, Forwarding, Part};
use crate::filter::{Filters, PathModifier};
use crate::model::{BackendProtocol, Target};

impl Effect {
    /// What else goes with a backend: times, tries, sessions, TLS and policies. Empty where there is nothing of it.
    #[must_use]
    pub fn terms(&self) -> String {
        let Self::Forward(forward) = self else { return String::new() };
        let Forwarding { timeouts, retry, session, in_force, backends, .. } = &**forward;
        let mut terms = Vec::new();
        terms.extend(timeouts.request.map(|time| format!("request {time:?}")));
        terms.extend(timeouts.backend_request.map(|time| format!("backendRequest {time:?}")));
        terms.extend(retry.as_ref().map(|retry| format!("{} retries on {:?}", retry.attempts, retry.codes)));
        terms.extend(session.as_ref().map(|_| "sessions".to_owned()));
        for part in backends {
            let protocol = Some(part.protocol).filter(|one| *one != BackendProtocol::Unspecified);
            terms.extend(protocol.map(|protocol| format!("{protocol:?}")));
            let tls = Some(&part.tls).filter(|tls| !tls.words.is_empty());
            terms.extend(tls.map(|tls| format!("TLS to {}: {tls}", part.backend)));
        }
        terms.extend(Some(in_force).filter(|one| !one.words.is_empty()).map(ToString::to_string));
        terms.join(", ")
    }
}

impl fmt::Display for Effect {
    /// One line: `shop/cart:80`, `308 to https`, `404`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("nothing listens"),
            Self::Requests => f.write_str("its requests are routed"),
            Self::Secured(label) => label.fmt(f),
            Self::Error { status, reason, .. } => write!(f, "{status} ({})", reason.0),
            Self::Answer(answer) => {
                answer.fmt(f)?;
                write_asked(f, &answer.filters)?;
                write_policies(f, &answer.policies)
            }
            Self::Forward(forward) if forward.backends.is_empty() => {
                f.write_str("500 (no backend with a weight above 0)")
            }
            Self::Forward(forward) => {
                write_parts(f, &forward.backends)?;
                write_asked(f, &forward.filters)?;
                write_policies(f, &forward.policies)
            }
            Self::Connect { backends, .. } if backends.is_empty() => f.write_str("closed: no backend"),
            Self::Connect { backends, .. } => write_parts(f, backends),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(respond) = &self.filters.respond {
            write!(f, "{}", respond.status.as_u16())?;
            let fields = self.filters.response_headers.as_ref();
            return match fields.and_then(|fields| fields.text(&LOCATION)) {
                Some(location) => write!(f, " to {location}"),
                None => f.write_str(" by the rule"),
            };
        }
        let Some(redirect) = &self.filters.redirect else { return Ok(()) };
        let scheme = redirect.scheme.as_deref().unwrap_or_default();
        let host = redirect.hostname.as_deref().unwrap_or("{host}");
        write!(f, "{} to {scheme}://{host}", redirect.status.as_u16())?;
        match redirect.port {
            Some(port) if port != if scheme == "https" { 443 } else { 80 } => write!(f, ":{port}")?,
            _ => {}
        }
        match (&redirect.path, self.prefixes.first()) {
            (Some(PathModifier::Full(path)), _) => f.write_str(path),
            (Some(PathModifier::Prefix(_)), Some((from, to))) => write!(f, " with {from} as {to}"),
            (Some(PathModifier::Regex(_)), _) => f.write_str(" with another path"),
            _ => Ok(()),
        }
    }
}

fn write_asked(f: &mut fmt::Formatter<'_>, filters: &Filters) -> fmt::Result {
    for auth in &filters.auth {
        if let Target::Invalid { reference, .. } = &auth.target {
            write!(f, ", if {reference} agrees ({})", auth.protocol.as_str())?;
        }
    }
    Ok(())
}

fn write_policies(f: &mut fmt::Formatter<'_>, policies: &BTreeMap<Box<str>, Box<str>>) -> fmt::Result {
    policies.iter().try_for_each(|(name, value)| write!(f, "; {name}: {value}"))
}

fn write_parts(f: &mut fmt::Formatter<'_>, parts: &[Part]) -> fmt::Result {
    let sum: u64 = parts.iter().map(|part| u64::from(part.weight)).sum();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        f.write_str(&part.backend)?;
        if part.kind.is_none() {
            f.write_str(" (cannot be followed: 500)")?;
        }
        if parts.len() > 1 {
            write!(f, " {}/{sum}", part.weight)?;
        }
    }
    Ok(())
}

//! What nginx answers with `return`, as filters.

use gateline::filter::{DirectResponse, Filters, HeaderModifier, PathModifier, Redirect, ReplaceRegexMatch};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use super::annotations::Annotations;
use super::policy;

/// An answer, and what of it no filter says.
#[derive(Debug)]
pub(crate) struct Returned {
    /// The annotation that asks for it.
    pub(crate) annotation: &'static str,
    pub(crate) filters: Filters,
    /// Name and value of a policy.
    pub(crate) policy: Option<(&'static str, String)>,
}

/// `temporal-redirect`, else `permanent-redirect`.
pub(crate) fn returned(annotations: &Annotations) -> Option<Returned> {
    let code = |name, range: std::ops::RangeInclusive<u32>, default| {
        annotations.number(name).filter(|code| range.contains(code)).unwrap_or(default)
    };
    let (annotation, url, code) = if let Some(url) = annotations.get("temporal-redirect") {
        ("temporal-redirect", url, code("temporal-redirect-code", 300..=307, 302))
    } else {
        (
            "permanent-redirect",
            annotations.get("permanent-redirect")?,
            code("permanent-redirect-code", 300..=308, 301),
        )
    };
    let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok())?;
    let (filters, policy) = to_url(url, status);
    Some(Returned { annotation, filters, policy })
}

/// `return CODE URL`: `$request_uri` keeps path and query, anything else replaces both.
fn to_url(url: &str, status: StatusCode) -> (Filters, Option<(&'static str, String)>) {
    if !url.contains('$') {
        return (fixed(url, status), None);
    }
    match keeping(url, status) {
        Some(redirect) => (Filters { redirect: Some(redirect), ..Filters::default() }, None),
        None => (fixed("", status), Some((policy::REDIRECT, url.to_owned()))),
    }
}

/// A `Location` that is the same for every request.
pub(crate) fn fixed(location: &str, status: StatusCode) -> Filters {
    let respond = Some(DirectResponse { status, content_type: None, body: Box::default() });
    let location = HeaderValue::from_str(location).ok().filter(|location| !location.is_empty());
    let set = location.map(|location| (LOCATION, location)).into_iter().collect::<Vec<_>>();
    let modifier = HeaderModifier { set, ..HeaderModifier::default() };
    Filters { respond, response_headers: Some(modifier), ..Filters::default() }
}

/// `https://host/prefix$request_uri`, with `$scheme` and `$host` where they stand for what is there.
fn keeping(url: &str, status: StatusCode) -> Option<Redirect> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = match scheme {
        "$scheme" => None,
        "http" | "https" => Some(scheme.into()),
        _ => return None,
    };
    let rest = rest.strip_suffix("$request_uri")?;
    let (host, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match host.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (host, None),
    };
    let hostname = match host {
        "$host" | "$http_host" | "$best_http_host" => None,
        host if host.is_empty() || host.contains('$') => return None,
        host => Some(host.to_ascii_lowercase().into()),
    };
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    if prefix.contains('$') {
        return None;
    }
    let path = match prefix {
        "" => None,
        prefix => Some(PathModifier::Regex(ReplaceRegexMatch::new("^/(.*)", &format!(r"{prefix}/\1")).ok()?)),
    };
    Some(Redirect { scheme, hostname, path, port, status })
}

/// To the same with `https`.
pub(crate) fn to_https(code: u16) -> Filters {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::PERMANENT_REDIRECT);
    let scheme = Some("https".into());
    Filters {
        redirect: Some(Redirect { scheme, hostname: None, path: None, port: None, status }),
        ..Filters::default()
    }
}

/// To another path of the same host.
pub(crate) fn to_path(path: &str, status: StatusCode) -> Filters {
    let path = Some(PathModifier::Full(path.into()));
    Filters {
        redirect: Some(Redirect { scheme: None, hostname: None, path, port: None, status }),
        ..Filters::default()
    }
}

/// To another host.
pub(crate) fn to_host(host: &str, code: u16) -> Filters {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::PERMANENT_REDIRECT);
    let hostname = Some(host.into());
    Filters {
        redirect: Some(Redirect { scheme: None, hostname, path: None, port: None, status }),
        ..Filters::default()
    }
}

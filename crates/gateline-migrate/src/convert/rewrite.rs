//! Filters as manifests write them.

use gateline::filter::{Cors, CorsOrigin, Filters, HeaderModifier, HostRewrite, PathModifier, Redirect};
use gateline::model::{SessionKind, SessionPersistence};
use http::header::LOCATION;
use serde_json::{Map, Value, json};

use crate::nginx::{Location, rewrite};

/// The prefix and what replaces it, where that is what the rewrite of a location does.
pub(super) fn prefix_swap(location: &Location) -> Option<(String, String)> {
    let PathModifier::Regex(replace) = rewrite(&location.path, location.rewrite_target()?)? else {
        return None;
    };
    let (from, to) = replace.as_prefix()?;
    Some((from.to_owned(), to.to_owned()))
}

/// The filters of a rule, and the regular expression that needs an extension: pattern and substitution.
pub(super) fn filters(written: &Filters, prefixes: bool) -> (Vec<Value>, Option<(String, String)>) {
    let mut list = Vec::new();
    let mut extension = None;
    if let Some(cors) = &written.cors {
        list.push(json!({"type": "CORS", "cors": of_cors(cors)}));
    }
    if let Some(changes) = &written.request_headers {
        list.push(json!({"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": set(changes)}}));
    }
    if let Some(rewrite) = &written.rewrite {
        let mut fields = Map::new();
        if let Some(HostRewrite::Literal(host)) = &rewrite.hostname {
            fields.insert("hostname".into(), host.to_string().into());
        }
        match &rewrite.path {
            Some(PathModifier::Full(path)) => {
                fields.insert("path".into(), json!({"type": "ReplaceFullPath", "replaceFullPath": path}));
            }
            Some(PathModifier::Regex(replace)) => match replace.as_prefix().filter(|_| prefixes) {
                Some((_, to)) => {
                    let to = if to.is_empty() { "/" } else { to };
                    fields.insert(
                        "path".into(),
                        json!({"type": "ReplacePrefixMatch", "replacePrefixMatch": to}),
                    );
                }
                None => extension = Some((replace.pattern().to_owned(), replace.substitution().to_owned())),
            },
            Some(PathModifier::Prefix(_)) | None => {}
        }
        if !fields.is_empty() {
            list.push(json!({"type": "URLRewrite", "urlRewrite": fields}));
        }
    }
    if let Some(redirect) = &written.redirect {
        list.push(json!({"type": "RequestRedirect", "requestRedirect": of_redirect(redirect)}));
    } else if let Some(respond) = &written.respond {
        let location = written.response_headers.as_ref().and_then(|fields| fields.text(&LOCATION));
        let redirect = location.and_then(|location| to_location(location, respond.status.as_u16()));
        list.extend(redirect.map(|redirect| json!({"type": "RequestRedirect", "requestRedirect": redirect})));
    }
    (list, extension)
}

fn set(changes: &HeaderModifier) -> Vec<Value> {
    let entry = |(name, value): &(http::HeaderName, http::HeaderValue)| json!({"name": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes())});
    changes.set.iter().map(entry).collect()
}

fn of_redirect(redirect: &Redirect) -> Value {
    let mut fields = Map::new();
    if let Some(scheme) = &redirect.scheme {
        fields.insert("scheme".into(), scheme.to_string().into());
    }
    if let Some(hostname) = &redirect.hostname {
        fields.insert("hostname".into(), hostname.to_string().into());
    }
    if let Some(port) = redirect.port {
        fields.insert("port".into(), port.into());
    }
    let path = match &redirect.path {
        Some(PathModifier::Full(path)) => Some(json!({"type": "ReplaceFullPath", "replaceFullPath": path})),
        Some(PathModifier::Regex(replace)) => {
            replace.as_prefix().map(|(_, to)| json!({"type": "ReplacePrefixMatch", "replacePrefixMatch": to}))
        }
        _ => None,
    };
    fields.extend(path.map(|path| ("path".to_owned(), path)));
    fields.insert("statusCode".into(), redirect.status.as_u16().into());
    fields.into()
}

/// The nearest `RequestRedirect` to a fixed `Location`: without its query and fragment.
fn to_location(location: &str, status: u16) -> Option<Value> {
    let (scheme, rest) = location.split_once("://")?;
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match host.split_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (host, None),
    };
    let path = if path.is_empty() { "/" } else { path };
    let path = json!({"type": "ReplaceFullPath", "replaceFullPath": path});
    let mut fields = json!({"scheme": scheme, "hostname": host, "path": path, "statusCode": status});
    if let Some(port) = port {
        fields["port"] = port.into();
    }
    Some(fields)
}

fn of_cors(cors: &Cors) -> Value {
    let origin = |origin: &CorsOrigin| match origin {
        CorsOrigin::Any => "*".to_owned(),
        CorsOrigin::Exact(text) => text.to_string(),
        CorsOrigin::Wildcard { before, after } => format!("{before}*{after}"),
    };
    let mut fields = Map::new();
    fields.insert("allowOrigins".into(), cors.origins.iter().map(origin).collect());
    if cors.credentials {
        fields.insert("allowCredentials".into(), true.into());
    }
    let methods = cors.methods.as_ref().map(|list| list.iter().map(ToString::to_string).collect::<Value>());
    let headers = cors.headers.as_ref().map(|list| list.iter().map(ToString::to_string).collect::<Value>());
    fields.insert("allowMethods".into(), methods.unwrap_or_else(|| json!(["*"])));
    fields.insert("allowHeaders".into(), headers.unwrap_or_else(|| json!(["*"])));
    if !cors.expose.is_empty() {
        let names = cors.expose.iter().map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
        fields.insert("exposeHeaders".into(), names.collect());
    }
    fields.insert("maxAge".into(), cors.max_age.into());
    fields.into()
}

/// `sessionPersistence`.
pub(super) fn of_session(session: &SessionPersistence) -> Value {
    let mut cookie = Map::new();
    if let Some(name) = &session.name {
        cookie.insert("name".into(), name.to_string().into());
    }
    let mut fields = json!({"type": "Cookie"});
    if let (SessionKind::Cookie { permanent: true, .. }, Some(time)) =
        (&session.kind, session.absolute_timeout)
    {
        cookie.insert("lifetimeType".into(), "Permanent".into());
        fields["absoluteTimeout"] = format!("{}s", time.as_secs()).into();
    }
    fields["cookie"] = cookie.into();
    fields
}

use gateline::model::{GrpcMethodMatch, HeaderMatch, Match, Origin, PathMatch, QueryMatch, ValueMatch};
use http::{HeaderName, Method};

use super::fault::{Fault, Faults};
use crate::finding::{Finding, codes};
use crate::object::Object;
use crate::objects::{GrpcRouteMatch, PathPredicate, Predicate, RouteMatch};

/// `matches[]` of an HTTPRoute. `None` where a value is not supported; the fault says which.
pub(super) fn http(object: &Object, path: &str, written: &RouteMatch, faults: &mut Faults) -> Option<Match> {
    let uri = path_match(object, path, written.path.as_ref(), faults)?;
    let method = match &written.method {
        Some(text) => Some(method(object, &format!("{path}.method"), text, faults)?),
        None => None,
    };
    let headers = headers(object, path, &written.headers, faults)?;
    let query = query(object, path, &written.query_params, faults)?;
    Some(Match { path: uri, method, headers, query, origin: object.origin(path) })
}

/// `matches[]` of a GRPCRoute.
pub(super) fn grpc(
    object: &Object,
    path: &str,
    written: &GrpcRouteMatch,
    faults: &mut Faults,
) -> Option<Match> {
    let method = written.method.clone().unwrap_or_default();
    let place = format!("{path}.method");
    let part = |text: &Option<String>, faults: &mut Faults| match text.as_deref() {
        None | Some("") => Some(None),
        Some(text) => value(object, &place, method.r#type.as_deref(), text, faults).map(Some),
    };
    let service = part(&method.service, faults)?;
    let call = part(&method.method, faults)?;
    let path_match = match (&service, &call) {
        (None, None) => PathMatch::Prefix("".into()),
        _ => PathMatch::Grpc(GrpcMethodMatch { service, method: call }),
    };
    let headers = headers(object, path, &written.headers, faults)?;
    Some(Match { path: path_match, method: None, headers, query: Vec::new(), origin: object.origin(path) })
}

/// A rule without matches takes everything: the prefix `/` (HTTPRouteRule).
pub(super) fn everything(origin: Origin) -> Match {
    Match { path: PathMatch::Prefix("".into()), method: None, headers: Vec::new(), query: Vec::new(), origin }
}

fn path_match(
    object: &Object,
    path: &str,
    written: Option<&PathPredicate>,
    faults: &mut Faults,
) -> Option<PathMatch> {
    let text = written.and_then(|path| path.value.as_deref()).unwrap_or("/");
    match written.and_then(|path| path.r#type.as_deref()).unwrap_or("PathPrefix") {
        "Exact" => Some(PathMatch::Exact(text.into())),
        "PathPrefix" => Some(PathMatch::Prefix(text.trim_end_matches('/').into())),
        "RegularExpression" => pattern(object, &format!("{path}.path.value"), text, faults)
            .map(|()| PathMatch::Regex(text.into())),
        other => faults.unsupported(object, &format!("{path}.path.type"), other),
    }
}

/// `HTTPMethod` of the API.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

fn method(object: &Object, path: &str, text: &str, faults: &mut Faults) -> Option<Method> {
    let known = METHODS.contains(&text).then(|| Method::from_bytes(text.as_bytes()).ok());
    known.flatten().or_else(|| faults.unsupported(object, path, text))
}

/// Only the first entry of an equivalent name counts (HTTPHeaderMatch, `HTTPQueryParamMatch`).
fn headers(
    object: &Object,
    path: &str,
    written: &[Predicate],
    faults: &mut Faults,
) -> Option<Vec<HeaderMatch>> {
    let mut headers: Vec<HeaderMatch> = Vec::with_capacity(written.len());
    for (i, entry) in written.iter().enumerate() {
        let place = format!("{path}.headers[{i}]");
        let Ok(name) = HeaderName::from_bytes(entry.name.as_bytes()) else {
            return faults.unsupported(object, &format!("{place}.name"), &entry.name);
        };
        let value = value(object, &format!("{place}.value"), entry.r#type.as_deref(), &entry.value, faults)?;
        if headers.iter().any(|header| header.name == name) {
            faults.findings.push(repeated(object, &place, "header", &entry.name));
        } else {
            headers.push(HeaderMatch { name, value });
        }
    }
    Some(headers)
}

fn query(object: &Object, path: &str, written: &[Predicate], faults: &mut Faults) -> Option<Vec<QueryMatch>> {
    let mut query: Vec<QueryMatch> = Vec::with_capacity(written.len());
    for (i, entry) in written.iter().enumerate() {
        let place = format!("{path}.queryParams[{i}]");
        let value = value(object, &format!("{place}.value"), entry.r#type.as_deref(), &entry.value, faults)?;
        if query.iter().any(|parameter| *parameter.name == *entry.name) {
            faults.findings.push(repeated(object, &place, "query parameter", &entry.name));
        } else {
            query.push(QueryMatch { name: entry.name.as_str().into(), value });
        }
    }
    Some(query)
}

fn value(
    object: &Object,
    path: &str,
    kind: Option<&str>,
    text: &str,
    faults: &mut Faults,
) -> Option<ValueMatch> {
    match kind.unwrap_or("Exact") {
        "Exact" => Some(ValueMatch::Exact(text.into())),
        "RegularExpression" => pattern(object, path, text, faults).map(|()| ValueMatch::Regex(text.into())),
        other => faults.unsupported(object, path, other),
    }
}

fn pattern(object: &Object, path: &str, text: &str, faults: &mut Faults) -> Option<()> {
    match gateline::pattern::check(text) {
        Ok(()) => Some(()),
        Err(error) => {
            let message = format!("{path}: {error}");
            let finding = Finding::new(&codes::GL504, object.origin(path), message.clone())
                .help("Gateline runs RE2's dialect: no look-around, no back-references, bounded repetition");
            faults.reject(Fault::new("UnsupportedValue", message), finding)
        }
    }
}

fn repeated(object: &Object, path: &str, what: &str, name: &str) -> Finding {
    let message = format!("{what} {name} is matched twice in one match; only the first counts");
    Finding::new(&codes::GL209, object.origin(path), message)
        .help("use one entry with a regular expression, or two matches")
}

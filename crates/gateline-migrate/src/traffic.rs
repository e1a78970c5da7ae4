//! BackendTrafficPolicy of Envoy Gateway: what is written for annotations, and what is read of one.

use gateline_api::resolve::duration;
use serde_json::{Map, Value, json};

use crate::nginx::{Annotations, policy};

/// `spec` without its targets; `None` where no annotation asks for one.
///
/// Of these only the time-out of connecting and the limit of bodies are the same as nginx's: `streamIdleTimeout` is silence in both
/// directions, and limits are buckets of their own. [`crate::verify`] tells the others.
pub(crate) fn spec(annotations: &Annotations) -> Option<Value> {
    let mut spec = Map::new();
    if let Some(timeout) = timeout(annotations) {
        spec.insert("timeout".into(), timeout);
    }
    if let Some(limit) = rate_limit(annotations) {
        spec.insert("rateLimit".into(), limit);
    }
    // Without buffering nginx passes on what it has when the limit is reached.
    let streams = annotations.get("proxy-request-buffering") == Some("off");
    if let Some(size) = policy::body_size(annotations).filter(|_| !streams) {
        spec.insert("requestBuffer".into(), json!({"limit": size}));
    }
    (!spec.is_empty()).then(|| spec.into())
}

fn timeout(annotations: &Annotations) -> Option<Value> {
    let seconds = |name: &str| annotations.number(name).filter(|seconds| *seconds > 0);
    let mut timeout = Map::new();
    if let Some(silence) = seconds("proxy-read-timeout").max(seconds("proxy-send-timeout")) {
        timeout.insert("http".into(), json!({"streamIdleTimeout": format!("{silence}s")}));
    }
    if let Some(connect) = seconds("proxy-connect-timeout") {
        timeout.insert("tcp".into(), json!({"connectTimeout": format!("{connect}s")}));
    }
    (!timeout.is_empty()).then(|| timeout.into())
}

/// A bucket for each address of a client, in each proxy, as nginx has them in each of its replicas.
fn rate_limit(annotations: &Annotations) -> Option<Value> {
    let clients = json!([{"sourceCIDR": {"type": "Distinct", "value": "0.0.0.0/0"}}]);
    let rule = |(name, unit): (&str, &str)| {
        let requests = annotations.number(name).filter(|requests| *requests > 0)?;
        Some(json!({"clientSelectors": clients, "limit": {"requests": requests, "unit": unit}}))
    };
    let rules: Vec<Value> =
        [("limit-rps", "Second"), ("limit-rpm", "Minute")].into_iter().filter_map(rule).collect();
    (!rules.is_empty()).then(|| json!({"type": "Local", "local": {"rules": rules}}))
}

/// What a policy says, in the words of [`policy`].
pub(crate) fn words(spec: &Value) -> Vec<(&'static str, String)> {
    let text = |path: &str| spec.pointer(path).and_then(Value::as_str);
    let mut words = Vec::new();
    let silence = text("/timeout/http/streamIdleTimeout")
        .map(|time| format!("{time} without a byte in either direction"));
    let whole = text("/timeout/http/requestTimeout").map(|time| format!("{time} for the whole request"));
    let timeouts: Vec<String> = silence.into_iter().chain(whole).collect();
    if !timeouts.is_empty() {
        words.push((policy::TIMEOUT, timeouts.join(", ")));
    }
    if let Some(connect) = text("/timeout/tcp/connectTimeout") {
        let seconds = duration(connect).map(|time| policy::connecting(time.as_secs_f64()));
        words.push((policy::CONNECT, seconds.unwrap_or_else(|| connect.to_owned())));
    }
    if let Some(limit) = spec.pointer("/requestBuffer/limit") {
        let text = limit.as_str().map_or_else(|| limit.to_string(), str::to_owned);
        words.push((policy::BODY, policy::quantity(&text).unwrap_or(text)));
    }
    let limits: Vec<String> = ["local", "global"].into_iter().flat_map(|kind| limits(spec, kind)).collect();
    if !limits.is_empty() {
        words.push((policy::LIMIT, format!("{}, answered 429", limits.join(", "))));
    }
    words
}

fn limits(spec: &Value, kind: &str) -> Vec<String> {
    let rules = spec.pointer(&format!("/rateLimit/{kind}/rules")).and_then(Value::as_array);
    let place = if kind == "local" { "in each proxy" } else { "in all proxies together" };
    let one = |rule: &Value| {
        let selectors = rule.get("clientSelectors").and_then(Value::as_array).into_iter().flatten();
        let mut each = selectors.filter_map(|one| one.pointer("/sourceCIDR/type").and_then(Value::as_str));
        let whose = if each.any(|kind| kind == "Distinct") { "for each address" } else { "for all clients" };
        let requests = rule.pointer("/limit/requests").and_then(Value::as_u64)?;
        let unit = rule.pointer("/limit/unit").and_then(Value::as_str)?.to_ascii_lowercase();
        Some(format!("{requests} a {unit} {whose} {place}"))
    };
    rules.into_iter().flatten().filter_map(one).collect()
}

use crate::request::{Request, RequestError};

use super::node::Node;

const KEYS: [&str; 3] = ["method", "url", "headers"];
const GRPC_KEYS: [&str; 3] = ["url", "method", "metadata"];
const TLS_KEYS: [&str; 2] = ["sni", "port"];

/// The ways to say what is sent, of which a test uses one.
pub(super) const WAYS: [&str; 3] = ["request", "grpc", "tls"];

/// What a test sends; `None` if that was reported as an error.
pub(super) fn read(test: &Node<'_>) -> Option<Request> {
    let given: Vec<&str> = WAYS.into_iter().filter(|way| test.get(way).is_some()).collect();
    match *given {
        ["request"] => http(&test.get("request")?),
        ["grpc"] => grpc(&test.get("grpc")?),
        ["tls"] => tls(&test.get("tls")?),
        [] => {
            test.error("the test sends nothing: it has none of `request`, `grpc`, `tls`");
            None
        }
        _ => {
            test.error(format!("the test has {}: one of them must go", given.join(" and ")));
            None
        }
    }
}

/// `GET https://host/path`, or the same in parts.
fn http(node: &Node<'_>) -> Option<Request> {
    if !node.value.is_object() {
        let text = node.text("request")?;
        return report(node, Request::parse(&text, &[]));
    }
    node.mapping("request", &KEYS);
    let method = node.get("method").map_or(Some("GET".to_owned()), |node| node.text("method"))?;
    let url = node.required("request", "url")?.text("url")?;
    let headers = fields(node, "headers");
    report(node, Request::parse(&format!("{method} {url}"), &headers))
}

fn grpc(node: &Node<'_>) -> Option<Request> {
    if !node.mapping("grpc", &GRPC_KEYS) {
        return None;
    }
    let url = node.required("grpc", "url")?.text("url")?;
    let call = node.required("grpc", "method")?;
    let method = call.text("method")?;
    let read = Request::grpc(&url, &method, &fields(node, "metadata"));
    let at = if matches!(read, Err(RequestError::Grpc(_))) { &call } else { node };
    report(at, read)
}

fn tls(node: &Node<'_>) -> Option<Request> {
    if !node.mapping("tls", &TLS_KEYS) {
        return None;
    }
    let sni = node.get("sni").map_or(Some(String::new()), |sni| sni.text("sni"))?;
    let port: u16 = node.get("port").map_or(Some(443), |port| port.number("port"))?;
    report(node, Request::parse(&format!("tls://{sni}:{port}"), &[]))
}

/// `name: value`; a list of values is as many fields.
fn fields(node: &Node<'_>, key: &str) -> Vec<String> {
    let entries = node.get(key).map(|node| node.entries(key)).unwrap_or_default();
    let values = |(name, node): (String, Node<'_>)| {
        let what = format!("the value of {name}");
        node.texts(&what).into_iter().map(move |value| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    entries.into_iter().flat_map(values).collect()
}

fn report(node: &Node<'_>, read: Result<Request, RequestError>) -> Option<Request> {
    read.map_err(|error| node.error(error.to_string())).ok()
}

use gateline::{Explanation, Router};

use crate::request::{Request, RequestKind};

/// Where it goes, and why not elsewhere, as the engine tells it; [`crate::Tracer`] also tells what came before. `random`, any
/// number spread evenly over `u64`, picks the backend by weight. O(matches of the listener).
#[must_use]
pub fn explain(router: &Router, request: &Request, random: u64) -> Explanation {
    let Some(entry) = request.entry(router) else { return Explanation::nobody(no_port(router, request)) };
    match &request.kind {
        RequestKind::Http(http) => router.explain(entry, &http.head(), random),
        RequestKind::Connection(connection) => {
            router.explain_connection(entry, &connection.opening(), random)
        }
    }
}

/// That nothing listens there, and what does.
pub(crate) fn no_port(router: &Router, request: &Request) -> String {
    let port = request.port();
    let wanted = |listener: &&gateline::model::Listener| {
        request.gateway.as_ref().is_none_or(|gateway| *gateway == listener.name.gateway)
    };
    let listeners = router.model().listeners.iter().filter(wanted);
    let there: Vec<String> =
        listeners.map(|listener| format!("{} ({})", listener.port, listener.name)).collect();
    let there = if there.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are {}", there.join(", "))
    };
    let of = request.gateway.as_ref().map(|gateway| format!(" of Gateway {gateway}")).unwrap_or_default();
    format!("no listener{of} has port {port}; {there}")
}

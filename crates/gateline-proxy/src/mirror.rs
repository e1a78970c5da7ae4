//! Copies of requests (`RequestMirror`): sent, and the answer forgotten.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use gateline::filter::Mirror;
use gateline::model::Target;
use gateline::plan::Forward;
use http::request;
use http_body_util::BodyExt;
use tokio::sync::oneshot;

use crate::forward::{RequestBody, finish, wants_h2};
use crate::listener::Client;
use crate::worker::State;

/// How long a copy may take as a whole.
const LIMIT: Duration = Duration::from_secs(30);

/// Sends a copy once the body, if there is one, has been received. A copy is dropped where the body is longer than
/// [`crate::Limits::replay`] or [`crate::Limits::mirrors`] copies are under way.
pub(crate) fn send(
    client: &Rc<Client>,
    state: &Rc<State>,
    forward: &Forward<'_>,
    mirror: &Mirror,
    parts: &request::Parts,
    body: Option<oneshot::Receiver<Bytes>>,
) {
    let Target::Backend(id) = mirror.target else { return };
    let worker = client.worker.clone();
    let Some(place) = worker.mirror_place() else { return };
    let (parts, state) = (parts.clone(), state.clone());
    let (kind, listener) = (forward.view.route.kind, forward.view.hit.listener);
    let sending = async move {
        let body = match body {
            None => RequestBody::Empty,
            Some(body) => RequestBody::Full(Some(body.await.ok()?)),
        };
        let (upstream, balancer) = state.backend(id, listener)?;
        let host = balancer.pick(upstream, &state.hosts, None).filter(|_| upstream.broken_tls.is_none())?;
        let h2 = wants_h2(upstream.protocol, kind, &parts.headers, parts.version);
        let request = finish(parts, h2, host.key.tls.is_some(), body).ok()?;
        let sent = host.send(request, h2).await.ok()?;
        let mut body = sent.response.into_body();
        // Read to its end, so that the connection can be used again.
        while body.frame().await?.is_ok() {}
        Some(())
    };
    tokio::task::spawn_local(async move {
        let _place = place;
        // Whatever became of it, nobody waits for it.
        let _ = tokio::time::timeout(LIMIT, sending).await;
    });
}

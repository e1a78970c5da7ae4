use std::rc::Rc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::listener::Client;
use crate::upstream::Lease;

/// Joins the two sides once both have changed protocol. Each direction ends by itself (half-close); no timeout applies.
/// The client counts as connected until both have ended.
pub(super) fn tunnel(client: Rc<Client>, downstream: OnUpgrade, upstream: OnUpgrade, lease: Lease) {
    tokio::task::spawn_local(async move {
        let _held = (client, lease);
        let Ok((downstream, upstream)) = tokio::try_join!(downstream, upstream) else { return };
        let (mut downstream, mut upstream) = (TokioIo::new(downstream), TokioIo::new(upstream));
        if let Err(error) = tokio::io::copy_bidirectional(&mut downstream, &mut upstream).await {
            tracing::debug!(%error, "upgraded connection");
        }
    });
}

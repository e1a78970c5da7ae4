//! Sockets, and the connections that come out of them.

mod arrival;
mod connection;
mod secure;
mod socket;

use std::rc::Rc;

use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) use arrival::Arrival;
pub(crate) use connection::Client;
pub(crate) use socket::{Socket, bind};

use crate::worker::Worker;

/// How long to rest after an error of `accept` (mostly: no file descriptors left).
const REST: std::time::Duration = std::time::Duration::from_millis(50);

/// Serves a socket until the returned sender is dropped; its connections then end after the request under way.
pub(crate) fn run(worker: &Rc<Worker>, port: u16, socket: TcpListener) -> watch::Sender<()> {
    let (sender, mut stop) = watch::channel(());
    let worker = worker.clone();
    tokio::task::spawn_local(async move {
        loop {
            let accepted = tokio::select! {
                accepted = accept(&worker, &socket) => accepted,
                _ = stop.changed() => break,
            };
            match accepted {
                Ok((stream, peer)) => connection::spawn(&worker, port, stream, peer, stop.clone()),
                Err(error) => {
                    tracing::warn!(port, %error, "a connection cannot be accepted");
                    tokio::time::sleep(REST).await;
                }
            }
        }
        // The kernel has queued these for this very socket; closing it would reset them.
        while let Some(Ok((stream, peer))) = futures_util::FutureExt::now_or_never(socket.accept()) {
            connection::spawn(&worker, port, stream, peer, stop.clone());
        }
    });
    sender
}

async fn accept(
    worker: &Worker,
    socket: &TcpListener,
) -> std::io::Result<(tokio::net::TcpStream, std::net::SocketAddr)> {
    while worker.connections.get() >= worker.settings.limits.connections {
        tokio::time::sleep(REST).await;
    }
    socket.accept().await
}

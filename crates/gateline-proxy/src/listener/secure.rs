use std::rc::Rc;
use std::sync::Arc;

use gateline::model::{ListenerId, Protocol, TlsMode};
use gateline::{Connect, Hit, Opening};
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::server::TlsStream;

use super::connection::serve_http;
use super::{Arrival, Client};
use crate::l4::{Passage, refuse};
use crate::snapshot::Transport;
use crate::tls::Hello;
use crate::upstream::Stream;
use crate::worker::State;

/// A connection that begins with TLS: the server name chooses the listener, and with it who ends TLS and where it goes.
/// One that nobody takes is closed without a word, as Envoy does.
pub(super) async fn serve(arrival: Arrival, mut stream: TcpStream, stop: watch::Receiver<()>) {
    let deadline = Instant::now() + arrival.worker.settings.timeouts.handshake;
    let hello = match timeout_at(deadline, Hello::read(&mut stream)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(error)) => {
            return tracing::debug!(peer = %arrival.peer, %error, "the client does not speak TLS");
        }
        Err(_) => return tracing::debug!(peer = %arrival.peer, "no ClientHello in time"),
    };
    let sni = hello.server_name();
    let state = arrival.worker.state();
    let Some(port) = state.snapshot.port(Transport::Tcp, arrival.port) else { return };
    match state.snapshot.router.connect(port.entry, &Opening::Tls { sni: sni.as_deref() }) {
        Connect::Https(listener) => {
            let Some(config) = config(&state, listener) else { return };
            // The request asks for the configuration of its own time.
            drop(state);
            let Some(stream) = accept(&arrival, hello, stream, config, deadline).await else { return };
            let h2 = stream.get_ref().1.alpn_protocol() == Some(crate::tls::H2);
            serve_http(Client::new(arrival, true, sni), stream, Some(h2), stop).await;
        }
        Connect::Rule(hit) => pass(arrival, state, hit, hello, stream, deadline).await,
        Connect::Refuse(miss) => refuse(&arrival, Protocol::Tls, miss.reason, sni.as_deref()),
        Connect::Http => {}
    }
}

async fn pass(
    arrival: Arrival,
    state: Rc<State>,
    hit: Hit,
    hello: Hello,
    stream: TcpStream,
    deadline: Instant,
) {
    let Some(view) = state.snapshot.router.view(hit) else { return };
    let (mode, config) = (view.listener.mode, config(&state, hit.listener));
    let Some(passage) = Passage::begin(arrival, state.clone(), view, hello.server_name().as_deref()) else {
        return Stream::Plain(stream).reset();
    };
    drop(state);
    if mode == TlsMode::Passthrough {
        return passage.run(Stream::Plain(stream), &hello.into_bytes()).await;
    }
    let Some(config) = config else { return };
    if let Some(stream) = accept(passage.arrival(), hello, stream, config, deadline).await {
        passage.run(Stream::Tls(Box::new(stream.into())), &[]).await;
    }
}

fn config(state: &State, listener: ListenerId) -> Option<Arc<ServerConfig>> {
    state.snapshot.server_tls(listener).map(|tls| tls.config.clone())
}

async fn accept(
    arrival: &Arrival,
    hello: Hello,
    stream: TcpStream,
    config: Arc<ServerConfig>,
    deadline: Instant,
) -> Option<TlsStream<TcpStream>> {
    let (peer, sni) = (arrival.peer, hello.server_name());
    match timeout_at(deadline, hello.accept(stream, config)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%peer, server_name = ?sni, %error, "the TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

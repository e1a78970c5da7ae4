use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use gateline::model::Protocol;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::Flow;
use super::packet::{LONGEST, PacketSocket, Path};
use super::session::{NoSession, Session, Upstream, is_gone};
use crate::metrics::FlowMetrics;
use crate::worker::Worker;

/// How long to rest after an error of the socket.
const REST: Duration = Duration::from_millis(50);

/// Answers that are passed on before others have their turn.
const BURST: usize = 64;

/// A UDP port on one thread.
struct Door {
    worker: Rc<Worker>,
    port: u16,
    socket: PacketSocket,
    metrics: Rc<FlowMetrics>,
    sessions: RefCell<HashMap<Path, Running>>,
    /// For answers: one at a time is on its way.
    buffer: RefCell<Vec<u8>>,
}

/// A session with the task that passes on its answers.
struct Running {
    session: Rc<Session>,
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves a socket until the returned sender is dropped; its sessions end then.
pub(crate) fn run(
    worker: &Rc<Worker>,
    port: u16,
    socket: std::net::UdpSocket,
) -> io::Result<watch::Sender<()>> {
    let (sender, mut stop) = watch::channel(());
    let door = Rc::new(Door {
        worker: worker.clone(),
        port,
        socket: PacketSocket::new(socket)?,
        metrics: worker.flow_metrics(port, Protocol::Udp),
        sessions: RefCell::default(),
        buffer: RefCell::new(vec![0; LONGEST]),
    });
    tokio::task::spawn_local(async move {
        let mut buffer = vec![0; LONGEST];
        loop {
            let received = tokio::select! {
                received = door.socket.receive(&mut buffer) => received,
                _ = stop.changed() => break,
            };
            match received {
                Ok((path, length)) => door.take(path, buffer.get(..length).unwrap_or_default()),
                Err(error) => {
                    tracing::warn!(port, %error, "datagrams cannot be received");
                    tokio::time::sleep(REST).await;
                }
            }
        }
        // Their tasks hold the door.
        door.sessions.borrow_mut().clear();
    });
    Ok(sender)
}

impl Door {
    /// Sends a datagram of a client to its endpoint; to another one if that says that it is not there.
    fn take(self: &Rc<Self>, path: Path, bytes: &[u8]) {
        for _ in 0..2 {
            let Some(session) = self.session(path) else { return };
            if session.send(bytes).is_ok() {
                return;
            }
            self.sessions.borrow_mut().remove(&path);
        }
        self.metrics.dropped();
    }

    fn session(self: &Rc<Self>, path: Path) -> Option<Rc<Session>> {
        let state = self.worker.state();
        if let Some(running) = self.sessions.borrow().get(&path)
            && running.session.stays(&state, self.port)
        {
            return Some(running.session.clone());
        }
        self.sessions.borrow_mut().remove(&path);
        if self.worker.sessions.get() >= self.worker.settings.limits.sessions {
            self.metrics.dropped();
            return None;
        }
        let ends = (path.peer, self.socket.local(&path));
        let flow = || Flow::begin(&self.worker, (self.port, Protocol::Udp), ends, None);
        match Session::open(&self.worker, self.port, &state, flow) {
            Ok(session) => Some(self.enter(path, session)),
            Err(NoSession::NoRoute) => {
                self.metrics.no_route();
                None
            }
            Err(NoSession::NoEndpoint) => {
                self.metrics.dropped();
                None
            }
        }
    }

    fn enter(self: &Rc<Self>, path: Path, session: Session) -> Rc<Session> {
        let session = Rc::new(session);
        let task = tokio::task::spawn_local(self.clone().answer(path, session.clone())).abort_handle();
        self.sessions.borrow_mut().insert(path, Running { session: session.clone(), task });
        session
    }

    /// Passes answers on until the session has been idle for too long, or its endpoint is gone.
    async fn answer(self: Rc<Self>, path: Path, session: Rc<Session>) {
        let limit = self.worker.settings.timeouts.idle_udp;
        match &session.upstream {
            None => session.flow.idle(limit).await,
            Some(upstream) => tokio::select! {
                () = self.answers(path, &session.flow, upstream) => {}
                () = session.flow.idle(limit) => {}
            },
        }
        let mut sessions = self.sessions.borrow_mut();
        if sessions.get(&path).is_some_and(|running| Rc::ptr_eq(&running.session, &session)) {
            sessions.remove(&path);
        }
    }

    async fn answers(&self, path: Path, flow: &Flow, upstream: &Upstream) {
        while upstream.socket.readable().await.is_ok() {
            for _ in 0..BURST {
                let mut buffer = self.buffer.borrow_mut();
                match upstream.socket.try_recv(&mut buffer) {
                    Ok(length) => {
                        upstream.judge(Ok(()));
                        self.reply(path, flow, buffer.get(..length).unwrap_or_default());
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if is_gone(&error) => {
                        flow.failed("UF", error.to_string());
                        return upstream.judge(Err(error));
                    }
                    Err(_) => break,
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn reply(&self, path: Path, flow: &Flow, bytes: &[u8]) {
        match self.socket.reply(&path, bytes) {
            Ok(()) => flow.sent(bytes.len()),
            Err(error) => {
                tracing::debug!(peer = %path.peer, %error, "an answer cannot be sent");
                flow.dropped();
            }
        }
    }
}

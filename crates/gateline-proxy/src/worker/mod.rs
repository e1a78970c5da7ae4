//! One thread: its runtime, its sockets, its connections.

mod state;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gateline::model::Protocol;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

pub(crate) use state::State;

use crate::access_log::Log;
use crate::config::{Limits, Observer, Timeouts};
use crate::listener::Socket;
use crate::metrics::{FlowMetrics, Metrics, PortMetrics};
use crate::snapshot::{Snapshot, Transport};
use crate::upstream::Hosts;
use crate::{l4, listener};

/// What a thread keeps for its whole life. Limits are this thread's share.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: Limits,
    pub(crate) observer: Option<Observer>,
    pub(crate) log: Option<Log>,
    pub(crate) metrics: Arc<Metrics>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

impl Settings {
    pub(crate) fn head_limit(&self) -> usize {
        usize::try_from(self.limits.head).unwrap_or(usize::MAX)
    }
}

/// Spawns on the thread it is used on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalExecutor;

impl<F: Future<Output: 'static> + 'static> hyper::rt::Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// A change for one thread.
pub(crate) struct Update {
    pub(crate) snapshot: Arc<Snapshot>,
    /// By port of the listener.
    pub(crate) opened: Vec<(u16, Socket)>,
    pub(crate) closed: Vec<(Transport, u16)>,
    pub(crate) done: mpsc::Sender<()>,
}

pub(crate) enum Command {
    Apply(Update),
    /// Accept nothing more, let connections end, stop after this time.
    Drain(Duration),
}

/// The outside of a thread.
pub(crate) struct Handle {
    pub(crate) commands: UnboundedSender<Command>,
    pub(crate) thread: JoinHandle<()>,
}

/// What is served, by port of the listener.
type Listeners = BTreeMap<(Transport, u16), Vec<watch::Sender<()>>>;

/// The inside of a thread.
pub(crate) struct Worker {
    pub(crate) settings: Rc<Settings>,
    state: RefCell<Rc<State>>,
    hosts: Rc<Hosts>,
    /// Dropping one closes its sockets and lets its connections end.
    listeners: RefCell<Listeners>,
    metrics: RefCell<BTreeMap<(u16, bool), Rc<PortMetrics>>>,
    flows: RefCell<BTreeMap<(u16, Protocol), Rc<FlowMetrics>>>,
    pub(crate) connections: Cell<usize>,
    /// Of UDP.
    pub(crate) sessions: Cell<usize>,
    mirrors: Cell<usize>,
}

/// Starts a thread. It serves `snapshot` and has no sockets yet.
pub(crate) fn start(index: usize, settings: &Settings, snapshot: &Arc<Snapshot>) -> io::Result<Handle> {
    let (commands, inbox) = unbounded_channel();
    let (settings, snapshot) = (settings.clone(), snapshot.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = std::thread::Builder::new().name(format!("gateline-{index}")).spawn(move || {
        tokio::task::LocalSet::new().block_on(&runtime, Worker::new(settings, snapshot).run(inbox));
    })?;
    Ok(Handle { commands, thread })
}

impl Worker {
    fn new(settings: Settings, snapshot: Arc<Snapshot>) -> Rc<Self> {
        let settings = Rc::new(settings);
        let hosts = Rc::new(Hosts::new(settings.clone()));
        Rc::new(Self {
            state: RefCell::new(Rc::new(State::new(snapshot, &hosts))),
            settings,
            hosts,
            listeners: RefCell::default(),
            metrics: RefCell::default(),
            flows: RefCell::default(),
            connections: Cell::new(0),
            sessions: Cell::new(0),
            mirrors: Cell::new(0),
        })
    }

    /// The configuration for a request that begins now.
    pub(crate) fn state(&self) -> Rc<State> {
        self.state.borrow().clone()
    }

    async fn run(self: Rc<Self>, mut inbox: UnboundedReceiver<Command>) {
        let mut tick = tokio::time::interval(Duration::from_secs(5));
        loop {
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(Command::Apply(update)) => self.apply(update),
                    Some(Command::Drain(limit)) => return self.drain(limit).await,
                    None => return,
                },
                _ = tick.tick() => self.hosts.prune(Instant::now()),
            }
        }
    }

    fn apply(self: &Rc<Self>, update: Update) {
        *self.state.borrow_mut() = Rc::new(State::new(update.snapshot, &self.hosts));
        let mut listeners = self.listeners.borrow_mut();
        for port in &update.closed {
            listeners.remove(port);
        }
        for (port, socket) in update.opened {
            let (transport, running) = match socket {
                Socket::Tcp(socket) => {
                    let socket = tokio::net::TcpListener::from_std(socket);
                    (Transport::Tcp, socket.map(|socket| listener::run(self, port, socket)))
                }
                Socket::Udp(socket) => (Transport::Udp, l4::run(self, port, socket)),
            };
            match running {
                Ok(sender) => listeners.entry((transport, port)).or_default().push(sender),
                Err(error) => tracing::error!(port, %error, "a bound socket does not work"),
            }
        }
        self.hosts.prune(Instant::now());
        // Whoever asked may be gone.
        let _ = update.done.send(());
    }

    async fn drain(&self, limit: Duration) {
        self.listeners.borrow_mut().clear();
        let end = Instant::now() + limit;
        while self.connections.get() > 0 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The counters of a port.
    pub(crate) fn metrics(&self, port: u16, secure: bool) -> Rc<PortMetrics> {
        let mut metrics = self.metrics.borrow_mut();
        let new = || Rc::new(self.settings.metrics.port(port, secure));
        metrics.entry((port, secure)).or_insert_with(new).clone()
    }

    /// The counters of a port for what is passed on whole.
    pub(crate) fn flow_metrics(&self, port: u16, protocol: Protocol) -> Rc<FlowMetrics> {
        let mut flows = self.flows.borrow_mut();
        let new = || Rc::new(self.settings.metrics.flows(port, protocol));
        flows.entry((port, protocol)).or_insert_with(new).clone()
    }

    /// A place for one more copy to a mirror; `None` (counted) where there are enough.
    pub(crate) fn mirror_place(self: &Rc<Self>) -> Option<MirrorPlace> {
        if self.mirrors.get() >= self.settings.limits.mirrors {
            self.settings.metrics.mirrors_dropped.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            return None;
        }
        self.mirrors.set(self.mirrors.get() + 1);
        Some(MirrorPlace(self.clone()))
    }
}

/// Given back when dropped.
pub(crate) struct MirrorPlace(Rc<Worker>);

impl Drop for MirrorPlace {
    fn drop(&mut self) {
        self.0.mirrors.set(self.0.mirrors.get().saturating_sub(1));
    }
}

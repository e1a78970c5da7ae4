use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use gateline_api::resolve::Resolution;

use crate::access_log::{Log, Writer};
use crate::admin::{Admin, Shared};
use crate::listener::{Socket, bind};
use crate::metrics::Metrics;
use crate::snapshot::{Snapshot, Transport};
use crate::worker::{self, Command, Handle, Settings, Update};
use crate::{Config, ProxyError};

/// How long a thread may take to take over a configuration. They need microseconds.
const APPLY: Duration = Duration::from_secs(10);

/// How long the last lines of the access log may take.
const LOG: Duration = Duration::from_secs(2);

/// What is bound, by port of the listener.
type Bound = BTreeMap<(Transport, u16), Vec<SocketAddr>>;

/// A running proxy. Dropping it stops it at once; see [`Proxy::shutdown`] for the gentle way.
pub struct Proxy {
    config: Config,
    threads: Vec<Handle>,
    admin: Admin,
    log: Option<Writer>,
    shared: Arc<Shared>,
    /// Held while a configuration is applied: one at a time. By port of the listener.
    bound: Mutex<Bound>,
}

impl Proxy {
    /// Starts the threads. Nothing is bound but the admin address until [`Proxy::apply`].
    pub fn start(mut config: Config) -> Result<Self, ProxyError> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let count = if config.threads == 0 { cores() } else { config.threads };
        let metrics = Arc::new(Metrics::default());
        let log = config.access_log.take();
        let log = log.map(|sink| Log::start(sink, config.limits.access_log, metrics.clone()));
        let (log, writer) = log.transpose().map_err(ProxyError::Thread)?.unzip();
        let mut limits = config.limits.clone();
        limits.connections = limits.connections.div_ceil(count);
        limits.mirrors = limits.mirrors.div_ceil(count);
        limits.sessions = limits.sessions.div_ceil(count);
        let settings = Settings {
            timeouts: config.timeouts.clone(),
            limits,
            observer: config.observer.clone(),
            log,
            metrics: metrics.clone(),
        };
        let snapshot = Arc::new(Snapshot::build(&Resolution::default(), &config, None)?);
        let shared = Arc::new(Shared::new(snapshot.clone(), metrics));
        let admin = Admin::start(config.admin, shared.clone())?;
        let start = |index| worker::start(index, &settings, &snapshot).map_err(ProxyError::Thread);
        let threads = (0..count).map(start).collect::<Result<_, _>>()?;
        Ok(Self { config, threads, admin, log: writer, shared, bound: Mutex::default() })
    }

    /// Serves a resolution from now on. Connections and sockets that it keeps are not touched; listeners that are gone
    /// finish the requests under way. On an error nothing has changed.
    ///
    /// Blocks until every thread has taken over (microseconds), after waiting at most 2 s for names that are looked up
    /// for the first time.
    pub fn apply(&self, resolution: &Resolution) -> Result<(), ProxyError> {
        let mut bound = self.bound();
        let snapshot = Arc::new(Snapshot::build(resolution, &self.config, Some(&self.shared.snapshot()))?);
        let opened = self.open(&snapshot, &bound)?;
        self.admin.look_up(&snapshot);
        let closed: Vec<_> =
            bound.keys().copied().filter(|port| !snapshot.ports.contains_key(port)).collect();
        bound.retain(|port, _| snapshot.ports.contains_key(port));
        let mut sockets: Vec<Vec<(u16, Socket)>> = self.threads.iter().map(|_| Vec::new()).collect();
        for (key, address, list) in opened {
            bound.entry(key).or_default().push(address);
            for (thread, socket) in sockets.iter_mut().zip(list) {
                thread.push((key.1, socket));
            }
        }
        self.shared.set(snapshot.clone());
        let (done, answers) = mpsc::channel();
        for (handle, opened) in self.threads.iter().zip(sockets) {
            let update =
                Update { snapshot: snapshot.clone(), opened, closed: closed.clone(), done: done.clone() };
            handle.commands.send(Command::Apply(update)).map_err(|_| ProxyError::Stopped)?;
        }
        for _ in &self.threads {
            answers.recv_timeout(APPLY).map_err(|_| ProxyError::Stopped)?;
        }
        self.shared.ready.store(true, Ordering::Relaxed);
        Ok(())
    }

    #[allow(clippy::type_complexity, reason = "used once")]
    fn open(
        &self,
        snapshot: &Snapshot,
        bound: &Bound,
    ) -> Result<Vec<((Transport, u16), SocketAddr, Vec<Socket>)>, ProxyError> {
        let mut opened = Vec::new();
        for key in snapshot.ports.keys().copied().filter(|key| !bound.contains_key(key)) {
            let (transport, port) = key;
            for ip in &self.config.addresses {
                let address = SocketAddr::new(*ip, self.config.ports.bound(port));
                let fail = |source| ProxyError::Bind { port, address, source };
                let (address, sockets) = bind(transport, address, self.threads.len()).map_err(fail)?;
                opened.push((key, address, sockets));
            }
        }
        Ok(opened)
    }

    fn bound(&self) -> MutexGuard<'_, Bound> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses that are bound for connections, by port of the listener.
    #[must_use]
    pub fn addresses(&self) -> BTreeMap<u16, Vec<SocketAddr>> {
        self.bound_for(Transport::Tcp)
    }

    /// The addresses that are bound for datagrams, by port of the listener.
    #[must_use]
    pub fn udp_addresses(&self) -> BTreeMap<u16, Vec<SocketAddr>> {
        self.bound_for(Transport::Udp)
    }

    fn bound_for(&self, transport: Transport) -> BTreeMap<u16, Vec<SocketAddr>> {
        let bound = self.bound();
        let of = bound.iter().filter(|((own, _), _)| *own == transport);
        of.map(|((_, port), addresses)| (*port, addresses.clone())).collect()
    }

    /// Where the admin endpoints are served.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.address
    }

    /// What is served now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot()
    }

    /// Accepts nothing more, tells clients to go (`Connection: close`, GOAWAY) and waits until all are gone, at most
    /// `limit`. Blocks.
    pub fn shutdown(self, limit: Duration) {
        self.shared.ready.store(false, Ordering::Relaxed);
        for handle in &self.threads {
            // A thread that has ended needs no word.
            let _ = handle.commands.send(Command::Drain(limit));
        }
        for handle in self.threads {
            if handle.thread.join().is_err() {
                tracing::error!("a thread has panicked");
            }
        }
        if let Some(log) = &self.log {
            log.finish(LOG);
        }
    }
}

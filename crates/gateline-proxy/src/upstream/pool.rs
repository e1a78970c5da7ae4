use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hyper::client::conn::{http1, http2};

use crate::forward::RequestBody;

pub(super) type Http2 = http2::SendRequest<RequestBody>;

/// An HTTP/1.1 connection.
#[derive(Debug)]
pub(super) struct Http1 {
    pub(super) sender: http1::SendRequest<RequestBody>,
    /// Our end.
    pub(super) local: Option<SocketAddr>,
}

/// Idle HTTP/1.1 connections to one endpoint; the one used last comes first, so that the others may age.
#[derive(Debug, Default)]
pub(super) struct Http1Pool {
    idle: RefCell<Vec<(Http1, Instant)>>,
}

impl Http1Pool {
    pub(super) fn take(&self) -> Option<Http1> {
        let mut idle = self.idle.borrow_mut();
        loop {
            let (connection, _) = idle.pop()?;
            if !connection.sender.is_closed() {
                return Some(connection);
            }
        }
    }

    pub(super) fn put(&self, connection: Http1, limit: usize) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < limit && !connection.sender.is_closed() {
            idle.push((connection, Instant::now()));
        }
    }

    pub(super) fn prune(&self, now: Instant, age: Duration) {
        let fresh = |since: Instant| now.saturating_duration_since(since) < age;
        self.idle.borrow_mut().retain(|(connection, since)| !connection.sender.is_closed() && fresh(*since));
    }
}

/// HTTP/2 connections to one endpoint.
#[derive(Debug, Default)]
pub(super) struct Http2Pool {
    connections: RefCell<Vec<Rc<Http2Connection>>>,
    /// Held while a connection is made, so that a burst of requests makes one and not one each.
    pub(super) connecting: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
pub(super) struct Http2Connection {
    pub(super) sender: Http2,
    /// Our end.
    pub(super) local: Option<SocketAddr>,
    streams: Cell<usize>,
    /// What the peer allows (`SETTINGS_MAX_CONCURRENT_STREAMS`); the connection's task keeps it up to date.
    allowed: Rc<Cell<usize>>,
    used: Cell<Instant>,
    /// Whether a response has come over it, so that its loss may be no more than its end.
    pub(super) answered: Cell<bool>,
}

impl Http2Pool {
    /// A connection with a free stream; where there is none and no more connections are allowed, the one with the
    /// fewest streams (the request waits in its queue). `None` asks for a new one.
    pub(super) fn take(&self, limit: usize) -> Option<Stream> {
        let mut connections = self.connections.borrow_mut();
        connections.retain(|connection| !connection.sender.is_closed());
        let free = connections.iter().find(|connection| connection.has_room());
        let chosen = match free {
            Some(connection) => connection,
            None if connections.len() < limit => return None,
            None => connections.iter().min_by_key(|connection| connection.streams.get())?,
        };
        Some(Stream::new(chosen))
    }

    pub(super) fn put(&self, sender: Http2, local: Option<SocketAddr>, allowed: Rc<Cell<usize>>) -> Stream {
        let (streams, used, answered) = (Cell::new(0), Cell::new(Instant::now()), Cell::new(false));
        let connection = Rc::new(Http2Connection { sender, local, streams, allowed, used, answered });
        let stream = Stream::new(&connection);
        self.connections.borrow_mut().push(connection);
        stream
    }

    /// Gives no more streams of a connection that has ended.
    pub(super) fn forget(&self, stream: &Stream) {
        self.connections.borrow_mut().retain(|connection| !Rc::ptr_eq(connection, &stream.connection));
    }

    pub(super) fn prune(&self, now: Instant, age: Duration) {
        let busy = |connection: &Http2Connection| {
            connection.streams.get() > 0 || now.saturating_duration_since(connection.used.get()) < age
        };
        self.connections.borrow_mut().retain(|connection| !connection.sender.is_closed() && busy(connection));
    }
}

impl Http2Connection {
    fn has_room(&self) -> bool {
        self.streams.get() < self.allowed.get()
    }
}

/// One stream in use. Gives its place back when dropped.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) connection: Rc<Http2Connection>,
}

impl Stream {
    fn new(connection: &Rc<Http2Connection>) -> Self {
        connection.streams.set(connection.streams.get() + 1);
        Self { connection: connection.clone() }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let streams = &self.connection.streams;
        streams.set(streams.get().saturating_sub(1));
        self.connection.used.set(Instant::now());
    }
}

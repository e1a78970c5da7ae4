use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use super::Exchange;
use super::replay::Replay;
use crate::upstream::Lease;

/// Why a body stops short.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error(transparent)]
    Hyper(#[from] hyper::Error),
    #[error("the request timeout ran out during the response")]
    Deadline,
    #[error("superseded by a further try")]
    Superseded,
}

/// When the request had been received as a whole.
pub(crate) type Received = Rc<Cell<Option<Instant>>>;

/// The body of a request on its way to a backend.
#[derive(Debug)]
pub(crate) enum RequestBody {
    Empty,
    Full(Option<Bytes>),
    Stream(Incoming, Received),
    Replay(Replay),
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream(body, received) => {
                let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
                if frame.is_none() || body.is_end_stream() {
                    received.set(Some(Instant::now()));
                }
                Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)))
            }
            Self::Replay(replay) => replay.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_none(),
            Self::Stream(body, _) => body.is_end_stream(),
            Self::Replay(replay) => replay.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(
                bytes.as_ref().map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            ),
            Self::Stream(body, _) => body.size_hint(),
            Self::Replay(replay) => replay.size_hint(),
        }
    }
}

/// The body of an answer. Ends the exchange (log, metrics) when it is dropped.
pub(crate) struct ResponseBody {
    source: Source,
    exchange: Option<Exchange>,
}

enum Source {
    Full(Option<Bytes>),
    Upstream(Upstream),
}

struct Upstream {
    body: Incoming,
    lease: Option<Lease>,
    received: Received,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Upstream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_pending()
            && let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(Err(BodyError::Deadline)));
        }
        let frame = ready!(frame);
        if frame.is_none() || self.body.is_end_stream() {
            self.release();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)))
    }

    /// A connection whose request body is still on its way cannot be used for another.
    fn release(&mut self) {
        if let Some(lease) = self.lease.take()
            && self.received.get().is_some()
        {
            lease.release();
        }
    }
}

impl ResponseBody {
    pub(crate) fn empty() -> Self {
        Self { source: Source::Full(None), exchange: None }
    }

    pub(crate) fn full(bytes: Bytes) -> Self {
        Self { source: Source::Full((!bytes.is_empty()).then_some(bytes)), exchange: None }
    }

    pub(super) fn upstream(
        body: Incoming,
        lease: Lease,
        received: Received,
        deadline: Option<Pin<Box<Sleep>>>,
    ) -> Self {
        let mut upstream = Upstream { body, lease: Some(lease), received, deadline };
        if upstream.body.is_end_stream() {
            upstream.release();
        }
        Self { source: Source::Upstream(upstream), exchange: None }
    }

    pub(super) fn with(mut self, exchange: Exchange) -> Self {
        self.exchange = Some(exchange);
        self
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let frame = match &mut this.source {
            Source::Full(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Source::Upstream(upstream) => ready!(upstream.poll_frame(cx)),
        };
        if let (Some(exchange), Some(Ok(frame))) = (&mut this.exchange, &frame)
            && let Some(data) = frame.data_ref()
        {
            exchange.sent(data.len());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Full(bytes) => bytes.is_none(),
            Source::Upstream(upstream) => upstream.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Full(bytes) => SizeHint::with_exact(
                bytes.as_ref().map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            ),
            Source::Upstream(upstream) => upstream.body.size_hint(),
        }
    }
}

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::Exchange;
use super::progress::{Patience, Progress};
use super::replay::Replay;
use crate::upstream::Lease;

/// Why a body stops short.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error(transparent)]
    Hyper(#[from] hyper::Error),
    #[error("the request timeout ran out during the response")]
    Deadline,
    #[error("nothing moved for as long as `Timeouts::stream_idle`")]
    Stalled,
    #[error("superseded by a further try")]
    Superseded,
}

impl BodyError {
    /// As Envoy marks it in `response_flags`.
    pub(super) fn flag(&self) -> &'static str {
        match self {
            Self::Hyper(_) => "UC",
            Self::Deadline => "UT",
            Self::Stalled => "SI",
            Self::Superseded => "-",
        }
    }
}

/// The body of a request on its way to a backend.
#[derive(Debug)]
pub(crate) enum RequestBody {
    Empty,
    Full(Option<Bytes>),
    Stream(Incoming, Rc<Progress>),
    Replay(Replay),
}

impl RequestBody {
    /// The same body for another connection; `None` where it can be read only once.
    pub(crate) fn spare(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Full(bytes) => Some(Self::Full(bytes.clone())),
            Self::Stream(..) => None,
            Self::Replay(replay) => Some(Self::Replay(replay.again())),
        }
    }

    /// Whether no part of a [`RequestBody::spare`] has been lost since.
    pub(crate) fn is_whole(&self) -> bool {
        !matches!(self, Self::Replay(replay) if !replay.is_whole())
    }
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
            Self::Stream(body, progress) => {
                let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
                progress.received(frame.as_ref(), frame.is_none() || body.is_end_stream());
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
    progress: Rc<Progress>,
    patience: Patience,
}

impl Upstream {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        let Poll::Ready(frame) = frame else {
            return self.patience.poll(cx, &self.progress).map(|error| Some(Err(error)));
        };
        self.progress.answered();
        if frame.is_none() || self.body.is_end_stream() {
            self.release();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)))
    }

    /// A connection whose request body is still on its way cannot be used for another.
    fn release(&mut self) {
        if let Some(lease) = self.lease.take()
            && self.progress.is_received()
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

    pub(super) fn upstream(body: Incoming, lease: Lease, progress: Rc<Progress>, patience: Patience) -> Self {
        let mut upstream = Upstream { body, lease: Some(lease), progress, patience };
        if upstream.body.is_end_stream() {
            upstream.release();
        }
        Self { source: Source::Upstream(upstream), exchange: None }
    }

    /// Of an answer that is not to a client's request, and has to be there as a whole by `deadline`.
    pub(crate) fn until(body: Incoming, lease: Lease, deadline: tokio::time::Instant) -> Self {
        let progress = Progress::new(std::time::Instant::now());
        progress.complete();
        Self::upstream(body, lease, progress, Patience::Until(Box::pin(tokio::time::sleep_until(deadline))))
    }

    pub(super) fn with(mut self, mut exchange: Exchange) -> Self {
        // hyper does not ask for a body it has no use for, as after HEAD.
        if matches!(self.source, Source::Full(_)) || self.is_end_stream() {
            exchange.complete();
        }
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
        let end = this.is_end_stream();
        if let Some(exchange) = &mut this.exchange {
            match &frame {
                Some(Ok(frame)) => exchange.sent(frame.data_ref().map_or(0, Bytes::len)),
                Some(Err(error)) => exchange.broken(error),
                None => {}
            }
            if end || frame.is_none() {
                exchange.complete();
            }
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

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use http_body::Frame;
use tokio::time::{Sleep, sleep_until};

use super::Local;
use super::body::BodyError;

/// How far a request has come: shared by its two bodies and by who waits for the answer.
#[derive(Debug)]
pub(crate) struct Progress {
    /// When the request had been received as a whole.
    received: Cell<Option<Instant>>,
    /// When a part of either body last moved on.
    moved: Cell<Instant>,
    bytes_received: Cell<u64>,
}

impl Progress {
    pub(crate) fn new(now: Instant) -> Rc<Self> {
        Rc::new(Self { received: Cell::default(), moved: Cell::new(now), bytes_received: Cell::default() })
    }

    /// A part of the request body has come; `end` says that it was the last.
    pub(super) fn received<E>(&self, frame: Option<&Result<Frame<Bytes>, E>>, end: bool) {
        let now = Instant::now();
        self.moved.set(now);
        if let Some(data) = frame.and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
            self.bytes_received.set(self.bytes_received.get().saturating_add(length));
        }
        if end {
            self.received.set(Some(now));
        }
    }

    /// The request has no body.
    pub(super) fn complete(&self) {
        self.received.set(Some(self.moved.get()));
    }

    /// A part of the response body has come.
    pub(super) fn answered(&self) {
        self.moved.set(Instant::now());
    }

    pub(super) fn is_received(&self) -> bool {
        self.received.get().is_some()
    }

    pub(crate) fn bytes_received(&self) -> u64 {
        self.bytes_received.get()
    }

    /// Ends when the answer is late: `response` after the whole request, or nothing has moved for `idle`.
    pub(super) async fn late(&self, response: Option<Duration>, idle: Option<Duration>) -> Local {
        loop {
            let now = Instant::now();
            let response = response.map(|limit| self.received.get().unwrap_or(now) + limit);
            let idle = idle.map(|limit| self.moved.get() + limit);
            let Some(at) = response.into_iter().chain(idle).min() else {
                return std::future::pending().await;
            };
            if at <= now {
                break;
            }
            sleep_until(at.into()).await;
        }
        if self.is_received() {
            Local::new(StatusCode::GATEWAY_TIMEOUT, "upstream request timeout").flag("UT")
        } else {
            Local::new(StatusCode::REQUEST_TIMEOUT, "the request body stalled").flag("SI")
        }
    }
}

/// How long the body of a response may take.
pub(crate) enum Patience {
    Endless,
    /// `timeouts.request` of the rule.
    Until(Pin<Box<Sleep>>),
    /// As long as something moves. The timer is set with the first wait.
    Idle(Duration, Option<Pin<Box<Sleep>>>),
}

impl Patience {
    /// Asked while there is nothing to pass on.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, progress: &Progress) -> Poll<BodyError> {
        match self {
            Self::Endless => Poll::Pending,
            Self::Until(deadline) => deadline.as_mut().poll(cx).map(|()| BodyError::Deadline),
            Self::Idle(limit, timer) => {
                let end = || progress.moved.get() + *limit;
                let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(end().into())));
                while timer.as_mut().poll(cx).is_ready() {
                    if end() <= Instant::now() {
                        return Poll::Ready(BodyError::Stalled);
                    }
                    timer.as_mut().reset(end().into());
                }
                Poll::Pending
            }
        }
    }
}

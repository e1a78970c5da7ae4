use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::body::BodyError;
use super::progress::Progress;

/// A request body that streams and is remembered up to a limit, so that it can be sent again or copied to mirrors.
#[derive(Debug)]
pub(crate) struct Recording {
    source: Incoming,
    progress: Rc<Progress>,
    kept: Vec<Bytes>,
    room: usize,
    complete: bool,
    overflow: bool,
    /// Only the newest reader may go on.
    reader: u32,
    mirrors: Vec<oneshot::Sender<Bytes>>,
}

pub(super) type Shared = Rc<RefCell<Recording>>;

impl Recording {
    pub(super) fn new(source: Incoming, progress: Rc<Progress>, room: usize) -> Shared {
        let complete = source.is_end_stream();
        Rc::new(RefCell::new(Self {
            source,
            progress,
            kept: Vec::new(),
            room,
            complete,
            overflow: false,
            reader: 0,
            mirrors: Vec::new(),
        }))
    }

    /// Whether all that was read so far is still there.
    pub(super) fn can_replay(&self) -> bool {
        !self.overflow
    }

    /// The whole body once it is known; the sender is dropped where it is too long or stops short.
    pub(super) fn whole(&mut self) -> oneshot::Receiver<Bytes> {
        let (sender, receiver) = oneshot::channel();
        self.mirrors.push(sender);
        self.serve_mirrors();
        receiver
    }

    fn next_reader(&mut self) -> u32 {
        self.reader += 1;
        self.reader
    }

    fn serve_mirrors(&mut self) {
        if self.overflow {
            self.mirrors.clear();
        } else if self.complete {
            let body = Bytes::from(self.kept.concat());
            for mirror in self.mirrors.drain(..) {
                // The mirror may have given up.
                let _ = mirror.send(body.clone());
            }
        }
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.complete {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.source).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => self.keep(frame),
            Some(Err(_)) => self.overflow = true,
            None => {}
        }
        self.complete = frame.is_none() || self.source.is_end_stream();
        self.progress.received(frame.as_ref(), self.complete);
        self.serve_mirrors();
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)))
    }

    fn keep(&mut self, frame: &Frame<Bytes>) {
        match frame.data_ref() {
            Some(data) if data.len() <= self.room && !self.overflow => {
                self.room -= data.len();
                self.kept.push(data.clone());
            }
            // Trailers are not kept, so a body with trailers is sent once.
            _ => {
                self.overflow = true;
                self.kept.clear();
            }
        }
    }
}

/// One reading of a [`Recording`]. With its first frame it takes over: the readings before end with an error.
#[derive(Debug)]
pub(crate) struct Replay {
    shared: Shared,
    reader: Option<u32>,
    position: usize,
}

impl Replay {
    pub(super) fn new(shared: &Shared) -> Self {
        Self { shared: shared.clone(), reader: None, position: 0 }
    }

    /// A further reading, from the start.
    pub(super) fn again(&self) -> Self {
        Self::new(&self.shared)
    }

    /// Whether all that was read so far is still there.
    pub(super) fn is_whole(&self) -> bool {
        self.shared.borrow().can_replay()
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut recording = self.shared.borrow_mut();
        let first = self.reader.is_none();
        let reader = *self.reader.get_or_insert_with(|| recording.next_reader());
        if recording.reader != reader || (first && recording.overflow) {
            return Poll::Ready(Some(Err(BodyError::Superseded)));
        }
        if let Some(bytes) = recording.kept.get(self.position) {
            self.position += 1;
            return Poll::Ready(Some(Ok(Frame::data(bytes.clone()))));
        }
        let frame = ready!(recording.poll_source(cx));
        self.position = recording.kept.len();
        Poll::Ready(frame)
    }

    pub(super) fn is_end_stream(&self) -> bool {
        let recording = self.shared.borrow();
        recording.complete && self.position >= recording.kept.len()
    }

    /// Of the whole body; asked for only before the first frame.
    pub(super) fn size_hint(&self) -> SizeHint {
        let recording = self.shared.borrow();
        let kept: usize = recording.kept.iter().skip(self.position).map(Bytes::len).sum();
        let kept = u64::try_from(kept).unwrap_or(u64::MAX);
        let rest = if recording.complete { SizeHint::with_exact(0) } else { recording.source.size_hint() };
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(kept));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(kept));
        }
        hint
    }
}

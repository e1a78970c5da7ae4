use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional_with_sizes};

use super::Flow;
use crate::upstream::Stream;

/// Bytes on their way, in each direction.
const BUFFER: usize = 16 * 1024;

/// Passes bytes on both ways until both sides have ended; each ends by itself (half-close). An end that is not a good one
/// reaches both sides as a reset.
pub(super) async fn copy(client: Stream, mut upstream: Stream, flow: &Flow) {
    let mut client = Counted { stream: client, flow };
    let limit = flow.idle_limit();
    let ended = tokio::select! {
        copied = copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER, BUFFER) => copied.map(drop),
        () = flow.idle(limit) => Err(io::ErrorKind::TimedOut.into()),
    };
    if let Err(error) = ended {
        let idle = error.kind() == io::ErrorKind::TimedOut;
        flow.failed(if idle { "SI" } else { "UC" }, if idle { "idle".to_owned() } else { error.to_string() });
        client.stream.reset();
        upstream.reset();
    }
}

/// The client's side, counting what comes and goes.
struct Counted<'f> {
    stream: Stream,
    flow: &'f Flow,
}

impl AsyncRead for Counted<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        let count = buffer.filled().len().saturating_sub(before);
        if count > 0 {
            this.flow.received(count);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let count = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        this.flow.sent(count);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

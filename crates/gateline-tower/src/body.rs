use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of an answer: the inner service's own, or one that a layer gave.
    ///
    /// Either of the two, because that asks nothing of the inner body except that its data can come from [`Bytes`]: axum, hyper and tonic
    /// take any body of that kind back from a layer, whereas not all of their bodies can be made from bytes or be empty
    /// (hyper's `Incoming` can do neither).
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = Project]
    enum Kind<B> {
        Inner { #[pin] body: B },
        // `None` when it is empty or sent.
        Own { bytes: Option<Bytes> },
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self { kind: Kind::Inner { body } }
    }

    pub(crate) fn own(bytes: &[u8]) -> Self {
        Self { kind: Kind::Own { bytes: (!bytes.is_empty()).then(|| Bytes::copy_from_slice(bytes)) } }
    }
}

/// Empty.
impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::own(&[])
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data: From<Bytes>>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match self.project().kind.project() {
            Project::Inner { body } => body.poll_frame(cx),
            Project::Own { bytes } => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes.into())))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Own { bytes } => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            // A length always fits; 0 is only for a platform with wider addresses than 64 bits.
            Kind::Own { bytes } => SizeHint::with_exact(
                bytes.as_ref().map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or_default()),
            ),
        }
    }
}

use std::rc::Rc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::Local;
use super::progress::Progress;

/// The body of a client's request: still to come, or read as a whole for those who had to see it first.
#[derive(Debug)]
pub(crate) enum ClientBody {
    Stream(Incoming),
    Read(Bytes),
}

impl ClientBody {
    pub(super) fn is_end_stream(&self) -> bool {
        match self {
            Self::Stream(body) => body.is_end_stream(),
            Self::Read(bytes) => bytes.is_empty(),
        }
    }

    /// Reads it as a whole; trailers are left out. 413 beyond `limit`, 408 where nothing comes for `idle`.
    pub(crate) async fn read(
        &mut self,
        limit: u64,
        idle: Option<Duration>,
        progress: &Rc<Progress>,
    ) -> Result<Bytes, Local> {
        let too_long = || Local::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long to be authorized");
        let stream = match self {
            Self::Read(bytes) => {
                let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= limit);
                return if fits { Ok(bytes.clone()) } else { Err(too_long()) };
            }
            Self::Stream(stream) => stream,
        };
        if stream.size_hint().lower() > limit {
            return Err(too_long());
        }
        let mut read = BytesMut::new();
        while !stream.is_end_stream() {
            let next = timeout(idle.unwrap_or(Duration::MAX), stream.frame()).await;
            let stalled = |_| Local::new(StatusCode::REQUEST_TIMEOUT, "the request body stalled").flag("SI");
            let frame = next.map_err(stalled)?;
            progress.received(frame.as_ref(), frame.is_none() || stream.is_end_stream());
            let Some(frame) = frame else { break };
            let frame =
                frame.map_err(|_| Local::new(StatusCode::BAD_REQUEST, "the request body broke off"))?;
            let data = frame.into_data().unwrap_or_default();
            if u64::try_from(read.len() + data.len()).is_ok_and(|length| length > limit) {
                return Err(too_long());
            }
            read.extend_from_slice(&data);
        }
        let bytes = read.freeze();
        *self = Self::Read(bytes.clone());
        Ok(bytes)
    }
}

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};

use super::{Failure, HostKey};
use crate::tls::ClientTls;

/// A connection to a client or an endpoint, in the clear or not.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    pub(super) fn local(&self) -> Option<SocketAddr> {
        self.tcp().local_addr().ok()
    }

    /// Ends it so that the peer cannot take it for a good end.
    pub(crate) fn reset(self) {
        // Without it the end is only less clear.
        let _ = self.tcp().set_zero_linger();
    }
}

/// Connects, shakes hands and makes sure that HTTP/2 was agreed on where it is wanted.
pub(super) async fn connect(key: &HostKey, h2: bool, limit: Duration) -> Result<Stream, Failure> {
    let tls = key.tls.as_deref().map(|tls| (tls, if h2 { &tls.h2 } else { &tls.http1 }));
    let stream = open(key.address, tls, limit).await?;
    if let Stream::Tls(stream) = &stream
        && h2
        && stream.get_ref().1.alpn_protocol() != Some(crate::tls::H2)
    {
        return Err(Failure::Tls(io::Error::other("the backend does not speak HTTP/2 (ALPN)")));
    }
    Ok(stream)
}

/// Connects, and shakes hands where TLS is asked for.
pub(super) async fn open(
    address: SocketAddr,
    tls: Option<(&ClientTls, &Arc<ClientConfig>)>,
    limit: Duration,
) -> Result<Stream, Failure> {
    let opening = async {
        let tcp = TcpStream::connect(address).await.map_err(Failure::Connect)?;
        tcp.set_nodelay(true).map_err(Failure::Connect)?;
        let Some((tls, config)) = tls else { return Ok(Stream::Plain(tcp)) };
        let connector = TlsConnector::from(config.clone());
        let stream = connector.connect(tls.name.clone(), tcp).await.map_err(Failure::Tls)?;
        Ok(Stream::Tls(Box::new(stream.into())))
    };
    tokio::time::timeout(limit, opening).await.map_err(|_| Failure::ConnectTimeout)?
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

use std::io;
use std::sync::Arc;

use bytes::BufMut;
use rustls::ServerConfig;
use rustls::server::{Accepted, Acceptor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::StartHandshake;
use tokio_rustls::server::TlsStream;

/// The most bytes until the `ClientHello` is complete, as in Envoy. With post-quantum keys it has about 2 KiB.
const LONGEST: usize = 16 * 1024;

/// A `ClientHello` that nothing has answered yet: it can be accepted here, or sent on as it came.
pub(crate) struct Hello {
    accepted: Accepted,
    /// All that was read, which may be more than the message.
    bytes: Vec<u8>,
}

impl Hello {
    /// Reads what a client sends first. One that does not speak TLS gets the alert that says so.
    pub(crate) async fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let mut acceptor = Acceptor::default();
        let mut bytes = Vec::with_capacity(2_048);
        loop {
            let before = bytes.len();
            let room = LONGEST.saturating_sub(before);
            if room == 0 {
                return Err(io::Error::other("the ClientHello is too long"));
            }
            if stream.read_buf(&mut (&mut bytes).limit(room)).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut fresh = bytes.get(before..).unwrap_or_default();
            while !fresh.is_empty() {
                acceptor.read_tls(&mut fresh)?;
            }
            match acceptor.accept() {
                Ok(Some(accepted)) => return Ok(Self { accepted, bytes }),
                Ok(None) => {}
                Err((error, mut alert)) => {
                    let mut record = Vec::new();
                    alert.write(&mut record)?;
                    stream.write_all(&record).await?;
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
            }
        }
    }

    pub(crate) fn server_name(&self) -> Option<String> {
        self.accepted.client_hello().server_name().map(str::to_owned)
    }

    /// Ends TLS here.
    pub(crate) async fn accept(
        self,
        stream: TcpStream,
        config: Arc<ServerConfig>,
    ) -> io::Result<TlsStream<TcpStream>> {
        StartHandshake::from_parts(self.accepted, stream).into_stream(config).await
    }

    /// What was read, for whoever is to end TLS.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

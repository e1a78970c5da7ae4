use std::io;
use std::sync::Arc;

use gateline::model::BackendName;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Sends back whatever comes, each piece after the name of the backend, until the client has ended.
pub(super) async fn stream(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    backend: &BackendName,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return stream.shutdown().await;
        }
        stream.write_all(&answer(backend, buffer.get(..length).unwrap_or_default())).await?;
        stream.flush().await?;
    }
}

/// The same inside TLS.
pub(super) async fn secure(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    backend: &BackendName,
) -> io::Result<()> {
    stream(TlsAcceptor::from(config).accept(tcp).await?, backend).await
}

/// The same for datagrams.
pub(super) async fn datagrams(socket: std::net::UdpSocket, backend: BackendName) {
    let Ok(socket) = tokio::net::UdpSocket::from_std(socket) else { return };
    let mut buffer = vec![0; 65_535];
    loop {
        // An error is about an answer to a client that is gone.
        if let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            let _ = socket.send_to(&answer(&backend, buffer.get(..length).unwrap_or_default()), peer).await;
        }
    }
}

fn answer(backend: &BackendName, bytes: &[u8]) -> Vec<u8> {
    let mut answer = format!("{backend}: ").into_bytes();
    answer.extend_from_slice(bytes);
    answer
}

//! A client that sends a request just so, and backends that answer with what they saw.

mod auth;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use serde_json::{Value, json};
use spec_tests::{Became, Layer, Observed, Prepared, Sent};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub(crate) use auth::AuthServers;

/// The request tells the backend here what to answer with, the backend tells the client what it saw.
const ECHO: HeaderName = HeaderName::from_static("x-spec-tests");

/// A backend that answers everybody with its name and what it saw: in the clear, in TLS, and each datagram. Where a case has it
/// asked for authorization, it answers as the case says.
pub(crate) async fn echo(name: String, tls: TlsAcceptor, servers: AuthServers) -> SocketAddr {
    const HANDSHAKE: u8 = 22;
    let (socket, datagrams) = sockets().await;
    let address = socket.local_addr().unwrap();
    tokio::spawn(echo_datagrams(datagrams, name.clone()));
    tokio::spawn(async move {
        loop {
            let (stream, _) = socket.accept().await.unwrap();
            let (name, tls, servers) = (name.clone(), tls.clone(), servers.clone());
            tokio::spawn(async move {
                let mut first = [0];
                // The proxy closes connections when it likes.
                if stream.peek(&mut first).await.is_ok() && first == [HANDSHAKE] {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, &name, &servers).await;
                    }
                } else {
                    serve(stream, &name, &servers).await;
                }
            });
        }
    });
    address
}

/// One port for both.
async fn sockets() -> (TcpListener, UdpSocket) {
    loop {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(datagrams) = UdpSocket::bind(socket.local_addr().unwrap()).await {
            return (socket, datagrams);
        }
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    name: &str,
    servers: &AuthServers,
) {
    let answer = service_fn(|request| {
        let response = servers.answer(name, &request).unwrap_or_else(|| answer(name, &request));
        async { Ok::<_, Infallible>(response) }
    });
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
}

async fn echo_datagrams(socket: UdpSocket, name: String) {
    let mut buffer = [0; 64];
    loop {
        let (_, peer) = socket.recv_from(&mut buffer).await.unwrap();
        socket.send_to(name.as_bytes(), peer).await.unwrap();
    }
}

/// A request as it came.
fn seen(request: &Request<Incoming>) -> Sent {
    let authority = request.uri().authority().map(ToString::to_string);
    let host = request.headers().get(HOST).map(|value| value.to_str().unwrap().to_owned());
    let mut headers = request.headers().clone();
    headers.remove(HOST);
    Sent {
        method: request.method().to_string(),
        path: request.uri().path_and_query().unwrap().to_string(),
        host: authority.or(host).unwrap_or_default(),
        headers,
    }
}

fn answer(name: &str, request: &Request<Incoming>) -> Response<Empty<Bytes>> {
    let Sent { method, path, host, headers } = seen(request);
    let saw =
        json!({"backend": name, "method": method, "path": path, "host": host, "headers": pairs(&headers)});
    let mut response = Response::new(Empty::new());
    if let Some(reply) = request.headers().get(ECHO) {
        *response.headers_mut() = fields(&serde_json::from_slice(reply.as_bytes()).unwrap());
    }
    response.headers_mut().insert(ECHO, HeaderValue::from_str(&saw.to_string()).unwrap());
    response
}

fn pairs(headers: &HeaderMap) -> Value {
    let pair = |(name, value): (&HeaderName, &HeaderValue)| json!([name.as_str(), value.to_str().unwrap()]);
    headers.iter().filter(|(name, _)| **name != ECHO && **name != HOST).map(pair).collect()
}

fn fields(pairs: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for pair in pairs.as_array().unwrap() {
        let [name, value] = [&pair[0], &pair[1]].map(|text| text.as_str().unwrap());
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    headers
}

/// What a backend says it saw; `None` if none answered.
pub(crate) fn saw(headers: &HeaderMap) -> Option<Observed> {
    let saw: Value = serde_json::from_slice(headers.get(ECHO)?.as_bytes()).unwrap();
    let text = |name: &str| saw[name].as_str().unwrap().to_owned();
    let sent = Sent {
        method: text("method"),
        path: text("path"),
        host: text("host"),
        headers: fields(&saw["headers"]),
    };
    Some(Observed {
        became: Some(Became::Forwarded(text("backend"))),
        upstream: Some(sent),
        response: Some(headers.clone()),
        ..Observed::default()
    })
}

/// A new connection for each request: HTTP/2 for gRPC, HTTP/1.1 otherwise, TLS without verification.
pub(crate) struct Client {
    tls: [TlsConnector; 2],
}

impl Client {
    pub(crate) fn new() -> Self {
        Self { tls: [b"http/1.1".to_vec(), b"h2".to_vec()].map(connector) }
    }

    pub(crate) async fn send(
        &self,
        address: SocketAddr,
        prepared: &Prepared,
        reply: &HeaderMap,
    ) -> Result<Parts, String> {
        let mut request = prepared.http()?.map(|()| Empty::<Bytes>::new());
        if !reply.is_empty() {
            let text = pairs(reply).to_string();
            request.headers_mut().insert(ECHO, text.parse().map_err(|_| "no header value")?);
        }
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let grpc = prepared.is_grpc();
        // An address is a name that is not sent.
        let name = prepared.sni.clone().or_else(|| prepared.secure.then(|| "127.0.0.1".to_owned()));
        match name {
            None => exchange(stream, request, prepared, grpc).await,
            Some(name) => {
                let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
                let stream = self.tls[usize::from(grpc)].connect(name, stream).await;
                exchange(stream.map_err(|error| error.to_string())?, request, prepared, grpc).await
            }
        }
    }
}

/// How long a datagram may take to be answered; one that is dropped takes all of it.
const DATAGRAM: Duration = Duration::from_millis(200);

impl Client {
    /// Begins a connection or sends a datagram: who answers?
    pub(crate) async fn pass(&self, address: SocketAddr, prepared: &Prepared) -> Observed {
        let backend = match prepared.layer {
            Layer::Udp => tokio::time::timeout(DATAGRAM, ask_datagram(address)).await.ok(),
            _ => self.send(address, &plain(prepared), &HeaderMap::new()).await.ok().and_then(|answer| {
                match saw(&answer.headers)?.became {
                    Some(Became::Forwarded(backend)) => Some(backend),
                    _ => None,
                }
            }),
        };
        Observed { became: Some(backend.map_or(Became::Closed, Became::Forwarded)), ..Observed::default() }
    }
}

async fn ask_datagram(address: SocketAddr) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(address).await.unwrap();
    socket.send(b"who?").await.unwrap();
    let mut buffer = [0; 256];
    let length = socket.recv(&mut buffer).await.unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

/// What is passed on whole may as well be HTTP.
fn plain(prepared: &Prepared) -> Prepared {
    Prepared { authority: "passed.example".to_owned(), ..prepared.clone() }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    mut request: Request<Empty<Bytes>>,
    prepared: &Prepared,
    grpc: bool,
) -> Result<Parts, String> {
    let io = TokioIo::new(stream);
    let failed = |error: hyper::Error| format!("{error:?}");
    let response = if grpc {
        request.headers_mut().remove(HOST);
        let scheme = if prepared.secure { "https" } else { "http" };
        let uri = format!("{scheme}://{}{}", prepared.authority, prepared.uri);
        *request.uri_mut() = uri.parse::<Uri>().map_err(|error| error.to_string())?;
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.map_err(failed)?;
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(failed)?
    } else {
        let (mut sender, connection) = http1::handshake(io).await.map_err(failed)?;
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(failed)?
    };
    Ok(response.into_parts().0)
}

/// For backends that end TLS.
pub(crate) fn acceptor(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions =
        rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn connector(protocol: Vec<u8>) -> TlsConnector {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(AnyCertificate(provider.clone()));
    let versions =
        rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config =
        versions.unwrap().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![protocol];
    TlsConnector::from(Arc::new(config))
}

/// Which certificate is shown is not what is tested here.
#[derive(Debug)]
struct AnyCertificate(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

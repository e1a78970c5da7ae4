/// Why a text is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not one or two words.
    #[error(
        "{0:?} is not a request: write 'GET https://host/path', the URL alone, or tls://host:port, tcp://:port, udp://:port"
    )]
    Shape(String),
    /// No method of HTTP.
    #[error("{0:?} is not a method")]
    Method(String),
    /// No URL of a request or of a connection.
    #[error("{url:?} is not a URL: {reason}")]
    Url {
        /// As written.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// A curl command that is not understood.
    #[error("the curl command cannot be read: {0}")]
    Curl(String),
    /// Not `name: value`.
    #[error("{0:?} is not a header: write 'name: value'")]
    Header(String),
    /// Not `package.Service/Method`.
    #[error("{0:?} is not a gRPC method: write package.Service/Method")]
    Grpc(String),
    /// Not `namespace/name`.
    #[error("{0:?} is not a Gateway: write namespace/name")]
    Gateway(String),
}

/// Why a filter cannot be applied to a request: the gateway answers 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// A redirect that sets no hostname, for a request that names no host.
    #[error("the request names no host to redirect to")]
    NoHost,
    /// A scheme other than `http` and `https`.
    #[error("the scheme of a redirect must be http or https")]
    Scheme,
    /// `ReplacePrefixMatch` in a rule whose winning match is no path prefix.
    #[error("ReplacePrefixMatch needs a match of type PathPrefix")]
    NoPrefix,
    /// The new host is no authority.
    #[error("the new hostname is not a host")]
    Host,
    /// The new path is no path, or the new URI no URI.
    #[error("the new path is not valid in a URI")]
    Path,
    /// The new path is longer than 65,534 bytes.
    #[error("the new path is too long")]
    TooLong,
}

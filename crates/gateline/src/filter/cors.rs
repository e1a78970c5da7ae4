use http::{HeaderName, HeaderValue, Method};

/// `CORS` (HTTPCORSFilter).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// Which origins may read the answer.
    pub origins: Vec<CorsOrigin>,
    /// `allowMethods`; `None` is `*`.
    pub methods: Option<Vec<Method>>,
    /// `allowHeaders`; `None` is `*`.
    pub headers: Option<Vec<HeaderName>>,
    /// `exposeHeaders`, as written (`*` included).
    pub expose: Vec<HeaderValue>,
    /// `allowCredentials`.
    pub credentials: bool,
    /// Seconds; the API's default is 5.
    pub max_age: u32,
}

/// One entry of `allowOrigins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigin {
    /// `*`.
    Any,
    /// `https://www.example.com`, `https://www.example.com:8443`: compared without regard to case.
    Exact(Box<str>),
    /// `https://*.example.com`: any number of labels.
    Wildcard {
        /// `https://`.
        before: Box<str>,
        /// `.example.com`.
        after: Box<str>,
    },
}

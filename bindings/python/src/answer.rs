use gateline_testing as testing;
use pyo3::prelude::*;

/// What becomes of a request. Fields are made into Python objects when they are asked for.
#[pyclass(frozen, module = "gateline._native")]
pub(crate) struct Answer(pub(crate) testing::Answer);

type Place = (String, u32, u32);
type Upstream = (String, String, String, Vec<(String, String)>);

#[pymethods]
impl Answer {
    #[getter]
    fn kind(&self) -> &'static str {
        testing::words::outcome(self.0.kind)
    }

    #[getter]
    fn reason(&self) -> &'static str {
        self.0.reason.as_str()
    }

    #[getter]
    fn because(&self) -> &str {
        &self.0.because
    }

    #[getter]
    fn status(&self) -> Option<u16> {
        self.0.status
    }

    #[getter]
    fn listener(&self) -> Option<&str> {
        self.0.listener.as_deref()
    }

    #[getter]
    fn route(&self) -> Option<&str> {
        self.0.route.as_deref()
    }

    #[getter]
    fn rule(&self) -> Option<usize> {
        self.0.rule
    }

    #[getter]
    fn rule_name(&self) -> Option<&str> {
        self.0.rule_name.as_deref()
    }

    #[getter]
    fn matched(&self) -> Option<usize> {
        self.0.matched
    }

    /// File, line, column.
    #[getter]
    fn source(&self) -> Option<Place> {
        self.0.source.as_ref().map(|source| (source.file.clone(), source.line, source.column))
    }

    #[getter]
    fn backend(&self) -> Option<&str> {
        self.0.backend.as_deref()
    }

    /// Backend, weight, whether the reference can be followed.
    #[getter]
    fn split(&self) -> Vec<(String, u32, bool)> {
        let shares = self.0.split.iter();
        shares.map(|share| (share.backend.clone(), share.weight, share.valid)).collect()
    }

    /// Method, path with query, host, header fields.
    #[getter]
    fn upstream(&self) -> Option<Upstream> {
        let upstream = self.0.upstream.as_ref()?;
        let (method, path, host) = (&upstream.method, &upstream.path, &upstream.host);
        Some((method.clone(), path.clone(), host.clone(), upstream.headers.clone()))
    }

    #[getter]
    fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// Whether this backend gets it: `namespace/name:port`, or less of it.
    fn goes_to(&self, backend: &str) -> bool {
        self.0.goes_to(backend)
    }

    /// All of it, as JSON.
    fn json(&self) -> String {
        testing::json(&self.0)
    }
}

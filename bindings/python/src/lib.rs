//! `gateline._native`: the least that Python needs of `gateline-testing`. What is not asked for each request crosses as the JSON of
//! the command line; `python/gateline` makes typed objects of it. A panic arrives in Python as an exception.

mod answer;
mod error;
mod manifests;
mod suite;

/// What `import gateline` is made of.
#[pyo3::pymodule]
mod _native {
    use std::ffi::OsString;

    use gateline_testing::{Request, json, report};
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::answer::Answer;
    #[pymodule_export]
    use crate::manifests::Manifests;
    #[pymodule_export]
    use crate::suite::Suite;

    /// What the requests to each, since its `record`, went through: as JSON, as lcov, as HTML.
    #[pyfunction]
    fn coverage(py: Python<'_>, of: Vec<Py<Manifests>>) -> (String, String, String) {
        py.detach(|| {
            let coverage: Vec<_> = of.iter().map(|manifests| manifests.get().0.coverage()).collect();
            (json(&coverage), report::lcov(&coverage), report::html(&coverage))
        })
    }

    /// The request, and the header fields, of a call of gRPC.
    #[pyfunction]
    fn grpc(py: Python<'_>, url: &str, method: &str) -> PyResult<(String, Vec<(String, String)>)> {
        let parts = Request::grpc_parts(url, method);
        let (text, fields) = parts.map_err(|error| crate::error::request(py, error))?;
        let pairs = fields.iter().filter_map(|field| field.split_once(": "));
        Ok((text, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }

    /// Runs the command line on standard output and standard error; returns the exit code.
    #[pyfunction]
    fn main(py: Python<'_>, words: Vec<OsString>) -> u8 {
        py.detach(|| gateline_cli::main(words))
    }

    /// Runs the command line; returns the exit code and what it printed on standard output and standard error.
    #[pyfunction]
    fn capture(py: Python<'_>, words: Vec<OsString>) -> (u8, String, String) {
        let captured = py.detach(|| gateline_cli::capture(words));
        (captured.code, captured.out, captured.err)
    }
}

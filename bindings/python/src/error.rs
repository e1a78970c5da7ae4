//! Exceptions: the classes of `gateline.errors`, each with all that is wrong.

use gateline_testing::{Located, RequestError};
use pyo3::prelude::*;

/// Manifests, or settings for them, that cannot be used.
pub(crate) fn load(py: Python<'_>, errors: &[Located]) -> PyErr {
    exception(py, "LoadError", errors)
}

/// A text that is no request.
pub(crate) fn request(py: Python<'_>, error: RequestError) -> PyErr {
    exception(py, "RequestError", &[error.into()])
}

/// Tests that cannot be used.
pub(crate) fn suite(py: Python<'_>, errors: &[Located]) -> PyErr {
    exception(py, "SuiteError", errors)
}

fn exception(py: Python<'_>, class: &str, errors: &[Located]) -> PyErr {
    let error = |error: &Located| {
        let place = error.place.as_ref();
        (
            error.message.clone(),
            error.help.clone(),
            place.map(|place| place.file.to_string()),
            place.map(|place| place.line),
            place.map(|place| place.column),
        )
    };
    let errors: Vec<_> = errors.iter().map(error).collect();
    let raised = py.import("gateline.errors").and_then(|module| module.getattr(class)?.call1((errors,)));
    raised.map_or_else(|error| error, PyErr::from_value)
}

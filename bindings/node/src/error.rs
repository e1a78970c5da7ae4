//! Errors: as JSON, of which `lib/errors.cjs` makes the classes.

use gateline_testing::{Located, RequestError};
use napi::Error;
use serde_json::json;

/// Manifests, or settings for them, that cannot be used.
pub(crate) fn load(errors: Vec<Located>) -> Error {
    error("LoadError", &errors)
}

/// A text that is no request.
pub(crate) fn request(request: RequestError) -> Error {
    error("RequestError", &[request.into()])
}

/// Tests that cannot be used.
pub(crate) fn suite(errors: Vec<Located>) -> Error {
    error("SuiteError", &errors)
}

fn error(class: &str, errors: &[Located]) -> Error {
    Error::from_reason(json!({ "class": class, "errors": errors }).to_string())
}

//! Errors: thrown as JSON, of which JavaScript makes what it likes.

use gateline_testing::{Located, RequestError};
use serde_json::json;
use wasm_bindgen::JsValue;

/// Manifests, or settings for them, that cannot be used.
pub(crate) fn load(errors: &[Located]) -> JsValue {
    error("LoadError", errors)
}

/// A text that is no request.
pub(crate) fn request(request: RequestError) -> JsValue {
    error("RequestError", &[request.into()])
}

fn error(class: &str, errors: &[Located]) -> JsValue {
    JsValue::from_str(&json!({ "class": class, "errors": errors }).to_string())
}

use gateline_testing::{self as testing, Request, RequestError, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{error, pairs, seconds};

/// Manifests that were read, and their router.
#[wasm_bindgen]
pub struct Manifests(testing::Manifests);

#[wasm_bindgen]
impl Manifests {
    /// Reads texts: names and contents in turn. `settings` is JSON; `now`, in milliseconds since 1970, is what certificates are held
    /// against.
    #[wasm_bindgen(constructor)]
    pub fn new(texts: Vec<String>, settings: &str, now: Option<f64>) -> Result<Manifests, JsValue> {
        let loaded = testing::Manifests::open(Vec::new(), pairs(texts), None, settings, seconds(now));
        loaded.map(Self).map_err(|errors| error::load(&errors))
    }

    /// What becomes of a request, as JSON. `headers` are names and values in turn.
    pub fn route(
        &self,
        text: &str,
        headers: Option<Vec<String>>,
        gateway: Option<String>,
        random: Option<u64>,
    ) -> Result<String, JsValue> {
        let request = request(text, headers, gateway.as_deref()).map_err(error::request)?;
        Ok(json(&self.0.route(&request, random.unwrap_or_default())))
    }

    /// Why, as JSON.
    pub fn explain(
        &self,
        text: &str,
        headers: Option<Vec<String>>,
        gateway: Option<String>,
        random: Option<u64>,
    ) -> Result<String, JsValue> {
        let request = request(text, headers, gateway.as_deref()).map_err(error::request)?;
        Ok(json(&self.0.explain(&request, random.unwrap_or_default())))
    }

    /// All findings, as JSON.
    pub fn findings(&self) -> String {
        json(&self.0.findings())
    }

    /// Which requests have another effect on others, as JSON.
    pub fn diff(&self, after: &Manifests) -> String {
        json(&self.0.diff(&after.0))
    }
}

fn request(text: &str, headers: Option<Vec<String>>, gateway: Option<&str>) -> Result<Request, RequestError> {
    Request::read(text, &pairs(headers.unwrap_or_default()), gateway)
}

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use gateline_testing::{self as testing, Request, RequestError, json, report};
use napi::Result;
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;

use crate::error;
use crate::suite::Suite;

/// Manifests that were read, and their router.
#[napi]
pub struct Manifests(testing::Manifests);

#[napi]
impl Manifests {
    /// Reads paths, then texts (names and contents in turn). `settings` is JSON; `config` is the path of a gateline.toml, or none
    /// for that of the working directory, and only then if paths are given.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        paths: Vec<String>,
        texts: Vec<String>,
        config: Option<String>,
        settings: String,
    ) -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let now = now.and_then(|now| i64::try_from(now.as_secs()).ok());
        let paths = paths.into_iter().map(PathBuf::from).collect();
        let config = config.map(PathBuf::from);
        let loaded = testing::Manifests::open(paths, pairs(texts), config.as_deref(), &settings, now);
        loaded.map(Self).map_err(error::load)
    }

    /// What becomes of a request, as JSON. `headers` are names and values in turn.
    #[napi(catch_unwind)]
    pub fn route(
        &self,
        text: String,
        headers: Option<Vec<String>>,
        gateway: Option<String>,
        random: Option<BigInt>,
    ) -> Result<String> {
        let request = request(&text, headers, gateway.as_deref()).map_err(error::request)?;
        let answer = self.0.route(&request, number(random));
        Ok(serde_json::to_string(&answer).unwrap_or_default())
    }

    /// Why, as the JSON and as the text of the command line.
    #[napi(catch_unwind)]
    pub fn explain(
        &self,
        text: String,
        headers: Option<Vec<String>>,
        gateway: Option<String>,
        random: Option<BigInt>,
    ) -> Result<(String, String)> {
        let request = request(&text, headers, gateway.as_deref()).map_err(error::request)?;
        let trace = self.0.explain(&request, number(random));
        Ok((json(&trace), gateline_cli::trace_text(&trace)))
    }

    /// A request for each rule, as JSON.
    #[napi(catch_unwind)]
    pub fn witnesses(&self) -> String {
        json(&self.0.witnesses())
    }

    /// All findings, as JSON.
    #[napi(catch_unwind)]
    pub fn findings(&self) -> String {
        json(&self.0.findings())
    }

    /// A test that is in no file, as JSON; what came of it, as JSON and as text.
    #[napi(catch_unwind)]
    pub fn expect(&self, test: String) -> Result<(String, String)> {
        let reports = self.0.expect(&test).map_err(error::suite)?;
        let details: Vec<String> = reports.iter().flat_map(report::details).collect();
        Ok((json(&reports), details.join("\n")))
    }

    /// One test of a file; what came of it, as JSON and as text.
    #[napi(catch_unwind)]
    pub fn run(&self, suite: &Suite, index: u32) -> Result<(String, String)> {
        let report = suite.run(&self.0, index as usize).map_err(|error| error::suite(vec![error]))?;
        Ok((json(&report), report::details(&report).join("\n")))
    }

    /// Remembers from now on what is asked.
    #[napi(catch_unwind)]
    pub fn record(&self) {
        self.0.record();
    }

    /// What the requests since then went through: as JSON, as lcov, as HTML.
    #[napi(catch_unwind)]
    pub fn coverage(&self) -> (String, String, String) {
        let coverage = [self.0.coverage()];
        (json(&coverage[0]), report::lcov(&coverage), report::html(&coverage))
    }

    /// Which requests have another effect on others, as JSON.
    #[napi(catch_unwind)]
    pub fn diff(&self, after: &Manifests) -> String {
        json(&self.0.diff(&after.0))
    }

    /// In a line.
    #[napi(catch_unwind)]
    pub fn describe(&self) -> String {
        format!("{:?}", self.0)
    }

    /// Nanoseconds of a call of `route` without Node, on average over `calls`: what bench.mjs compares with.
    #[napi(catch_unwind)]
    pub fn benchmark(&self, text: String, headers: Vec<String>, calls: u32) -> Result<f64> {
        let headers = pairs(headers);
        let start = Instant::now();
        for _ in 0..calls {
            let request = Request::read(black_box(&text), &headers, None).map_err(error::request)?;
            black_box(self.0.route(&request, 0));
        }
        Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls.max(1)))
    }
}

fn request(
    text: &str,
    headers: Option<Vec<String>>,
    gateway: Option<&str>,
) -> std::result::Result<Request, RequestError> {
    Request::read(text, &pairs(headers.unwrap_or_default()), gateway)
}

/// What comes in turn.
fn pairs(list: Vec<String>) -> Vec<(String, String)> {
    let mut list = list.into_iter();
    std::iter::from_fn(|| Some((list.next()?, list.next()?))).collect()
}

/// JavaScript has seen to it that it fits.
fn number(random: Option<BigInt>) -> u64 {
    random.map_or(0, |random| random.get_u64().1)
}

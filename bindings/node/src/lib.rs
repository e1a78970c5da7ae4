//! The native part of the package `gateline` for Node: the least that it needs of `gateline-testing`. Results cross as JSON,
//! which is that of the command line; `lib/index.cjs` makes objects of it. A panic arrives in JavaScript as an error.

mod error;
mod manifests;
mod suite;

use std::ffi::OsString;

use gateline_testing::Request;
use gateline_testing::suite::Named;
use napi::Result;
use napi_derive::napi;

/// Runs the command line on standard output and standard error; returns the exit code.
#[napi(catch_unwind)]
pub fn main(words: Vec<String>) -> u32 {
    gateline_cli::main(words.into_iter().map(OsString::from)).into()
}

/// Runs the command line; returns the exit code, and what it printed on standard output and standard error.
#[napi(catch_unwind)]
pub fn capture(words: Vec<String>) -> (u32, String, String) {
    let captured = gateline_cli::capture(words.into_iter().map(OsString::from));
    (captured.code.into(), captured.out, captured.err)
}

/// The request, and the header fields as names and values in turn, of a call of gRPC.
#[napi(catch_unwind)]
pub fn grpc(url: String, method: String) -> Result<Vec<String>> {
    let (text, fields) = Request::grpc_parts(&url, &method).map_err(error::request)?;
    let parts = fields.iter().filter_map(|field| field.split_once(": "));
    let parts = parts.flat_map(|(name, value)| [name.to_owned(), value.to_owned()]);
    Ok(std::iter::once(text).chain(parts).collect())
}

/// Whether `namespace/name:port`, or less of it, means a backend.
#[napi(catch_unwind)]
pub fn means_backend(text: String, reference: String) -> bool {
    Named::text_means_backend(&text, &reference)
}

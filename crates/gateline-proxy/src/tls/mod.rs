//! TLS on both sides. The crypto provider is always handed over, never taken from the process.

mod client;
mod hello;
mod server;
mod verify;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub(crate) use client::ClientTls;
pub(crate) use hello::Hello;
pub(crate) use server::ServerTls;

pub(crate) const H2: &[u8] = b"h2";
pub(crate) const HTTP1: &[u8] = b"http/1.1";

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

//! The proxy over loopback.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

mod apply;
mod auth;
mod auth_grpc;
mod bad_tls;
mod grpc;
mod l4;
mod log;
mod material;
mod mirrors;
mod plain;
mod ports;
mod sessions;
mod stale;
mod stall;
mod support;
mod tls;
mod tries;
mod udp;
mod upgrades;

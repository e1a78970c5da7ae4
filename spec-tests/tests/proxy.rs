//! The proxy over loopback: real sockets, TLS, HTTP/1.1 and HTTP/2, one process, one snapshot a file.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

mod answer;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use gateline::Model;
use gateline::filter::AuthProtocol;
use gateline_api::resolve::{Certificate, Endpoint, Resolution};
use gateline_proxy::{Config, Ports, Proxy};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use spec_tests::{Ask, Case, Door, File, Layer, Observed, RegexRank, Report, Sees, World, run, worlds};
use tokio::runtime::Runtime;

struct OverLoopback {
    proxy: Proxy,
    runtime: Runtime,
    client: wire::Client,
    key: rcgen::CertifiedKey<rcgen::KeyPair>,
    addresses: BTreeMap<u16, Vec<SocketAddr>>,
    servers: wire::AuthServers,
    /// The authorization servers that are asked over gRPC.
    grpc: BTreeSet<String>,
}

impl Door for OverLoopback {
    fn sees(&self) -> Sees {
        Sees { became: true, upstream: true, response: true, asked: true, ..Sees::default() }
    }

    fn skips(&self, _: &File, case: &Case) -> Option<&'static str> {
        if case.expect.asked.iter().any(|asked| self.grpc.contains(&asked.server)) {
            return Some("the servers here speak no ext_authz: tests/e2e has one that does");
        }
        case.request.gateway.as_ref().map(|_| "one process serves all Gateways on one address")
    }

    fn takes_connections(&self) -> bool {
        true
    }

    fn enter(&mut self, file: &File, _: &World) -> Result<(), String> {
        let mut world = World::new(file).map_err(|error| error.to_string())?;
        self.certify(&mut world.resolution);
        self.grpc = grpc_servers(&world.resolution.model);
        self.proxy.apply(&world.resolution).map_err(|error| error.to_string())?;
        self.addresses = self.proxy.addresses();
        Ok(())
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let udp = self.proxy.udp_addresses();
        let addresses = if ask.request.layer == Layer::Udp { &udp } else { &self.addresses };
        let addresses = addresses.get(&ask.request.port);
        let address = *addresses.and_then(|list| list.first()).ok_or("nobody listens at this port")?;
        if ask.request.opening().is_some() {
            return Ok(self.runtime.block_on(self.client.pass(address, ask.request)));
        }
        let reply = ask.case.request.reply()?;
        self.servers.begin(ask.case);
        let answer = self.runtime.block_on(self.client.send(address, ask.request, &reply))?;
        let observed = wire::saw(&answer.headers).unwrap_or_else(|| answer::answered(answer));
        Ok(Observed { asked: self.servers.asked(), ..observed })
    }
}

impl OverLoopback {
    /// Stands in for the Secrets that the files name and do not hold.
    fn certify(&self, resolution: &mut Resolution) {
        for tls in resolution.tls.iter_mut().flatten() {
            for secret in tls.missing.drain(..) {
                tls.certificates.push(Arc::new(Certificate {
                    secret,
                    chain: vec![CertificateDer::from(self.key.cert.der().to_vec())],
                    key: private(&self.key),
                    names: Vec::new(),
                    not_before: gateline::model::Timestamp(i64::MIN),
                    not_after: gateline::model::Timestamp(i64::MAX),
                }));
            }
        }
    }
}

fn private(key: &rcgen::CertifiedKey<rcgen::KeyPair>) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into())
}

fn grpc_servers(model: &Model) -> BTreeSet<String> {
    let of_rules = model.routes.iter().flat_map(|route| &route.rules).flat_map(|rule| &rule.filters.auth);
    let all = model.listeners.iter().flat_map(|listener| &listener.filters).chain(of_rules);
    let grpc = all.filter(|filter| matches!(filter.protocol, AuthProtocol::Grpc { .. }));
    let ids = grpc.filter_map(|filter| filter.target.backend());
    ids.map(|id| model.backends[id.0 as usize].name.to_string()).collect()
}

/// The backends of all files, each with an address of its own.
fn backends(worlds: &[(File, World)]) -> BTreeSet<String> {
    let all = worlds.iter().flat_map(|(_, world)| &world.resolution.model.backends);
    all.map(|backend| backend.name.to_string()).collect()
}

/// One process ranks patterns in one way.
fn over_loopback(worlds: &[(File, World)]) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut config = Config::default();
    config.threads = 1;
    config.addresses = vec![[127, 0, 0, 1].into()];
    config.ports = Ports::Ephemeral;
    config.router = worlds.first().unwrap().1.options.clone();
    let key = rcgen::generate_simple_self_signed(vec!["spec-tests".to_owned()]).unwrap();
    let tls = wire::acceptor(vec![key.cert.der().clone()], private(&key));
    let servers = wire::AuthServers::default();
    for name in backends(worlds) {
        let address = runtime.block_on(wire::echo(name.clone(), tls.clone(), servers.clone()));
        config.backends.insert(name, vec![Endpoint::Address(address)]);
    }
    let mut door = OverLoopback {
        proxy: Proxy::start(config).unwrap(),
        runtime,
        client: wire::Client::new(),
        key,
        addresses: BTreeMap::new(),
        servers,
        grpc: BTreeSet::new(),
    };
    run(worlds, &mut door)
}

#[test]
fn every_case_over_loopback() {
    let (above, below): (Vec<_>, Vec<_>) =
        worlds().unwrap().into_iter().partition(|(file, _)| file.regex_rank == RegexRank::AbovePrefix);
    let report = over_loopback(&above).and(over_loopback(&below));
    println!("proxy: {report}");
    let skipped: usize = report.skipped.values().sum();
    let all: usize = above.iter().chain(&below).map(|(file, _)| file.requests.len()).sum();
    assert!(report.ran + skipped == all && report.ran >= 600);
    assert!(report.failures.is_empty(), "{report}");
}

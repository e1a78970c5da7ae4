use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use gateline::Model;
use gateline_proxy::Ports;

/// How many ports are tried for one listener.
const TRIES: u16 = 50;

/// The port to bind for each port of a listener: the one asked for, else an unprivileged one that is free.
pub(crate) fn choose(model: &Model, asked: &[(u16, u16)]) -> BTreeMap<u16, u16> {
    let mut ports: BTreeMap<u16, u16> = asked.iter().copied().collect();
    for listener in &model.listeners {
        if ports.contains_key(&listener.port) {
            continue;
        }
        let first = Ports::Unprivileged.bound(listener.port);
        let taken: Vec<u16> = ports.values().copied().collect();
        let mut tried = (first..=u16::MAX).take(usize::from(TRIES));
        let free = tried.find(|port| !taken.contains(port) && is_free(*port));
        ports.insert(listener.port, free.unwrap_or(first));
    }
    ports
}

/// For connections and for datagrams: one number stands for both.
fn is_free(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port);
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}

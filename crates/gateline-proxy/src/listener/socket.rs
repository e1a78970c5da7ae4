use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use socket2::{Domain, Protocol, Type};

use crate::snapshot::Transport;

const BACKLOG: i32 = 4_096;

/// A bound socket of one thread.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

/// One socket for each thread on one address; port 0 becomes a free one. The kernel spreads connections over them, and
/// the datagrams of one client always go to the same.
pub(crate) fn bind(
    transport: Transport,
    mut address: SocketAddr,
    count: usize,
) -> io::Result<(SocketAddr, Vec<Socket>)> {
    if address.port() != 0 {
        // Without SO_REUSEPORT this fails where another process listens; with it, both would silently share the port.
        drop(reserve(transport, address, false)?);
    }
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let socket = reserve(transport, address, true)?;
        let socket = match transport {
            Transport::Tcp => {
                socket.listen(BACKLOG)?;
                Socket::Tcp(socket.into())
            }
            Transport::Udp => Socket::Udp(socket.into()),
        };
        address = match &socket {
            Socket::Tcp(socket) => socket.local_addr()?,
            Socket::Udp(socket) => socket.local_addr()?,
        };
        sockets.push(socket);
    }
    Ok((address, sockets))
}

fn reserve(transport: Transport, address: SocketAddr, shared: bool) -> io::Result<socket2::Socket> {
    let (kind, protocol) = match transport {
        Transport::Tcp => (Type::STREAM, Protocol::TCP),
        Transport::Udp => (Type::DGRAM, Protocol::UDP),
    };
    let socket = socket2::Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // For datagrams it would let two processes share a port.
    socket.set_reuse_address(transport == Transport::Tcp)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;

use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, RecvMsg, SockaddrStorage, recvmsg, sendmsg, setsockopt,
    sockopt,
};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// The longest datagram.
pub(super) const LONGEST: usize = 65_535;

/// A socket that tells which of our addresses a datagram was sent to, and answers from it. One that is bound to a single
/// address needs no telling.
pub(super) struct PacketSocket {
    socket: UdpSocket,
    local: SocketAddr,
}

/// Who sent a datagram, and to which of our addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Path {
    pub(super) peer: SocketAddr,
    /// `None` where the socket has only one.
    to: Option<IpAddr>,
    /// Where the address means something only there.
    interface: u32,
}

impl PacketSocket {
    pub(super) fn new(socket: std::net::UdpSocket) -> io::Result<Self> {
        let local = socket.local_addr()?;
        match local.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
            IpAddr::V6(ip) if ip.is_unspecified() => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
            _ => {}
        }
        Ok(Self { socket: UdpSocket::from_std(socket)?, local })
    }

    pub(super) async fn receive(&self, buffer: &mut [u8]) -> io::Result<(Path, usize)> {
        self.socket.async_io(Interest::READABLE, || self.receive_now(buffer)).await
    }

    fn receive_now(&self, buffer: &mut [u8]) -> io::Result<(Path, usize)> {
        let mut slices = [IoSliceMut::new(buffer)];
        let mut space = nix::cmsg_space!(in_pktinfo, in6_pktinfo);
        let fd = self.socket.as_raw_fd();
        let message = recvmsg(fd, &mut slices, Some(&mut space), MsgFlags::empty())?;
        let peer = message.address.as_ref().and_then(address);
        let peer = peer.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
        let (to, interface) = destination(&message);
        Ok((Path { peer, to, interface }, message.bytes))
    }

    /// Sends to the peer from the address it sent to. Never waits: what the kernel has no room for is lost.
    pub(super) fn reply(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let slices = [IoSlice::new(bytes)];
        let peer = SockaddrStorage::from(path.peer);
        let (v4, v6);
        let control = match path.to {
            Some(IpAddr::V4(ip)) => {
                let address = in_addr { s_addr: u32::from_ne_bytes(ip.octets()) };
                v4 = in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: address, ipi_addr: address };
                Some(ControlMessage::Ipv4PacketInfo(&v4))
            }
            Some(IpAddr::V6(ip)) => {
                v6 = in6_pktinfo {
                    ipi6_addr: in6_addr { s6_addr: ip.octets() },
                    ipi6_ifindex: path.interface,
                };
                Some(ControlMessage::Ipv6PacketInfo(&v6))
            }
            None => None,
        };
        let fd = self.socket.as_raw_fd();
        sendmsg(fd, &slices, control.as_slice(), MsgFlags::MSG_DONTWAIT, Some(&peer))?;
        Ok(())
    }

    /// The address of ours that a datagram was sent to.
    pub(super) fn local(&self, path: &Path) -> SocketAddr {
        path.to.map_or(self.local, |ip| SocketAddr::new(ip, self.local.port()))
    }
}

fn address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = storage.as_sockaddr_in().map(|address| SocketAddr::V4((*address).into()));
    v4.or_else(|| storage.as_sockaddr_in6().map(|address| SocketAddr::V6((*address).into())))
}

fn destination(message: &RecvMsg<'_, '_, SockaddrStorage>) -> (Option<IpAddr>, u32) {
    let Ok(mut control) = message.cmsgs() else { return (None, 0) };
    let found = control.find_map(|one| match one {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            Some((IpAddr::from(info.ipi_addr.s_addr.to_ne_bytes()), 0))
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            let ip = Ipv6Addr::from(info.ipi6_addr.s6_addr);
            Some((IpAddr::V6(ip), if ip.is_unicast_link_local() { info.ipi6_ifindex } else { 0 }))
        }
        _ => None,
    });
    found.map_or((None, 0), |(ip, interface)| (Some(ip), interface))
}

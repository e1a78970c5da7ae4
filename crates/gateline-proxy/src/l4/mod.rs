//! What is passed on whole: the connections of TLSRoutes and TCPRoutes, the datagrams of UDPRoutes.

mod copy;
mod flow;
mod packet;
mod passage;
mod session;
mod udp;

pub(crate) use flow::{Flow, FlowRecord};
pub(crate) use passage::{Passage, refuse};
pub(crate) use udp::run;

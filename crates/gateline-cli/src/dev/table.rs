//! What `dev` prints when it has started.

use std::collections::BTreeMap;

use gateline::model::Listener;
use gateline_proxy::Proxy;

use super::paste::Paste;
use super::stand_in::StandIns;
use crate::input::World;
use crate::output::{self, Output};

pub(crate) fn print(
    world: &World,
    ports: &BTreeMap<u16, u16>,
    stand_ins: &StandIns,
    proxy: &Proxy,
    output: &mut Output,
) {
    let model = &world.resolution.model;
    output.line(&output.paint(output::STRONG, &format!("{} objects", world.objects.len())));
    for listener in &model.listeners {
        output.line(&listener_line(listener, ports));
    }
    if model.listeners.is_empty() {
        output.line("no listener can serve: the input has no Gateway, or `gateline check` says why");
    }
    stood_in(stand_ins, output);
    if let Some(admin) = proxy.admin_address() {
        output.line(&format!("admin: http://{admin}/stats/prometheus, /config_dump, /ready"));
    }
    output.line(&output.paint(output::STRONG, "try"));
    let paste = Paste::new(ports, stand_ins);
    for listener in &model.listeners {
        for attached in &listener.attached {
            let Some(route) = model.routes.get(attached.route.0 as usize) else { continue };
            for line in paste.lines(listener, attached, route) {
                output.line(&format!("  {line}"));
            }
        }
    }
}

fn listener_line(listener: &Listener, ports: &BTreeMap<u16, u16>) -> String {
    let scheme = listener.protocol.scheme();
    let host = listener.hostname.as_ref().map_or_else(|| "any host".to_owned(), ToString::to_string);
    let port = ports.get(&listener.port).copied().unwrap_or(listener.port);
    let at = format!("{scheme}://127.0.0.1:{port}");
    format!("{}  port {}  {host}  {} routes  {at}", listener.name, listener.port, listener.attached.len())
}

fn stood_in(stand_ins: &StandIns, output: &mut Output) {
    let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
    if !stand_ins.services.is_empty() {
        output.line(&format!(
            "stand-ins: an echo backend for {}",
            list(&mut stand_ins.services.iter().cloned())
        ));
    }
    if !stand_ins.plain.is_empty() {
        output.line(&format!("stand-ins: no TLS to {}", list(&mut stand_ins.plain.iter().cloned())));
    }
    if !stand_ins.secrets.is_empty() {
        let secrets = list(&mut stand_ins.secrets.iter().map(ToString::to_string));
        let file = stand_ins.authority_file.as_ref().map(|file| format!(", signed by {}", file.display()));
        output.line(&format!("stand-ins: a certificate for {secrets}{}", file.unwrap_or_default()));
    }
}

use std::collections::BTreeMap;

use gateline::model::{Backend, BackendId, BackendName, BackendProtocol, ObjectName, Target};
use serde_json::Value;

use super::backend_tls::BackendTls;
use super::endpoints;
use super::fault::{Broken, Fault, Faults};
use super::grants::{Grants, Referent};
use super::options::Assume;
use super::resolution::Upstream;
use super::world::World;
use crate::finding::{Finding, Severity, codes};
use crate::object::Object;
use crate::objects::{BackendRef, CORE, ENVOY, ServicePort, is_foreign};

/// Follows backendRefs and keeps one [`Backend`] for each name that is referred to.
pub(super) struct Registry<'w, 'a> {
    world: &'w World<'a>,
    tls: &'w BackendTls<'a>,
    pub(super) grants: Grants<'w, 'a>,
    pub(super) backends: Vec<Backend>,
    pub(super) upstreams: Vec<Upstream>,
    index: BTreeMap<BackendName, BackendId>,
}

/// What a reference leads to, before it is entered.
struct Found {
    protocol: BackendProtocol,
    upstream: Upstream,
}

impl<'w, 'a> Registry<'w, 'a> {
    pub(super) fn new(world: &'w World<'a>, tls: &'w BackendTls<'a>) -> Self {
        let grants = Grants::new(world);
        Self { world, tls, grants, backends: Vec::new(), upstreams: Vec::new(), index: BTreeMap::new() }
    }

    /// The backend of a reference, or why there is none; that is also the route's ResolvedRefs.
    pub(super) fn target(
        &mut self,
        object: &Object,
        path: &str,
        written: &BackendRef,
        faults: &mut Faults,
    ) -> Target {
        let namespace = written.namespace.clone().unwrap_or_else(|| object.name.namespace.to_string());
        let kind = written.kind.as_deref().unwrap_or("Service");
        let name = BackendName {
            kind: kind.into(),
            object: ObjectName::new(namespace, written.name.as_str()),
            port: written.port,
        };
        match self.follow(object, path, written, &name, faults) {
            Ok(id) => Target::Backend(id),
            Err(broken) => {
                let reason = broken.fault.reason;
                if broken.findings.is_empty() {
                    faults.findings.push(self.finding(object, path, &name, reason));
                }
                faults.unresolved(broken);
                Target::Invalid { reference: name.to_string().into(), reason: reason.into() }
            }
        }
    }

    fn follow(
        &mut self,
        object: &Object,
        path: &str,
        written: &BackendRef,
        name: &BackendName,
        faults: &mut Faults,
    ) -> Result<BackendId, Broken> {
        let group = written.group.as_deref().unwrap_or(CORE);
        if !matches!((group, &*name.kind), (CORE, "Service") | (ENVOY, "Backend")) {
            let message = format!(
                "{path} refers to {kind} {group:?}: only Service and Backend take requests",
                kind = name.kind
            );
            let finding = Finding::new(&codes::GL309, object.origin(path), message.clone());
            let finding = if is_foreign(group) {
                let help = "another implementation may serve this kind; Gateline answers 500 in its place";
                finding.severity(Severity::Warning).help(help)
            } else {
                finding
            };
            return Err(Broken { fault: Fault::new("InvalidKind", message), findings: vec![finding] });
        }
        let to = Referent { group, kind: &name.kind, name: &name.object };
        self.grants.permit(object, path, to)?;
        if let Some(id) = self.index.get(name) {
            return Ok(*id);
        }
        let found = if group == CORE { self.service(name) } else { self.backend(name) };
        let found = match found {
            Some(found) => found.map_err(Broken::from)?,
            None => self.absent(object, path, name, faults)?,
        };
        Ok(self.enter(name, group, found))
    }

    /// A reference to something that is not in the input.
    fn absent(
        &self,
        object: &Object,
        path: &str,
        name: &BackendName,
        faults: &mut Faults,
    ) -> Result<Found, Broken> {
        let message = format!("{path}: {} {} does not exist", name.kind, name.object);
        match self.world.options.services {
            Assume::Missing => return Err(Broken::from(Fault::new("BackendNotFound", message))),
            Assume::Unknown => {
                let message = format!("{} {name} is not in the input and is taken to exist", name.kind);
                let finding =
                    Finding::new(&codes::GL301, object.origin(path), message).severity(Severity::Info);
                faults.findings.push(
                    finding.help("add it, or say what to think of it with --assume services=present|missing"),
                );
            }
            Assume::Present => {}
        }
        Ok(Found { protocol: BackendProtocol::Unspecified, upstream: Upstream::default() })
    }

    fn enter(&mut self, name: &BackendName, group: &str, mut found: Found) -> BackendId {
        if &*name.kind == "Service"
            && let Some(policy) = self.tls.of(&name.object, self.port_name(name))
        {
            found.upstream.broken_tls = policy.is_none();
            found.upstream.tls.clone_from(policy);
        }
        let id = BackendId(u32::try_from(self.backends.len()).unwrap_or(u32::MAX));
        let origin = self.world.objects.get(group, &name.kind, &name.object).map(|object| object.origin(""));
        self.backends.push(Backend { name: name.clone(), protocol: found.protocol, origin });
        self.upstreams.push(found.upstream);
        self.index.insert(name.clone(), id);
        id
    }

    fn port_name(&self, name: &BackendName) -> Option<&str> {
        let service = self.world.services.get(&name.object)?;
        let port = service.read.spec.ports.iter().find(|port| Some(port.port) == name.port)?;
        port.name.as_deref()
    }

    fn service(&self, name: &BackendName) -> Option<Result<Found, Fault>> {
        let service = self.world.services.get(&name.object)?;
        let Some(number) = name.port else {
            return Some(Err(Fault::new("BackendNotFound", format!("Service {} needs a port", name.object))));
        };
        let Some(port) = service.read.spec.ports.iter().find(|port| port.port == number) else {
            let ports: Vec<String> =
                service.read.spec.ports.iter().map(|port| port.port.to_string()).collect();
            let message =
                format!("Service {} has no port {number}; it has {}", name.object, ports.join(", "));
            return Some(Err(Fault::new("BackendNotFound", message)));
        };
        let slices = self.world.slices.get(&name.object).map(Vec::as_slice).unwrap_or_default();
        let endpoints = endpoints::of_service(&service.read, port, slices);
        Some(protocol(port).map(|protocol| Found {
            protocol,
            upstream: Upstream { known: true, endpoints, ..Upstream::default() },
        }))
    }

    fn backend(&self, name: &BackendName) -> Option<Result<Found, Fault>> {
        let backend = &self.world.backends.get(&name.object)?.read.spec;
        let protocol = match backend.app_protocols.first() {
            Some(written) => match app_protocol(written) {
                Some(protocol) => protocol,
                None => return Some(Err(unsupported(&format!("Backend {}", name.object), written))),
            },
            None => BackendProtocol::Unspecified,
        };
        let endpoints = endpoints::of_backend(backend);
        Some(Ok(Found { protocol, upstream: Upstream { known: true, endpoints, ..Upstream::default() } }))
    }

    fn finding(&self, object: &Object, path: &str, name: &BackendName, reason: &str) -> Finding {
        let message = match reason {
            "UnsupportedProtocol" => format!("{} {name} speaks a protocol that Gateline does not", name.kind),
            _ => match self.world.services.get(&name.object) {
                Some(service) if &*name.kind == "Service" => {
                    let ports: Vec<String> =
                        service.read.spec.ports.iter().map(|port| port.port.to_string()).collect();
                    format!("Service {} has no such port: it has {}", name, ports.join(", "))
                }
                _ => format!("{} {name} does not exist", name.kind),
            },
        };
        if let Some(port) = self.target_port(name) {
            let origin = object.origin(&format!("{path}.port"));
            let message = format!(
                "{message}; {} is the targetPort of its port {port}, a port of the Pods",
                name.port.unwrap_or_default()
            );
            return Finding::new(&codes::GL308, origin, message).help(format!("write port: {port}"));
        }
        Finding::new(&codes::GL301, object.origin(path), message).help(match &*object.kind {
            "TLSRoute" | "TCPRoute" => "its share of the connections is reset",
            "UDPRoute" => "its share of the sessions is dropped",
            _ => "its share of the requests is answered 500",
        })
    }

    /// The port of a Service whose Pods listen on the port that a reference names.
    fn target_port(&self, name: &BackendName) -> Option<u16> {
        let service = self.world.services.get(&name.object).filter(|_| &*name.kind == "Service")?;
        let asked = u64::from(name.port?);
        let ports = &service.read.spec.ports;
        let meant =
            ports.iter().find(|port| port.target_port.as_ref().and_then(Value::as_u64) == Some(asked));
        meant.filter(|_| ports.iter().all(|port| u64::from(port.port) != asked)).map(|port| port.port)
    }
}

fn protocol(port: &ServicePort) -> Result<BackendProtocol, Fault> {
    match port.app_protocol.as_deref() {
        None | Some("") => Ok(BackendProtocol::Unspecified),
        Some(written) => {
            app_protocol(written).ok_or_else(|| unsupported(&format!("port {}", port.port), written))
        }
    }
}

fn unsupported(what: &str, written: &str) -> Fault {
    Fault::new("UnsupportedProtocol", format!("{what}: appProtocol {written:?} is not supported"))
}

/// GEP-1911, and the IANA names that are common in Services.
fn app_protocol(written: &str) -> Option<BackendProtocol> {
    Some(match written {
        "kubernetes.io/h2c" | "gateway.envoyproxy.io/h2c" | "h2c" | "http2" | "grpc" => BackendProtocol::H2c,
        "kubernetes.io/ws" | "gateway.envoyproxy.io/ws" | "ws" => BackendProtocol::WebSocket,
        "kubernetes.io/wss" | "gateway.envoyproxy.io/wss" | "wss" => BackendProtocol::WebSocketTls,
        "http" => BackendProtocol::Http1,
        "https" => BackendProtocol::Https,
        "tcp" | "udp" | "tls" => BackendProtocol::Unspecified,
        // The suite's own names for ports of its echo servers, and other vendors' names, say nothing about HTTP.
        other if !other.starts_with("kubernetes.io/") => BackendProtocol::Unspecified,
        _ => return None,
    })
}

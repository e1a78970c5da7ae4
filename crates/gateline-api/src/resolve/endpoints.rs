use std::net::{IpAddr, SocketAddr};

use super::resolution::Endpoint;
use crate::objects::{EndpointSlice, Service, ServicePort};

/// The ready endpoints of a Service port: from its EndpointSlices, never from its cluster address, so that headless and
/// selector-less Services work too. Sorted, without repeats.
pub(super) fn of_service(service: &Service, port: &ServicePort, slices: &[EndpointSlice]) -> Vec<Endpoint> {
    if let Some(name) =
        service.spec.external_name.as_ref().filter(|_| service.spec.r#type.as_deref() == Some("ExternalName"))
    {
        return vec![Endpoint::Name(name.clone(), port.port)];
    }
    let mut endpoints: Vec<Endpoint> = slices.iter().flat_map(|slice| of_slice(slice, port)).collect();
    endpoints.sort_unstable();
    endpoints.dedup();
    endpoints
}

fn of_slice<'s>(slice: &'s EndpointSlice, port: &ServicePort) -> impl Iterator<Item = Endpoint> + use<'s> {
    let wanted = port.name.clone().unwrap_or_default();
    let ports = slice.ports.as_deref().unwrap_or_default();
    let number = ports
        .iter()
        .find(|port| port.name.as_deref().unwrap_or_default() == wanted)
        .and_then(|port| port.port);
    let ready = |endpoint: &&crate::objects::SliceEndpoint| endpoint.conditions.ready != Some(false);
    let addresses = slice.endpoints.as_deref().unwrap_or_default().iter().filter(ready);
    addresses.filter_map(move |endpoint| address(endpoint.addresses.first()?, number?))
}

/// The endpoints of an Envoy Gateway Backend.
pub(super) fn of_backend(backend: &crate::objects::BackendSpec) -> Vec<Endpoint> {
    let endpoints = backend.endpoints.iter().filter_map(|endpoint| match (&endpoint.ip, &endpoint.fqdn) {
        (Some(ip), _) => address(&ip.address, ip.port),
        (None, Some(fqdn)) => Some(Endpoint::Name(fqdn.hostname.clone(), fqdn.port)),
        (None, None) => None,
    });
    let mut endpoints: Vec<Endpoint> = endpoints.collect();
    endpoints.sort_unstable();
    endpoints.dedup();
    endpoints
}

fn address(text: &str, port: u16) -> Option<Endpoint> {
    match text.parse::<IpAddr>() {
        Ok(ip) => Some(Endpoint::Address(SocketAddr::new(ip, port))),
        Err(_) if text.is_empty() => None,
        Err(_) => Some(Endpoint::Name(text.to_owned(), port)),
    }
}

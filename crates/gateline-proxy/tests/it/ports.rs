//! The port that clients see is the listener's, whichever is bound.

use std::net::SocketAddr;

use gateline::filter::{Filters, Redirect};
use gateline::model::{BackendProtocol, RouteKind};
use gateline_api::Resolution;
use gateline_proxy::Ports;
use http::StatusCode;

use crate::support::*;

fn redirect(scheme: Option<&str>, port: Option<u16>) -> Filters {
    let scheme = scheme.map(Into::into);
    let redirect = Redirect { scheme, hostname: None, path: None, port, status: StatusCode::FOUND };
    Filters { redirect: Some(redirect), ..Filters::default() }
}

/// `Location` for a request whose `Host` may name the bound port, as behind a Service or a port map it would not.
async fn location(address: SocketAddr, host: &str, path: &str) -> String {
    let (status, headers, _) = exchange(address, get(host, path)).await;
    assert_eq!(status, 302);
    headers["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn redirects_name_the_port_of_the_listener() {
    for ports in [Ports::Ephemeral, Ports::Map([(80, 0), (8080, 0)].into())] {
        let mut resolution = Resolution::default();
        for port in [80, 8080] {
            let mut rules = Vec::new();
            for (path, scheme, target) in [
                ("/nil", None, None),
                ("/80", None, Some(80)),
                ("/8080", None, Some(8080)),
                ("/s", Some("https"), None),
            ] {
                let mut rule = rule(path, &[]);
                rule.filters = redirect(scheme, target);
                rules.push(rule);
            }
            add_route(&mut resolution, RouteKind::Http, listener(port, None), rules);
        }
        let mut own = config();
        own.ports = ports;
        let (proxy, _) = start(own, &resolution);
        for (port, path, expected) in [
            (80, "/nil", "http://h/nil"),
            (80, "/80", "http://h/80"),
            (80, "/8080", "http://h:8080/8080"),
            (80, "/s", "https://h/s"),
            (8080, "/nil", "http://h:8080/nil"),
            (8080, "/80", "http://h/80"),
            (8080, "/s", "https://h/s"),
        ] {
            let address = proxy.addresses()[&port][0];
            assert_ne!(address.port(), port);
            for host in ["h".to_owned(), format!("h:{}", address.port()), format!("h:{port}")] {
                assert_eq!(location(address, &host, path).await, expected, "listener {port}, Host {host}");
            }
        }
    }
}

/// Routes of one port are not reached through another, although both are bound elsewhere.
#[tokio::test]
async fn routes_belong_to_the_port_of_the_listener() {
    let (one, two) = (named("one").await, named("two").await);
    let mut resolution = Resolution::default();
    for (port, server) in [(80, &one), (8090, &two)] {
        let backend = add_backend(&mut resolution, BackendProtocol::Unspecified, &[server.address]);
        let path = if port == 80 { "/one" } else { "/two" };
        add_route(&mut resolution, RouteKind::Http, listener(port, None), vec![rule(path, &[(backend, 1)])]);
    }
    let (proxy, _) = start(config(), &resolution);
    for (port, path, status) in
        [(80, "/one", 200), (80, "/two", 404), (8090, "/two", 200), (8090, "/one", 404)]
    {
        assert_eq!(fetch(proxy.addresses()[&port][0], path).await.0, status, "{port}{path}");
    }
}

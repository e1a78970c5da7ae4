//! The tower layers over a service that answers with what it saw.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

mod answer;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use gateline::Router;
use gateline::model::ObjectName;
use gateline_tower::{FilterLayer, Matched, RouteLayer, RouterHandle, ServerName};
use http::header::HOST;
use http::{HeaderMap, Request, Response};
use spec_tests::{Ask, Became, Case, Door, File, Observed, Sees, Sent, World, run, worlds};
use tower::util::BoxCloneService;
use tower::{ServiceBuilder, ServiceExt, service_fn};

type Answer = Response<()>;
type Service = BoxCloneService<Request<HeaderMap>, Answer, Infallible>;

/// What the service saw, in the extensions of its response.
#[derive(Clone, Debug)]
struct Echo {
    backend: String,
    sent: Sent,
}

struct Tower {
    runtime: tokio::runtime::Runtime,
    router: Arc<Router>,
    services: HashMap<(u16, Option<ObjectName>), Service>,
}

impl Door for Tower {
    fn sees(&self) -> Sees {
        Sees { became: true, upstream: true, response: true, ..Sees::default() }
    }

    fn skips(&self, _: &File, case: &Case) -> Option<&'static str> {
        (!case.expect.asked.is_empty()).then_some("layers ask no server: 500")
    }

    fn enter(&mut self, _: &File, world: &World) -> Result<(), String> {
        self.router = world.router.clone();
        self.services.clear();
        Ok(())
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let prepared = ask.request;
        let key = (prepared.port, prepared.gateway.clone());
        let service = self
            .services
            .entry(key)
            .or_insert_with(|| service(self.router.clone(), prepared.port, prepared.gateway.clone()));
        // The body of the request carries what the backend is to answer with.
        let mut request = prepared.http()?.map(|()| ask.case.request.reply().unwrap());
        if let Some(sni) = &prepared.sni {
            request.extensions_mut().insert(ServerName(sni.as_str().into()));
        }
        let response = self.runtime.block_on(service.clone().oneshot(request)).unwrap();
        Ok(observed(response))
    }
}

fn service(router: Arc<Router>, port: u16, gateway: Option<ObjectName>) -> Service {
    let route = RouteLayer::new(RouterHandle::new(router), port);
    let route = match gateway {
        Some(gateway) => route.of_gateway(gateway),
        None => route,
    };
    let echo = service_fn(|request: Request<HeaderMap>| async { Ok::<_, Infallible>(echo(request)) });
    let service = ServiceBuilder::new().layer(route).layer(FilterLayer::new()).service(echo);
    service.map_response(|response| response.map(|_| ())).boxed_clone()
}

fn echo(request: Request<HeaderMap>) -> Answer {
    let (mut parts, reply) = request.into_parts();
    let matched = parts.extensions.get::<Matched>().unwrap();
    let backend = matched.backend_name().unwrap().to_string();
    let host = parts.headers.remove(HOST).unwrap();
    let sent = Sent {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        host: host.to_str().unwrap().to_owned(),
        headers: parts.headers,
    };
    let mut response = Response::new(());
    *response.headers_mut() = reply;
    response.extensions_mut().insert(Echo { backend, sent });
    response
}

fn observed(response: Answer) -> Observed {
    let (mut parts, ()) = response.into_parts();
    match parts.extensions.remove::<Echo>() {
        Some(echo) => Observed {
            became: Some(Became::Forwarded(echo.backend)),
            upstream: Some(echo.sent),
            response: Some(parts.headers),
            ..Observed::default()
        },
        None => answer::answered(parts),
    }
}

#[test]
fn every_case_through_the_layers() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let router = Router::compile(Arc::default(), &gateline::Options::default()).unwrap();
    let mut tower = Tower { runtime, router: Arc::new(router), services: HashMap::new() };
    let report = run(&worlds().unwrap(), &mut tower);
    println!("tower: {report}");
    assert!(report.ran >= 600 && report.skipped.keys().eq(&["layers ask no server: 500", "no request"]));
    assert!(report.failures.is_empty(), "{report}");
}

//! The naive matcher, straight from the specification.

use gateline::model::ListenerId;
use gateline::{Connect, Decision, Hit, Miss, Model, reference};
use spec_tests::{Ask, Decided, Door, File, Observed, RouteAt, Sees, World, authorize, run, worlds};

struct Reference;

impl Door for Reference {
    fn sees(&self) -> Sees {
        Sees { decision: true, listener: true, ..Sees::default() }
    }

    fn enter(&mut self, _: &File, _: &World) -> Result<(), String> {
        Ok(())
    }

    fn takes_connections(&self) -> bool {
        true
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let World { resolution, options, .. } = ask.world;
        let model = &resolution.model;
        let request = ask.request;
        let gateway = ask.request.gateway.as_ref();
        if let Some(opening) = request.opening() {
            return Ok(connected(model, reference::connect(model, request.port, gateway, &opening)));
        }
        let mut request = request.clone();
        let mut decision = reference::decide(model, options, request.port, gateway, &request.head());
        if let Decision::Ask(listener) = decision {
            let filters = &model.listeners[listener.0 as usize].filters;
            if let Some((status, _)) = authorize(filters, model, ask.case, &mut request, &mut Vec::new())? {
                return Ok(status_alone(status));
            }
            let model = unguarded(model);
            decision = reference::decide(&model, options, request.port, gateway, &request.head());
        }
        Ok(match decision {
            Decision::Hit(hit) => taken(model, hit),
            Decision::Ask(_) => return Err("it is asked twice".to_owned()),
            Decision::Miss(Miss { reason, .. }) => status_alone(reason.status().as_u16()),
        })
    }
}

fn status_alone(status: u16) -> Observed {
    Observed { decided: Some(Decided::Status(status)), ..Observed::default() }
}

/// As it is once every filter of a listener agreed.
fn unguarded(model: &Model) -> Model {
    let mut model = model.clone();
    for listener in &mut model.listeners {
        listener.filters.clear();
    }
    model
}

fn taken(model: &Model, hit: Hit) -> Observed {
    let route = &model.routes[hit.route.0 as usize];
    let at = RouteAt {
        route: format!("{}/{}", route.kind, route.name),
        rule: hit.rule.into(),
        matched: hit.matched.into(),
    };
    let listener = Some(listener(model, hit.listener));
    Observed { decided: Some(Decided::Rule(at)), listener, ..Observed::default() }
}

fn listener(model: &Model, id: ListenerId) -> String {
    model.listeners[id.0 as usize].name.to_string()
}

fn connected(model: &Model, connect: Connect) -> Observed {
    match connect {
        Connect::Rule(hit) => taken(model, hit),
        Connect::Refuse(miss) => {
            let listener = miss.listener.map(|id| listener(model, id));
            Observed { decided: Some(Decided::Closed), listener, ..Observed::default() }
        }
        // Left to requests: no case expects it.
        Connect::Http | Connect::Https(_) => Observed::default(),
    }
}

#[test]
fn every_case_through_the_reference() {
    let report = run(&worlds().unwrap(), &mut Reference);
    println!("reference: {report}");
    assert!(report.ran >= 600 && report.skipped.is_empty());
    assert!(report.failures.is_empty(), "{report}");
}

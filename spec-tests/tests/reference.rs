//! The naive matcher, straight from the specification.

use gateline::{Decision, Miss, reference};
use spec_tests::{Ask, Decided, Door, File, Observed, RouteAt, Sees, World, run, worlds};

struct Reference;

impl Door for Reference {
    fn sees(&self) -> Sees {
        Sees { decision: true, listener: true, ..Sees::default() }
    }

    fn enter(&mut self, _: &File, _: &World) -> Result<(), String> {
        Ok(())
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let World { resolution, options, .. } = ask.world;
        let model = &resolution.model;
        let request = ask.request;
        let gateway = request.gateway.as_ref();
        let decision = reference::decide(model, options, request.port, gateway, &request.head());
        let listener = |id: gateline::model::ListenerId| model.listeners[id.0 as usize].name.to_string();
        Ok(match decision {
            Decision::Hit(hit) => {
                let route = &model.routes[hit.route.0 as usize];
                let at = RouteAt {
                    route: format!("{}/{}", route.kind, route.name),
                    rule: hit.rule.into(),
                    matched: hit.matched.into(),
                };
                let listener = Some(listener(hit.listener));
                Observed { decided: Some(Decided::Rule(at)), listener, ..Observed::default() }
            }
            Decision::Miss(Miss { reason, .. }) => {
                let decided = Some(Decided::Status(reason.status().as_u16()));
                Observed { decided, ..Observed::default() }
            }
        })
    }
}

#[test]
fn every_case_through_the_reference() {
    let report = run(&worlds().unwrap(), &mut Reference);
    println!("reference: {report}");
    assert!(report.ran >= 600 && report.skipped.is_empty());
    assert!(report.failures.is_empty(), "{report}");
}

use std::collections::HashMap;

use gateline::model::{Model, Origin};
use gateline_api::Finding;
use gateline_api::finding::codes;

use super::{Dead, Graph, RuleAt};

/// The codes that say that no request reaches a rule or a match: proofs, all of them.
fn proves(finding: &Finding) -> bool {
    [codes::GL201, codes::GL202, codes::GL204, codes::GL206].iter().any(|code| code.code == finding.code)
}

/// Says of each rule and match whether a finding proves that nothing reaches it.
pub(super) fn mark(graph: &mut Graph, model: &Model) {
    let rules = model.routes.iter().enumerate().flat_map(|(route, one)| {
        one.rules.iter().enumerate().map(move |(rule, one)| (place(&one.origin), RuleAt { route, rule }))
    });
    let rules: HashMap<_, RuleAt> = rules.collect();
    let proofs = graph.findings.iter().enumerate().filter(|(_, finding)| proves(finding));
    let proofs = proofs.map(|(index, finding)| {
        let by = finding.related.iter().filter_map(|(_, origin)| rules.get(&place(origin)).copied());
        (place(&finding.origin), Dead { finding: index, by: by.collect() })
    });
    let proofs: HashMap<_, Dead> = proofs.collect();
    for (node, of) in graph.routes.iter_mut().zip(&model.routes) {
        for (node, of) in node.rules.iter_mut().zip(&of.rules) {
            node.dead = proofs.get(&place(&of.origin)).cloned();
            for (node, of) in node.matches.iter_mut().zip(&of.matches) {
                node.dead = proofs.get(&place(&of.origin)).cloned();
            }
            // None is left that anything reaches.
            let first = node.matches.first().and_then(|first| first.dead.clone());
            if node.dead.is_none() && node.matches.iter().all(|one| one.dead.is_some()) {
                node.dead = first;
            }
        }
    }
}

/// A field of an object.
fn place(origin: &Origin) -> (&str, &str, &str, &str) {
    (&origin.kind, &origin.object.namespace, &origin.object.name, &origin.path)
}

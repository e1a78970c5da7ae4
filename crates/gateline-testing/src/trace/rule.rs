use gateline::Router;
use gateline::model::{Model, Place, Route, RouteId};

use crate::run::names;
use crate::suite::RuleName;

/// A rule of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleRef {
    /// Its route.
    pub route: RouteId,
    /// Index in the route.
    pub rule: usize,
}

/// A name that means no rule, or several routes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())]
pub struct NameError {
    /// What is wrong.
    pub message: String,
    /// What may be meant.
    pub help: Option<String>,
}

/// The rules that `HTTPRoute/ns/name#rule` means, where the rule is an index or a name: all rules of a route if it names none. The
/// kind and the namespace may be left out where one route has the name.
pub fn rules(router: &Router, name: &str) -> Result<Vec<RuleRef>, NameError> {
    let model = router.model();
    let place = Place { file: "".into(), line: 1, column: 1 };
    let name = RuleName::parse(name, place).map_err(|message| NameError { message, help: None })?;
    if let Some(error) = names::unknown_rule(model, &name) {
        return Err(NameError { message: error.message, help: error.help });
    }
    let meant = meant(model, &name);
    let mut named: Vec<String> = meant.iter().map(|(_, route)| full_name(route)).collect();
    named.dedup();
    if let [_, _, ..] = named.as_slice() {
        let message = format!("`{name}` may be {}", named.join(" or "));
        return Err(NameError { message, help: Some("write which".to_owned()) });
    }
    Ok(meant.into_iter().map(|(rule, _)| rule).collect())
}

fn meant<'m>(model: &'m Model, name: &RuleName) -> Vec<(RuleRef, &'m Route)> {
    let routes = (0..).map(RouteId).zip(&model.routes);
    let rules = routes.flat_map(|(id, route)| {
        let means = |rule: &usize| name.means_rule(route, *rule);
        let rules = (0..route.rules.len()).filter(means);
        rules.map(move |rule| (RuleRef { route: id, rule }, route)).collect::<Vec<_>>()
    });
    rules.collect()
}

/// `HTTPRoute/ns/name`.
pub(super) fn full_name(route: &Route) -> String {
    format!("{}/{}", route.kind, route.name)
}

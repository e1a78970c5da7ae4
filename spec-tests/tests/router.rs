//! The compiled router: `decide` with `plan`, and `explain`.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

use gateline::explain::{Explanation, Outcome};
use gateline::model::Target;
use gateline::plan::Forward;
use gateline::{Connect, Decision, EntryId, Plan, Router};
use http::header::{HOST, LOCATION, ORIGIN};
use http::{HeaderMap, Response};
use spec_tests::{
    Ask, Became, Case, Decided, Door, File, Observed, Prepared, Question, RouteAt, Sees, Sent, World,
    authorize, run, worlds,
};

/// `decide`, `view`, `plan` and the filters, as a data plane calls them.
struct Decide;

impl Door for Decide {
    fn sees(&self) -> Sees {
        Sees { decision: true, listener: true, became: true, upstream: true, response: true, asked: true }
    }

    fn enter(&mut self, _: &File, _: &World) -> Result<(), String> {
        Ok(())
    }

    fn takes_connections(&self) -> bool {
        true
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let router = &*ask.world.router;
        let entry = ask.request.entry(router).ok_or("no listener has this port")?;
        if let Some(opening) = ask.request.opening() {
            return connected(router, router.connect(entry, &opening), ask.x);
        }
        let mut asked = Vec::new();
        let observed = decided(router, entry, ask, &mut asked)?;
        Ok(Observed { asked, ..observed })
    }
}

fn decided(
    router: &Router,
    entry: EntryId,
    ask: &Ask<'_>,
    asked: &mut Vec<Question>,
) -> Result<Observed, String> {
    let (model, mut request) = (router.model(), ask.request.clone());
    let mut decision = router.decide(entry, &request.head());
    if let Decision::Ask(_) = decision {
        let filters = router.listener_filters(entry, &request.head());
        if let Some((status, headers)) = authorize(filters, model, ask.case, &mut request, asked)? {
            return Ok(answered(None, status, headers));
        }
        decision = router.decide_admitted(entry, &request.head());
    }
    let hit = match decision {
        Decision::Hit(hit) => hit,
        Decision::Ask(_) => return Err("it is asked twice".to_owned()),
        Decision::Miss(miss) => return Ok(answered(None, miss.reason.status().as_u16(), HeaderMap::new())),
    };
    let view = router.view(hit).ok_or("a hit without a view")?;
    let at = RouteAt {
        route: format!("{}/{}", view.route.kind, view.route.name),
        rule: hit.rule.into(),
        matched: hit.matched.into(),
    };
    let mut plan = router.plan(view, &request.head(), ask.x);
    if let Plan::Ask(question) = plan {
        if let Some((status, mut headers)) =
            authorize(question.filters, model, ask.case, &mut request, asked)?
        {
            question.response(request.headers.get(ORIGIN), &mut headers);
            return Ok(answered(Some(at), status, headers));
        }
        plan = question.admitted(&request.head());
    }
    let mut observed = match plan {
        Plan::Answer(answer) => answered(Some(at), answer.status.as_u16(), answer.headers),
        Plan::Ask(_) => return Err("it is asked twice".to_owned()),
        Plan::Forward(forward) => forwarded(at, &forward, router, &request, ask)?,
    };
    observed.listener = Some(view.listener.name.to_string());
    Ok(observed)
}

fn connected(router: &Router, connect: Connect, x: u64) -> Result<Observed, String> {
    let closed =
        |decided| Observed { decided: Some(decided), became: Some(Became::Closed), ..Observed::default() };
    match connect {
        Connect::Rule(hit) => {
            let view = router.view(hit).ok_or("a hit without a view")?;
            let at = RouteAt {
                route: format!("{}/{}", view.route.kind, view.route.name),
                rule: hit.rule.into(),
                matched: hit.matched.into(),
            };
            let mut observed = closed(Decided::Rule(at));
            if let Some(Target::Backend(id)) = view.rule.backends.pick(x).map(|backend| &backend.target) {
                let backend = router.model().backends[id.0 as usize].name.to_string();
                observed.became = Some(Became::Forwarded(backend));
            }
            observed.listener = Some(view.listener.name.to_string());
            Ok(observed)
        }
        Connect::Refuse(miss) => {
            let listener = miss.listener.map(|id| router.model().listeners[id.0 as usize].name.to_string());
            Ok(Observed { listener, ..closed(Decided::Closed) })
        }
        Connect::Http | Connect::Https(_) => Err("requests decide".to_owned()),
    }
}

fn answered(at: Option<RouteAt>, status: u16, headers: HeaderMap) -> Observed {
    let location = headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
    Observed {
        decided: Some(at.map_or(Decided::Status(status), Decided::Rule)),
        became: Some(Became::Answered { status, location }),
        response: Some(headers),
        ..Observed::default()
    }
}

fn forwarded(
    at: RouteAt,
    forward: &Forward<'_>,
    router: &Router,
    request: &Prepared,
    ask: &Ask<'_>,
) -> Result<Observed, String> {
    let (mut parts, ()) = request.http()?.into_parts();
    forward.request(&mut parts);
    let host = parts.headers.remove(HOST).ok_or("no host")?;
    let sent = Sent {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        host: host.to_str().unwrap().to_owned(),
        headers: parts.headers,
    };
    let (mut response, ()) = Response::new(()).into_parts();
    response.headers = ask.case.request.reply()?;
    forward.response(ask.request.headers.get(ORIGIN), &mut response);
    let backend = router.model().backends[forward.id.0 as usize].name.to_string();
    Ok(Observed {
        decided: Some(Decided::Rule(at)),
        became: Some(Became::Forwarded(backend)),
        upstream: Some(sent),
        response: Some(response.headers),
        ..Observed::default()
    })
}

/// `explain`, as the command line and `/explain` print it.
struct Explain;

impl Door for Explain {
    fn sees(&self) -> Sees {
        Sees { decision: true, listener: true, became: true, upstream: true, response: false, asked: true }
    }

    /// An explanation is of a request that passes unchanged.
    fn skips(&self, _: &File, case: &Case) -> Option<&'static str> {
        (!case.request.auth.is_empty()).then_some("it asks no server")
    }

    fn enter(&mut self, _: &File, _: &World) -> Result<(), String> {
        Ok(())
    }

    fn takes_connections(&self) -> bool {
        true
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let router = &*ask.world.router;
        let entry = ask.request.entry(router).ok_or("no listener has this port")?;
        observed(match ask.request.opening() {
            Some(opening) => router.explain_connection(entry, &opening, ask.x),
            None => router.explain(entry, &ask.request.head(), ask.x),
        })
    }
}

fn observed(explanation: Explanation) -> Result<Observed, String> {
    let decided = match (explanation.route, explanation.rule, explanation.matched) {
        (Some(route), Some(rule), Some(matched)) => Decided::Rule(RouteAt { route, rule, matched }),
        _ if matches!(explanation.outcome, Outcome::Close | Outcome::None)
            && explanation.status.is_none() =>
        {
            Decided::Closed
        }
        _ => Decided::Status(explanation.status.ok_or("neither a route nor a status")?),
    };
    let became = if explanation.outcome == Outcome::Close || decided == Decided::Closed {
        Became::Closed
    } else if explanation.outcome == Outcome::Forward {
        let picked = explanation.picked.and_then(|index| explanation.backends.get(index));
        Became::Forwarded(picked.ok_or("forwarded to nothing")?.reference.clone())
    } else {
        let status = explanation.status.ok_or("an answer without a status")?;
        Became::Answered { status, location: explanation.location }
    };
    let sent = |upstream: gateline::explain::Upstream| {
        let mut headers = HeaderMap::new();
        for (name, value) in upstream.headers {
            headers.append(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        Sent { method: upstream.method, path: upstream.path, host: upstream.host, headers }
    };
    let asked = explanation.asks.into_iter().map(|asked| Question { server: asked.reference, told: None });
    Ok(Observed {
        decided: Some(decided),
        asked: asked.collect(),
        listener: explanation.listener,
        became: Some(became),
        upstream: explanation.upstream.map(sent),
        response: None,
    })
}

#[test]
fn every_case_through_the_router() {
    let report = run(&worlds().unwrap(), &mut Decide);
    println!("router: {report}");
    assert!(report.ran >= 600 && report.skipped.is_empty());
    assert!(report.failures.is_empty(), "{report}");
}

#[test]
fn every_case_through_explain() {
    let report = run(&worlds().unwrap(), &mut Explain);
    println!("explain: {report}");
    assert!(report.ran >= 600 && report.skipped.keys().eq(&["it asks no server"]));
    assert!(report.failures.is_empty(), "{report}");
}

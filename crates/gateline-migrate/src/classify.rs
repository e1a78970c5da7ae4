//! From a change to its causes, each with a finding's code and a request of its own.

use gateline::analysis::{Change, ChangeKind, Effect, Forwarding, Hosts, Witness};
use gateline::filter::Filters;
use gateline::model::Rule;
use gateline::pattern;
use gateline_api::finding::codes;
use regex_automata::meta::Regex;

use crate::cause::{Both, with_path};
use crate::difference::Cause;
use crate::nginx::{
    ADD_SLASH, APP_ROOT, Location, PathType, SSL_REDIRECT, Server, has_branches, looks_around, policy,
};
use crate::source::Source;

/// The causes of a change, with a request that shows each.
pub(crate) fn causes(source: &Source, both: Both<'_>, change: &Change) -> Vec<(Cause, Witness)> {
    let alone = |cause| vec![(cause, change.witness.clone())];
    if let Some(cause) = guarded(change) {
        return alone(cause);
    }
    if change.hosts.iter().any(|hosts| matches!(hosts, Hosts::Deeper(_))) && change.before.effect.is_error() {
        return alone(depth(change));
    }
    let rule = before(source, change);
    if let Some(rule) = rule
        && let Some(causes) = answered(source, both, change, rule)
    {
        return causes;
    }
    let moved = matches!(
        change.kind,
        ChangeKind::Lost | ChangeKind::Moved | ChangeKind::Redirect | ChangeKind::Status
    );
    if moved && let Some((server, location)) = rule.and_then(|rule| source.location(&rule.origin)) {
        let found =
            if server.is_regex() { patterns(server, location, both, change) } else { raw(location, change) };
        if !found.is_empty() {
            return found;
        }
    }
    alone(plain(both, change))
}

/// The rule of the Ingress that takes the requests.
fn before<'s>(source: &'s Source, change: &Change) -> Option<&'s Rule> {
    let matched = change.before.matched?;
    source.model.routes.get(matched.route.0 as usize)?.rules.get(usize::from(matched.rule))
}

fn policies(effect: &Effect) -> Option<&policy::Policies> {
    match effect {
        Effect::Forward(forward) => Some(&forward.policies),
        Effect::Answer(answer) => Some(&answer.policies),
        _ => None,
    }
}

/// What decides who may pass is gone, or another: this goes before all else, for it may open a route.
fn guarded(change: &Change) -> Option<Cause> {
    let (before, after) = (policies(&change.before.effect)?, policies(&change.after.effect)?);
    let names = policy::GUARDS.into_iter().find(|name| before.get(*name) != after.get(*name))?;
    let (was, is) = (before.get(names), after.get(names));
    Some(match (names, was, is) {
        (policy::SNIPPET, Some(was), _) => Cause::new(
            &codes::GL724,
            format!("what {was} does to these requests is not known, and nothing stands in its place"),
            "read the snippet, find a filter or a policy for what it does, then accept this",
        ),
        (name, Some(was), None) => Cause::new(
            policy::code(name).unwrap_or(&codes::GL720),
            format!("{name} ({was}) is gone: whoever asks gets through"),
            "attach a policy of the target's, or an ExternalAuth filter, before the route goes live",
        ),
        (name, was, is) => {
            let text = |value: Option<&Box<str>>| value.map_or("nothing".to_owned(), ToString::to_string);
            Cause::new(
                &codes::GL719,
                format!("{name}: {} is {} now", text(was), text(is)),
                "compare what both let in; accept this if it is as meant",
            )
        }
    })
}

fn depth(change: &Change) -> Cause {
    let hosts: Vec<String> = change.hosts.iter().map(ToString::to_string).collect();
    Cause::new(
        &codes::GL703,
        format!(
            "a wildcard is one label in an Ingress and any number of them in a Gateway: {} is taken too",
            hosts.join(", ")
        ),
        "accept this, or name the hosts that are meant",
    )
}

/// Rules that answer by themselves.
fn answered(source: &Source, both: Both<'_>, change: &Change, rule: &Rule) -> Option<Vec<(Cause, Witness)>> {
    let witness = &change.witness;
    let one = |cause| Some(vec![(cause, witness.clone())]);
    match rule.name.as_deref()? {
        ADD_SLASH => one(Cause::new(
            &codes::GL711,
            "nginx answers 301 to the same path with a slash",
            "add an Exact match of the path without the slash that redirects (ReplaceFullPath, 301)",
        )),
        SSL_REDIRECT => one(Cause::new(
            &codes::GL715,
            format!("plain HTTP is not redirected to HTTPS with {}", source.globals.http_redirect_code),
            "add a route for the HTTP listener with a RequestRedirect (scheme: https, statusCode: 308)",
        )),
        "permanent-redirect" | "temporal-redirect" | APP_ROOT => Some(redirected(both, change, rule)),
        _ => None,
    }
}

fn redirected(both: Both<'_>, change: &Change, rule: &Rule) -> Vec<(Cause, Witness)> {
    let witness = &change.witness;
    if let Some(url) = rule.policies.get(policy::REDIRECT) {
        let cause = Cause::new(
            &codes::GL714,
            format!("no RequestRedirect leads to {url:?}"),
            "redirect to a fixed host and keep the path, or let the application answer",
        );
        return vec![(cause, witness.clone())];
    }
    let asked = Witness { query: Some("q=1".into()), ..witness.clone() };
    let [was, is] = both.locations(&asked);
    let bare = |location: &Option<String>| {
        location.as_deref().and_then(|text| text.split(['?', '#']).next().map(str::to_owned))
    };
    let status = |effect: &Effect| match effect {
        Effect::Answer(answer) => answer_status(&answer.filters),
        _ => None,
    };
    let same = status(&change.before.effect) == status(&change.after.effect);
    let text = |location: Option<String>| location.unwrap_or_else(|| "no redirect".into());
    if same && is.is_some() && bare(&was) == bare(&is) {
        let cause = Cause::new(
            &codes::GL713,
            format!(
                "the redirect to {} is {} now: a RequestRedirect keeps the query and has no fragment",
                text(was),
                text(is)
            ),
            "accept this if nobody needs the query, or let the application answer",
        );
        return vec![(cause, asked)];
    }
    let [was, is] = both.locations(witness);
    let variables = change.after.effect.is_error() && rule.filters.redirect.is_some();
    let code = if variables { &codes::GL714 } else { &codes::GL712 };
    let message = format!("the redirect to {} is {} now", text(was), text(is));
    let help = "write a RequestRedirect with the same scheme, hostname, path and statusCode";
    vec![(Cause::new(code, message, help), witness.clone())]
}

fn answer_status(filters: &Filters) -> Option<u16> {
    let respond = filters.respond.as_ref().map(|respond| respond.status);
    filters.redirect.as_ref().map(|redirect| redirect.status).or(respond).map(|status| status.as_u16())
}

/// A location that is a raw beginning.
fn raw(location: &Location, change: &Change) -> Vec<(Cause, Witness)> {
    let rest = change.witness.path.strip_prefix(location.path.as_str());
    let within =
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !location.path.ends_with('/'));
    if location.kind != PathType::Raw || !within {
        return Vec::new();
    }
    let cause = Cause::new(
        &codes::GL704,
        format!("{:?} of type ImplementationSpecific takes every path that begins with it", location.path),
        "match the regular expression of the beginning, or accept this if only whole elements are meant",
    );
    vec![(cause, change.witness.clone())]
}

/// What is lost of a location that is a regular expression: one request for each reason.
fn patterns(server: &Server, location: &Location, both: Both<'_>, change: &Change) -> Vec<(Cause, Witness)> {
    let text = &*location.path;
    if looks_around(text) {
        let cause = Cause::new(
            &codes::GL707,
            format!(
                "{text:?} looks around, which no target on RE2 can: the rule is refused or takes other paths"
            ),
            "spell out what must not follow as paths of their own that come first",
        );
        return vec![(cause, change.witness.clone())];
    }
    let because = if location.wants_regex() {
        String::new()
    } else {
        let other = server.locations.iter().find(|other| other.wants_regex());
        let of = other.map(|other| other.annotations.object().name.to_string()).unwrap_or_default();
        format!(" (Ingress {of} makes every path of the host a regular expression)")
    };
    let Some(example) = pattern::example(text).filter(|path| path.starts_with('/')) else {
        return Vec::new();
    };
    let shows = |path: &str| both.shows(change, &with_path(&change.witness, path));
    // What the pattern takes to its end, in its own case, is lost for another reason.
    if shows(&example) {
        return Vec::new();
    }
    let anchor = || {
        Cause::new(
            &codes::GL706,
            format!("{text:?} is anchored only where it begins: what follows it is taken too{because}"),
            "end the expression with .*, and put branches of their own in a group: (?i)(?:/a.*|.*/b.*)",
        )
    };
    let case = || {
        Cause::new(
            &codes::GL705,
            format!("{text:?} is matched without regard to case{because}"),
            "begin the expression with (?i) where the target takes it, or accept this",
        )
    };
    let mut found: Vec<(Cause, Witness)> = Vec::new();
    if let Some(path) = longer(text, &example).into_iter().find(|path| shows(path)) {
        found.push((anchor(), with_path(&change.witness, path)));
    }
    let upper = example.to_ascii_uppercase();
    let other_case = |rest: &&str| shows(&format!("{upper}{rest}")) && !shows(&format!("{example}{rest}"));
    if let Some(rest) = ["", "/x", "x"].into_iter().find(other_case) {
        found.push((case(), with_path(&change.witness, format!("{upper}{rest}"))));
    }
    if found.is_empty() {
        let exact =
            Regex::new(&format!("^(?:{text})")).is_ok_and(|regex| regex.is_match(&change.witness.path));
        found.push((if exact { anchor() } else { case() }, change.witness.clone()));
    }
    found
}

/// Paths that a pattern takes and that go on after its end, or that a later branch is found in.
fn longer(text: &str, example: &str) -> Vec<String> {
    let mut paths = vec![format!("{example}/x"), format!("{example}x")];
    if has_branches(text) {
        paths.extend(text.split('|').filter_map(pattern::example).map(|branch| format!("/zzz{branch}/c")));
    }
    paths
}

/// By what differs between the two effects.
fn plain(both: Both<'_>, change: &Change) -> Cause {
    use Effect::Forward;
    if let (Forward(before), Forward(after)) = (&change.before.effect, &change.after.effect) {
        match change.kind {
            ChangeKind::Split => {
                return Cause::new(
                    &codes::GL716,
                    "the shares of the backends are others, or other requests get the canary",
                    "compare weights and the matches of the canary; a cookie takes a regular expression over the header",
                );
            }
            ChangeKind::Moved => {}
            _ => return passed_on(both, change, before, after),
        }
    }
    match change.kind {
        ChangeKind::Lost => Cause::new(
            &codes::GL701,
            "what the Ingress serves is an error now",
            "add a rule for these requests, or accept this if they are not wanted",
        ),
        ChangeKind::Opened => Cause::new(
            &codes::GL702,
            "what the Ingress answers with an error is served now",
            "make the match of the rule narrower, or accept this",
        ),
        ChangeKind::Redirect => Cause::new(
            &codes::GL712,
            "a redirect came, went, or leads elsewhere",
            "write a RequestRedirect with the same scheme, hostname, path and statusCode",
        ),
        _ => Cause::new(
            &codes::GL709,
            "another backend gets the requests",
            "compare which rule wins: nginx takes the longest text, a Gateway Exact before patterns before prefixes",
        ),
    }
}

/// The same backends get the requests otherwise.
fn passed_on(both: Both<'_>, change: &Change, before: &Forwarding, after: &Forwarding) -> Cause {
    let (was, is) = (&before.filters, &after.filters);
    if was.cors != is.cors {
        return cors(was, is);
    }
    if let Some(origins) = before.policies.get(policy::ORIGINS).filter(|_| is.cors.is_some()) {
        return Cause::new(
            &codes::GL717,
            format!("CORS: the * of {origins} is one label to nginx, and any number of them to a Gateway"),
            "name the origins, or accept this if all hosts below are yours",
        );
    }
    if was.rewrite != is.rewrite
        || before.prefixes != after.prefixes
        || differs(before, after, policy::REWRITE)
    {
        let [was, is] = both.upstream(&change.witness).map(Option::unwrap_or_default);
        let target =
            before.policies.get(policy::REWRITE).map(|text| format!(" ({text})")).unwrap_or_default();
        return Cause::new(
            &codes::GL710,
            format!("the backend got {was:?} and gets {is:?} now{target}"),
            "replace a prefix (ReplacePrefixMatch) where that is what the expression does; else use the target's extension",
        );
    }
    let timed = [policy::TIMEOUT, policy::CONNECT].into_iter().any(|name| differs(before, after, name));
    if before.timeouts != after.timeouts || timed {
        return timeout(before, after);
    }
    if before.session != after.session {
        return Cause::new(
            &codes::GL725,
            "which backend a session stays with is decided otherwise",
            "set sessionPersistence with the same name of the cookie, or a policy of the target's",
        );
    }
    for (name, code) in [(policy::LIMIT, &codes::GL723), (policy::BODY, &codes::GL726)] {
        if differs(before, after, name) {
            let text =
                |side: &Forwarding| side.policies.get(name).map_or("none".to_owned(), ToString::to_string);
            let message = format!("{name}: {} is {} now", text(before), text(after));
            return Cause::new(
                code,
                message,
                "write a policy of the target's; units and scope are not the same, so compare them",
            );
        }
    }
    if differs(before, after, policy::OTHER) {
        let text = |side: &Forwarding| {
            side.policies.get(policy::OTHER).map_or("nothing".to_owned(), ToString::to_string)
        };
        return Cause::new(
            &codes::GL727,
            format!("{} is not carried over; the Gateway has {}", text(before), text(after)),
            "look up what the annotation does for you, then accept this",
        );
    }
    Cause::new(
        &codes::GL708,
        "the backend gets other header fields, or is spoken to otherwise",
        "compare RequestHeaderModifier, URLRewrite.hostname and the appProtocol of the Service",
    )
}

fn differs(before: &Forwarding, after: &Forwarding, name: &str) -> bool {
    before.policies.get(name) != after.policies.get(name)
}

fn cors(was: &Filters, is: &Filters) -> Cause {
    let text = |filters: &Filters| match &filters.cors {
        None => "no CORS".to_owned(),
        Some(cors) if cors.origins.contains(&gateline::filter::CorsOrigin::Any) && cors.credentials => {
            "every origin, with credentials".into()
        }
        Some(cors) => {
            let with = if cors.credentials { "with" } else { "without" };
            format!(
                "{} origins, {with} credentials",
                if cors.origins.contains(&gateline::filter::CorsOrigin::Any) { "all" } else { "some" }
            )
        }
    };
    Cause::new(
        &codes::GL717,
        format!("CORS: {} is {} now", text(was), text(is)),
        "leave out allowCredentials where every origin is allowed; compare methods, headers and maxAge",
    )
}

fn timeout(before: &Forwarding, after: &Forwarding) -> Cause {
    let text = |side: &Forwarding| {
        let silence = side.policies.get(policy::TIMEOUT).map(ToString::to_string);
        let connect = side.policies.get(policy::CONNECT).map(|time| format!("{time} to connect"));
        let whole = side.timeouts.request.or(side.timeouts.backend_request);
        let whole = whole.map(|time| format!("{} s for the whole request", time.as_secs_f64()));
        let all: Vec<String> = silence.into_iter().chain(connect).chain(whole).collect();
        if all.is_empty() { "no timeout".to_owned() } else { all.join(", ") }
    };
    Cause::new(
        &codes::GL718,
        format!("{} (s, between two reads or writes) is {} now", text(before), text(after)),
        "timeouts of nginx count silence, those of a Gateway the whole request: choose one on purpose, then accept this",
    )
}

use gateline::explain::Reason;
use gateline::model::Place;
use gateline_api::nearest;

use super::name::{Named, RuleName};
use super::node::Node;

const KEYS: [&str; 11] = [
    "backend",
    "split",
    "rule",
    "route",
    "listener",
    "status",
    "reason",
    "redirect",
    "upstream",
    "certificate",
    "valid-for",
];
const REDIRECT_KEYS: [&str; 6] = ["status", "location", "scheme", "host", "path", "query"];
const UPSTREAM_KEYS: [&str; 5] = ["method", "path", "query", "host", "headers"];

/// What must become of a request. What is not written is not looked at.
#[derive(Clone, Debug)]
pub struct Expect {
    /// Where it is written.
    pub place: Place,
    /// All requests go to this backend.
    pub backend: Option<Named>,
    /// They are split so. Only the ratio of the numbers counts; all backends with a share are named.
    pub split: Option<Vec<(Named, u32)>>,
    /// This rule, or a rule of this route, takes it.
    pub rule: Option<RuleName>,
    /// `gateway/listener`, with or without the namespace, or the name of the listener.
    pub listener: Option<(String, Place)>,
    /// What the gateway answers by itself.
    pub status: Option<u16>,
    /// Why.
    pub reason: Option<Reason>,
    /// A redirect.
    pub redirect: Option<ExpectRedirect>,
    /// The request as the backend gets it.
    pub upstream: Option<ExpectUpstream>,
    /// The Secret of the certificate that a TLS client is shown.
    pub certificate: Option<Named>,
    /// For how many seconds from now it must be valid.
    pub valid_for: Option<i64>,
}

/// `redirect`. What is not written is not looked at.
#[derive(Clone, Debug, Default)]
pub struct ExpectRedirect {
    /// 301, 302, …
    pub status: Option<u16>,
    /// The whole `Location`.
    pub location: Option<String>,
    /// A part of it.
    pub scheme: Option<String>,
    /// A part of it, with the port if there is one.
    pub host: Option<String>,
    /// A part of it.
    pub path: Option<String>,
    /// A part of it, without `?`; the empty text for none.
    pub query: Option<String>,
}

/// `upstream`. What is not written is not looked at.
#[derive(Clone, Debug, Default)]
pub struct ExpectUpstream {
    /// The method.
    pub method: Option<String>,
    /// Without the query.
    pub path: Option<String>,
    /// Without `?`; the empty text for none.
    pub query: Option<String>,
    /// `Host`.
    pub host: Option<String>,
    /// By name; `None` for a field that must be absent.
    pub headers: Vec<(String, Option<String>)>,
}

impl Expect {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut expect = Self::nothing(node.place());
        if !node.value.is_object() {
            let text = node.text("expect")?;
            match text.parse() {
                Ok(status) => expect.status = Some(status),
                Err(_) => expect.backend = Some(Named::parse(&text, node.place())),
            }
            return Some(expect);
        }
        node.mapping("expect", &KEYS);
        let named =
            |key: &str| node.get(key).and_then(|node| Some(Named::parse(&node.text(key)?, node.place())));
        expect.backend = named("backend");
        expect.certificate = named("certificate");
        expect.split = node.get("split").map(|node| split(&node));
        let rule = node.get("rule").or_else(|| node.get("route"));
        expect.rule = rule.and_then(|node| rule_name(&node));
        if let (Some(_), Some(route)) = (node.get("rule"), node.get("route")) {
            route.error("`rule` names the route already");
        }
        expect.listener = node.get("listener").and_then(|node| Some((node.text("listener")?, node.place())));
        expect.status = node.get("status").and_then(|node| node.number("status"));
        expect.reason = node.get("reason").and_then(|node| reason(&node));
        expect.redirect = node.get("redirect").map(|node| ExpectRedirect::read(&node));
        expect.upstream = node.get("upstream").map(|node| ExpectUpstream::read(&node));
        expect.valid_for = node.get("valid-for").and_then(|node| duration(&node));
        if expect.is_empty() {
            node.error("nothing is expected, so that the test could not fail");
        }
        Some(expect)
    }

    pub(super) fn nothing(place: Place) -> Self {
        Self {
            place,
            backend: None,
            split: None,
            rule: None,
            listener: None,
            status: None,
            reason: None,
            redirect: None,
            upstream: None,
            certificate: None,
            valid_for: None,
        }
    }

    fn is_empty(&self) -> bool {
        self.backend.is_none()
            && self.split.is_none()
            && self.rule.is_none()
            && self.listener.is_none()
            && self.status.is_none()
            && self.reason.is_none()
            && self.redirect.is_none()
            && self.upstream.is_none()
            && self.certificate.is_none()
            && self.valid_for.is_none()
    }
}

fn split(node: &Node<'_>) -> Vec<(Named, u32)> {
    let share = |(name, node): (String, Node<'_>)| {
        Some((Named::parse(&name, node.place()), node.number(&format!("the weight of {name}"))?))
    };
    let shares: Vec<_> = node.entries("split").into_iter().filter_map(share).collect();
    if shares.iter().all(|(_, weight)| *weight == 0) {
        node.error("a split needs a weight above 0");
    }
    shares
}

/// The name of a rule, reported where it is none.
pub(super) fn rule_name(node: &Node<'_>) -> Option<RuleName> {
    RuleName::parse(&node.text("rule")?, node.place()).map_err(|message| node.error(message)).ok()
}

fn reason(node: &Node<'_>) -> Option<Reason> {
    let text = node.text("reason")?;
    let found = Reason::ALL.into_iter().find(|reason| reason.as_str() == text);
    if found.is_none() {
        let all = Reason::ALL.map(Reason::as_str);
        let help = nearest(&text, all.into_iter()).map(|near| format!("did you mean `{near}`?"));
        node.error_with_help(
            format!("{text:?} is not a reason"),
            help.or_else(|| Some(format!("one of {}", all.join(", ")))),
        );
    }
    found
}

/// `14d`, `12h`, `30m`, `10s` in seconds.
fn duration(node: &Node<'_>) -> Option<i64> {
    let text = node.text("valid-for")?;
    let units = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
    let read = |(unit, seconds): (char, i64)| {
        text.strip_suffix(unit)?.parse::<u32>().ok().map(|n| i64::from(n) * seconds)
    };
    let seconds = units.into_iter().find_map(read);
    if seconds.is_none() {
        node.error(format!("{text:?} is not a duration: write 14d, 12h, 30m or 10s"));
    }
    seconds
}

impl ExpectRedirect {
    fn read(node: &Node<'_>) -> Self {
        if !node.mapping("redirect", &REDIRECT_KEYS) {
            return Self::default();
        }
        let text = |key| node.get(key).and_then(|node| node.text(key));
        Self {
            status: node.get("status").and_then(|node| node.number("status")),
            location: text("location"),
            scheme: text("scheme"),
            host: text("host"),
            path: text("path"),
            query: text("query"),
        }
    }
}

impl ExpectUpstream {
    fn read(node: &Node<'_>) -> Self {
        if !node.mapping("upstream", &UPSTREAM_KEYS) {
            return Self::default();
        }
        let text = |key| node.get(key).and_then(|node| node.text(key));
        let headers = node.get("headers").map(|node| node.entries("headers")).unwrap_or_default();
        let header = |(name, node): (String, Node<'_>)| {
            let value = node.text("a header")?;
            Some((name.to_ascii_lowercase(), Some(value).filter(|value| value != "absent")))
        };
        Self {
            method: text("method"),
            path: text("path"),
            query: text("query"),
            host: text("host"),
            headers: headers.into_iter().filter_map(header).collect(),
        }
    }
}

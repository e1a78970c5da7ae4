//! What annotations do that no filter of the engine does, in words: names and values of [`gateline::model::Rule::policies`].
//! The other side of a comparison uses the same words.

use std::collections::BTreeMap;

use gateline_api::finding::{Code, codes};

use super::annotations::Annotations;

pub(crate) type Policies = BTreeMap<Box<str>, Box<str>>;

pub(crate) const AUTH: &str = "authentication";
pub(crate) const ALLOW: &str = "allow list";
pub(crate) const DENY: &str = "deny list";
pub(crate) const CLIENT: &str = "client certificate";
pub(crate) const LIMIT: &str = "limit";
pub(crate) const SNIPPET: &str = "snippet";
pub(crate) const TIMEOUT: &str = "timeout";
pub(crate) const CONNECT: &str = "timeout of connecting";
pub(crate) const BODY: &str = "body size";
pub(crate) const REDIRECT: &str = "redirect with variables";
pub(crate) const REWRITE: &str = "rewrite";
pub(crate) const QUERY: &str = "query of the redirect";
pub(crate) const ORIGINS: &str = "origins with one label for *";
pub(crate) const OTHER: &str = "annotations";

/// What fails closed: without it the target would let in what the Ingress keeps out.
pub(crate) const GUARDS: [&str; 5] = [AUTH, ALLOW, DENY, CLIENT, SNIPPET];

/// Annotations that this model reads elsewhere, or that a snippet of a policy below is made from.
const READ: &[&str] = &[
    "affinity",
    "app-root",
    "backend-protocol",
    "canary",
    "canary-by-cookie",
    "canary-by-header",
    "canary-by-header-pattern",
    "canary-by-header-value",
    "canary-weight",
    "canary-weight-total",
    "cors-allow-credentials",
    "cors-allow-headers",
    "cors-allow-methods",
    "cors-allow-origin",
    "cors-expose-headers",
    "cors-max-age",
    "enable-cors",
    "force-ssl-redirect",
    "from-to-www-redirect",
    "permanent-redirect",
    "permanent-redirect-code",
    "preserve-trailing-slash",
    "rewrite-target",
    "server-alias",
    "ssl-redirect",
    "temporal-redirect",
    "temporal-redirect-code",
    "upstream-vhost",
    "use-regex",
    "x-forwarded-prefix",
];

/// Beginnings of annotations that this module reads.
const WORDED: &[&str] = &[
    "auth-",
    "allowlist-source-range",
    "whitelist-source-range",
    "denylist-source-range",
    "limit-",
    "configuration-snippet",
    "server-snippet",
    "modsecurity-snippet",
    "enable-modsecurity",
    "session-cookie-",
    "proxy-read-timeout",
    "proxy-send-timeout",
    "proxy-connect-timeout",
    "proxy-body-size",
];

/// How a connection or a log is kept: no client sees a difference in what it gets.
const QUIET: &[&str] = &[
    "affinity-mode",
    "client-body-buffer-size",
    "enable-access-log",
    "enable-opentelemetry",
    "enable-rewrite-log",
    "http2-push-preload",
    "load-balance",
    "opentelemetry-trust-incoming-span",
    "proxy-buffer-size",
    "proxy-buffering",
    "proxy-buffers-number",
    "proxy-busy-buffers-size",
    "proxy-http-version",
    "proxy-max-temp-file-size",
    "proxy-request-buffering",
    "service-upstream",
    "ssl-ciphers",
    "ssl-prefer-server-ciphers",
    "enable-global-auth",
];

/// The finding for the loss of one; `None` for what lets in nobody and leads nobody elsewhere.
pub(crate) fn code(name: &str) -> Option<&'static Code> {
    Some(match name {
        AUTH => &codes::GL720,
        ALLOW | DENY => &codes::GL721,
        CLIENT => &codes::GL722,
        SNIPPET => &codes::GL724,
        REDIRECT => &codes::GL714,
        REWRITE => &codes::GL710,
        _ => return None,
    })
}

/// What becomes of an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// The model knows what it does to requests, and every difference is told.
    Compared,
    /// Its words are compared with those of the target's policies.
    Worded,
    /// No client sees a difference.
    Quiet,
    /// Nothing knows it: GL727.
    Unknown,
}

impl std::fmt::Display for Fate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Compared => "compared over all requests",
            Self::Worded => "compared with policies, in words",
            Self::Quiet => "seen by no client",
            Self::Unknown => "not carried over (GL727)",
        })
    }
}

/// What becomes of an annotation of this name.
pub(crate) fn fate(name: &str) -> Fate {
    if READ.contains(&name) {
        Fate::Compared
    } else if QUIET.contains(&name) {
        Fate::Quiet
    } else if WORDED.iter().any(|begin| name.starts_with(begin)) {
        Fate::Worded
    } else {
        Fate::Unknown
    }
}

/// What a location does besides. `tls`: on the port of HTTPS.
pub(crate) fn of(annotations: &Annotations, tls: bool) -> Policies {
    let mut policies = Policies::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            policies.insert(name.into(), value.into());
        }
    };
    put(AUTH, auth(annotations));
    put(ALLOW, allow_list(annotations));
    put(DENY, ranges(&annotations.list("denylist-source-range")));
    if tls {
        put(CLIENT, client_certificate(annotations));
    }
    put(LIMIT, limits(annotations));
    let snippets = [
        "configuration-snippet",
        "server-snippet",
        "auth-snippet",
        "modsecurity-snippet",
        "enable-modsecurity",
    ];
    let snippets: Vec<&str> = snippets.into_iter().filter(|name| annotations.get(name).is_some()).collect();
    put(SNIPPET, (!snippets.is_empty()).then(|| snippets.join(", ")));
    put(TIMEOUT, together(annotations, &["proxy-read-timeout", "proxy-send-timeout"]));
    put(CONNECT, annotations.number("proxy-connect-timeout").map(|seconds| connecting(seconds.into())));
    put(BODY, body_size(annotations));
    put(OTHER, others(annotations));
    policies
}

fn auth(annotations: &Annotations) -> Option<String> {
    if let Some(url) = annotations.get("auth-url") {
        let signin = annotations.get("auth-signin").map(|url| format!(", else to {url}"));
        return Some(format!("asked of {url}{}", signin.unwrap_or_default()));
    }
    let kind = annotations.get("auth-type")?;
    Some(format!("{kind}, by Secret {}", annotations.get("auth-secret").unwrap_or("(none)")))
}

/// The newer name wins, as in the controller.
fn allow_list(annotations: &Annotations) -> Option<String> {
    let list = annotations.list("allowlist-source-range");
    ranges(&if list.is_empty() { annotations.list("whitelist-source-range") } else { list })
}

/// Ranges of addresses in an order; a single address is a range.
pub(crate) fn ranges(list: &[String]) -> Option<String> {
    let range = |text: &String| match (text.contains('/'), text.contains(':')) {
        (true, _) => text.clone(),
        (false, true) => format!("{text}/128"),
        (false, false) => format!("{text}/32"),
    };
    let mut ranges: Vec<String> = list.iter().map(range).collect();
    ranges.sort();
    ranges.dedup();
    (!ranges.is_empty()).then(|| ranges.join(", "))
}

fn client_certificate(annotations: &Annotations) -> Option<String> {
    let secret = annotations.get("auth-tls-secret")?;
    match annotations.get("auth-tls-verify-client").unwrap_or("on") {
        "off" => None,
        verify => Some(format!("{verify}, by Secret {secret}")),
    }
}

/// A time to connect.
pub(crate) fn connecting(seconds: f64) -> String {
    format!("{seconds} s")
}

/// `proxy-body-size` as a quantity of Kubernetes. `None` where nothing is said, or 0, which is no limit.
pub(crate) fn body_size(annotations: &Annotations) -> Option<String> {
    let text = annotations.get("proxy-body-size")?.to_ascii_lowercase();
    let unit = match text.trim_start_matches(|char: char| char.is_ascii_digit()) {
        "" => "",
        "k" => "Ki",
        "m" => "Mi",
        "g" => "Gi",
        _ => return None,
    };
    let number = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    quantity(&format!("{number}{unit}")).filter(|size| size != "0")
}

/// A quantity of bytes in one spelling of it: `1024Ki` is `1Mi`.
pub(crate) fn quantity(text: &str) -> Option<String> {
    const UNITS: [(&str, u64); 7] = [
        ("Gi", 1 << 30),
        ("Mi", 1 << 20),
        ("Ki", 1 << 10),
        ("G", 1_000_000_000),
        ("M", 1_000_000),
        ("k", 1_000),
        ("", 1),
    ];
    let (number, unit) = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)))?;
    let bytes = number.parse::<u64>().ok()?.checked_mul(*unit)?;
    let whole = UNITS.iter().take(3).find(|(_, size)| bytes > 0 && bytes % size == 0);
    Some(whole.map_or_else(|| bytes.to_string(), |(unit, size)| format!("{}{unit}", bytes / size)))
}

/// Limits for each address of a client in each replica of the controller.
fn limits(annotations: &Annotations) -> Option<String> {
    let number = |name: &str| annotations.number(name).filter(|number| *number > 0);
    let times = number("limit-burst-multiplier").unwrap_or(5);
    let rate = |(name, unit): (&str, &str)| {
        let requests = number(name)?;
        Some(format!("{requests} a {unit} with bursts of {}", requests.saturating_mul(times)))
    };
    let mut parts: Vec<String> =
        [("limit-rps", "second"), ("limit-rpm", "minute")].into_iter().filter_map(rate).collect();
    parts.extend(number("limit-connections").map(|connections| format!("{connections} connections at once")));
    if !parts.is_empty() {
        parts.push("for each address in each replica, answered 503".into());
        parts.extend(
            annotations
                .get("limit-allowlist")
                .or(annotations.get("limit-whitelist"))
                .map(|list| format!("not for {list}")),
        );
    }
    parts.extend(number("limit-rate").map(|rate| format!("{rate} KiB a second for each answer")));
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn together(annotations: &Annotations, names: &[&str]) -> Option<String> {
    let parts = names.iter().filter_map(|name| Some(format!("{name} {}", annotations.get(name)?)));
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn others(annotations: &Annotations) -> Option<String> {
    let others = annotations.iter().filter(|(name, text)| fate(name) == Fate::Unknown && !text.is_empty());
    let others: Vec<String> = others.map(|(name, text)| format!("{name}: {text}")).collect();
    (!others.is_empty()).then(|| others.join(", "))
}

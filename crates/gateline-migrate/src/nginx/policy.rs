//! What annotations do that no filter of the engine does, in words: names and values of [`gateline::model::Rule::policies`].
//! The other side of a comparison uses the same words.

use std::collections::BTreeMap;

use super::annotations::Annotations;

pub(crate) type Policies = BTreeMap<Box<str>, Box<str>>;

pub(crate) const AUTH: &str = "authentication";
pub(crate) const ALLOW: &str = "allow list";
pub(crate) const DENY: &str = "deny list";
pub(crate) const CLIENT: &str = "client certificate";
pub(crate) const LIMIT: &str = "limit";
pub(crate) const SNIPPET: &str = "snippet";
pub(crate) const TIMEOUT: &str = "timeout";
pub(crate) const BODY: &str = "body size";
pub(crate) const REDIRECT: &str = "redirect with variables";
pub(crate) const REWRITE: &str = "rewrite";
pub(crate) const QUERY: &str = "query of the redirect";
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
    put(LIMIT, together(annotations, &["limit-rps", "limit-rpm", "limit-connections"]));
    let snippets = [
        "configuration-snippet",
        "server-snippet",
        "auth-snippet",
        "modsecurity-snippet",
        "enable-modsecurity",
    ];
    let snippets: Vec<&str> = snippets.into_iter().filter(|name| annotations.get(name).is_some()).collect();
    put(SNIPPET, (!snippets.is_empty()).then(|| snippets.join(", ")));
    put(
        TIMEOUT,
        together(annotations, &["proxy-connect-timeout", "proxy-read-timeout", "proxy-send-timeout"]),
    );
    put(BODY, annotations.get("proxy-body-size").map(str::to_owned));
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

fn together(annotations: &Annotations, names: &[&str]) -> Option<String> {
    let parts = names.iter().filter_map(|name| Some(format!("{name} {}", annotations.get(name)?)));
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn others(annotations: &Annotations) -> Option<String> {
    let known = |name: &str| {
        READ.contains(&name) || QUIET.contains(&name) || WORDED.iter().any(|begin| name.starts_with(begin))
    };
    let others = annotations.iter().filter(|(name, text)| !known(name) && !text.is_empty());
    let others: Vec<String> = others.map(|(name, text)| format!("{name}: {text}")).collect();
    (!others.is_empty()).then(|| others.join(", "))
}

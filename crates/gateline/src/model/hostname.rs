use std::fmt;

/// A hostname of a listener or route: exact, or a wildcard for one or more labels. Always lower case.
///
/// "any host" (no hostname written) is `None` wherever an `Option<HostPattern>` stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(into = "String"))]
pub enum HostPattern {
    /// `www.example.com`.
    Exact(Box<str>),
    /// `*.example.com`, held as `example.com`. Matches one or more labels before it, never `example.com` itself.
    Wildcard(Box<str>),
    /// `*.example.com` of an Ingress: matches exactly one label before it (IngressRule.host). Never parsed from a hostname of
    /// the Gateway API.
    Label(Box<str>),
}

/// Why a text is no hostname of the Gateway API (RFC 1123, optionally with a first label `*`, no address, no port).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a hostname: {reason}")]
pub struct HostPatternError {
    /// What was read.
    pub text: Box<str>,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl HostPattern {
    /// Reads a hostname as the `Hostname` type of the API defines it, and lower-cases it.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        let fail = |reason| Err(HostPatternError { text: text.into(), reason });
        let lower = text.to_ascii_lowercase();
        let (wildcard, name) = match lower.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, lower.as_str()),
        };
        if lower.is_empty() || lower.len() > 253 {
            return fail("it must have 1 to 253 characters");
        }
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            return fail("addresses are not allowed");
        }
        for label in name.split('.') {
            let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
            if label.is_empty() || label.len() > 63 || !label.as_bytes().iter().all(inner) {
                return fail("labels have 1 to 63 letters, digits or hyphens");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return fail("labels must not begin or end with a hyphen");
            }
        }
        Ok(if wildcard { Self::Wildcard(name.into()) } else { Self::Exact(name.into()) })
    }

    /// Whether a request's host falls under this pattern. The host is lower case, without port or trailing dot.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => **name == *host,
            Self::Wildcard(suffix) => {
                host.strip_suffix(&**suffix).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            Self::Label(suffix) => {
                host.split_once('.').is_some_and(|(label, parent)| !label.is_empty() && *parent == **suffix)
            }
        }
    }

    /// The hosts that both patterns match, as one pattern; `None` where there are none.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Exact(name), pattern) | (pattern, Self::Exact(name)) => {
                pattern.matches(name).then(|| Self::Exact(name.clone()))
            }
            (Self::Label(a), Self::Label(b)) => (a == b).then(|| self.clone()),
            (label @ Self::Label(a), Self::Wildcard(b)) | (Self::Wildcard(b), label @ Self::Label(a)) => {
                (a == b || Self::Wildcard(b.clone()).matches(a)).then(|| label.clone())
            }
            (Self::Wildcard(a), Self::Wildcard(b)) => {
                let (long, short) = if a.len() >= b.len() { (self, b) } else { (other, a) };
                let Self::Wildcard(suffix) = long else { return None };
                (suffix == short || long.covers_suffix(short)).then(|| long.clone())
            }
        }
    }

    fn covers_suffix(&self, shorter: &str) -> bool {
        Self::Wildcard(shorter.into()).matches(self.suffix())
    }

    /// The text without `*.`.
    #[must_use]
    pub fn suffix(&self) -> &str {
        match self {
            Self::Exact(name) | Self::Wildcard(name) | Self::Label(name) => name,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Wildcard(suffix) | Self::Label(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_label() {
        let label = HostPattern::Label("foo.com".into());
        for (host, matches) in [
            ("a.foo.com", true),
            ("a.b.foo.com", false),
            ("foo.com", false),
            (".foo.com", false),
            ("foo", false),
        ] {
            assert_eq!(label.matches(host), matches, "{host}");
        }
    }

    #[test]
    fn what_two_patterns_share() {
        let (label, wildcard) =
            (|name: &str| HostPattern::Label(name.into()), |name: &str| HostPattern::Wildcard(name.into()));
        let table = [
            (label("foo.com"), wildcard("foo.com"), Some(label("foo.com"))),
            (label("foo.com"), wildcard("com"), Some(label("foo.com"))),
            (label("foo.com"), wildcard("a.foo.com"), None),
            (label("foo.com"), label("foo.com"), Some(label("foo.com"))),
            (label("foo.com"), label("bar.com"), None),
            (
                label("foo.com"),
                HostPattern::Exact("a.foo.com".into()),
                Some(HostPattern::Exact("a.foo.com".into())),
            ),
            (label("foo.com"), HostPattern::Exact("a.b.foo.com".into()), None),
        ];
        for (a, b, shared) in table {
            assert_eq!(a.intersect(&b), shared, "{a:?} {b:?}");
            assert_eq!(b.intersect(&a), shared, "{b:?} {a:?}");
        }
    }
}

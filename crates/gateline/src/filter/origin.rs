/// One entry of `allowOrigins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigin {
    /// `*`.
    Any,
    /// `https://www.example.com`, `https://www.example.com:8443`: compared without regard to case.
    Exact(Box<str>),
    /// `https://*.example.com`: any number of labels.
    Wildcard {
        /// `https://`.
        before: Box<str>,
        /// `.example.com`.
        after: Box<str>,
    },
}

impl CorsOrigin {
    /// Reads an entry as the CORSOrigin type of the API defines it: `*`, or a scheme and a host with an optional port, where
    /// a leading `*` of the host stands for one or more labels. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let (scheme, host) = text.split_once("://")?;
        let named = !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '?', '#']);
        match text.split_once('*') {
            _ if !named => None,
            None => Some(Self::Exact(text.into())),
            Some((before, after)) if before.ends_with("://") && !after.contains('*') => {
                Some(Self::Wildcard { before: before.into(), after: after.into() })
            }
            Some(_) => None,
        }
    }

    /// Whether the value of an `Origin` field falls under it.
    #[must_use]
    pub fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact.eq_ignore_ascii_case(origin),
            Self::Wildcard { before, after } => between(origin, before, after).is_some_and(is_labels),
        }
    }
}

/// What stands between two texts that a text begins and ends with.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(before.len())?;
    let (middle, tail) = rest.split_at_checked(rest.len().checked_sub(after.len())?)?;
    (head.eq_ignore_ascii_case(before) && tail.eq_ignore_ascii_case(after)).then_some(middle)
}

/// One or more labels, and nothing that could end a host, such as `/`, `:` or `@`.
fn is_labels(text: &str) -> bool {
    let of_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.split('.').all(|label| !label.is_empty() && label.bytes().all(of_label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching() {
        let table = [
            ("*", "https://anything:1", true),
            ("https://www.foo.com", "https://WWW.foo.com", true),
            ("https://www.foo.com", "https://www.foo.com:443", false),
            ("https://*.bar.com", "https://www.bar.com", true),
            ("https://*.bar.com", "HTTPS://xpto.www.Bar.com", true),
            ("https://*.bar.com", "https://bar.com", false),
            ("https://*.bar.com", "https://.bar.com", false),
            ("https://*.bar.com", "https://a..bar.com", false),
            ("https://*.bar.com", "http://www.bar.com", false),
            ("https://*.bar.com", "https://evil.com/.bar.com", false),
            ("https://*.bar.com", "https://evil.com:1.bar.com", false),
            ("https://*.bar.com", "https://é.bar.com", false),
            ("https://*.bar.com:8443", "https://www.bar.com:8443", true),
            ("https://*.bar.com:8443", "https://www.bar.com", false),
            ("https://*", "https://a.b", true),
            ("https://*", "http://a.b", false),
        ];
        for (pattern, origin, expected) in table {
            assert_eq!(CorsOrigin::parse(pattern).unwrap().matches(origin), expected, "{pattern} {origin}");
        }
    }

    #[test]
    fn what_is_no_origin() {
        for text in
            ["", "www.foo.com", "https://", "://a", "https://a/b", "https://a.*.b", "https://*.*", "**"]
        {
            assert_eq!(CorsOrigin::parse(text), None, "{text}");
        }
    }
}

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// `RequestHeaderModifier` or `ResponseHeaderModifier` (HTTPHeaderFilter). Names and values are parsed already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderModifier {
    /// Replaces all values of a name, or creates it.
    pub set: Vec<(HeaderName, HeaderValue)>,
    /// Adds a value after those that are there.
    pub add: Vec<(HeaderName, HeaderValue)>,
    /// Removes all values of a name.
    pub remove: Vec<HeaderName>,
}

impl HeaderModifier {
    /// Changes the fields: first `set`, then `add`, then `remove`. Of two entries of a list with one name the first counts
    /// (HTTPHeader.name). An added value is a field line of its own, which means the same as a comma (RFC 9110 section
    /// 5.3). Names that are [reserved](Self::is_reserved) stay as they are.
    pub fn apply(&self, headers: &mut HeaderMap) {
        // Backwards, so that the first entry of a name has the last word.
        for (name, value) in self.set.iter().rev().filter(|(name, _)| !Self::is_reserved(name)) {
            // Fails only past 32,768 fields, which no front door lets in.
            let _full = headers.try_insert(name, value.clone());
        }
        for (index, (name, value)) in self.add.iter().enumerate() {
            let repeated = self.add.iter().take(index).any(|(earlier, _)| earlier == name);
            if !repeated && !Self::is_reserved(name) {
                let _full = headers.try_append(name, value.clone());
            }
        }
        for name in self.remove.iter().filter(|name| !Self::is_reserved(name)) {
            headers.remove(name);
        }
    }

    /// The first text that is set for a name.
    #[must_use]
    pub fn text(&self, name: &HeaderName) -> Option<&str> {
        self.set.iter().filter(|(set, _)| set == name).find_map(|(_, value)| value.to_str().ok())
    }

    /// Whether a modifier leaves a name alone: `Host`, which `URLRewrite` is for; the fields of one connection (RFC 9110
    /// section 7.6.1), which the gateway sets itself; and `Content-Length`, which must agree with the body.
    #[must_use]
    pub fn is_reserved(name: &HeaderName) -> bool {
        const RESERVED: [HeaderName; 9] = [
            header::HOST,
            header::CONTENT_LENGTH,
            header::CONNECTION,
            header::TRANSFER_ENCODING,
            header::TE,
            header::TRAILER,
            header::UPGRADE,
            HeaderName::from_static("keep-alive"),
            HeaderName::from_static("proxy-connection"),
        ];
        RESERVED.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (HeaderName, HeaderValue) {
        (name.parse().unwrap(), value.parse().unwrap())
    }

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| pair(name, value)).collect()
    }

    /// The conformance test `HTTPRouteRequestHeaderModifier`.
    #[test]
    fn set_add_remove() {
        let modifier = HeaderModifier {
            set: vec![pair("X-Header-Set", "set-overwrites-values")],
            add: vec![pair("x-header-add", "add-appends-values")],
            remove: vec!["X-Header-Remove".parse().unwrap()],
        };
        let mut headers = map(&[
            ("x-header-set", "original-val-set"),
            ("x-header-set", "another"),
            ("x-header-add", "original-val-add"),
            ("x-header-remove", "one"),
            ("x-header-remove", "two"),
            ("other", "kept"),
        ]);
        modifier.apply(&mut headers);
        let expected = map(&[
            ("x-header-set", "set-overwrites-values"),
            ("x-header-add", "original-val-add"),
            ("x-header-add", "add-appends-values"),
            ("other", "kept"),
        ]);
        assert_eq!(headers, expected);

        let mut none = HeaderMap::new();
        modifier.apply(&mut none);
        let created = [("x-header-set", "set-overwrites-values"), ("x-header-add", "add-appends-values")];
        assert_eq!(none, map(&created));
    }

    #[test]
    fn the_first_entry_of_a_name_counts() {
        let modifier = HeaderModifier {
            set: vec![pair("a", "1"), pair("A", "2")],
            add: vec![pair("b", "1"), pair("B", "2")],
            remove: Vec::new(),
        };
        let mut headers = HeaderMap::new();
        modifier.apply(&mut headers);
        assert_eq!(headers, map(&[("a", "1"), ("b", "1")]));
    }

    #[test]
    fn reserved_names_stay() {
        let before = [
            ("host", "a.example"),
            ("content-length", "3"),
            ("connection", "close"),
            ("keep-alive", "timeout=5"),
        ];
        let modifier = HeaderModifier {
            set: vec![pair("Host", "evil.example"), pair("transfer-encoding", "chunked")],
            add: vec![pair("connection", "x-secret")],
            remove: vec![header::CONTENT_LENGTH, HeaderName::from_static("keep-alive")],
        };
        let mut headers = map(&before);
        modifier.apply(&mut headers);
        assert_eq!(headers, map(&before));
    }
}

use http::Uri;

use crate::request::RequestError;

/// The host that a log is of: `shop.example.com`, or with a scheme and a port if it is not `http` on 80.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHost {
    /// `https://shop.example.com:8443`.
    base: String,
}

impl LogHost {
    /// Reads `[SCHEME://]HOST[:PORT]`.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let base = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let base = base.trim_end_matches('/').to_owned();
        let fail = |reason: &str| RequestError::Url { url: text.to_owned(), reason: reason.to_owned() };
        let uri: Uri = base.parse().map_err(|error: http::uri::InvalidUri| fail(&error.to_string()))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.path() != "/" || uri.query().is_some() {
            return Err(fail("write a host, with http:// or https:// and a port if they matter"));
        }
        Ok(Self { base })
    }

    /// The URL of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::LogHost;

    #[test]
    fn hosts_of_logs() {
        for (text, url) in [
            ("shop.example.com", "http://shop.example.com/x"),
            ("shop.example.com:8080", "http://shop.example.com:8080/x"),
            ("https://shop.example.com/", "https://shop.example.com/x"),
        ] {
            assert_eq!(LogHost::parse(text).unwrap().url("/x"), url);
        }
        for text in ["", "a b", "ftp://a", "https://a/b", "a?b"] {
            assert!(LogHost::parse(text).is_err(), "{text}");
        }
    }
}

use std::borrow::Cow;

use ::http::Uri;
use ::http::uri::PathAndQuery;

/// Query parameters that a server sets or takes away, URL-encoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct QueryChanges {
    pub(super) set: Vec<(String, String)>,
    pub(super) remove: Vec<String>,
}

impl QueryChanges {
    /// First sets, then takes away, as Envoy does. Other parameters stay as they were sent; names are compared decoded, so that
    /// none hides from a server behind an escape. `None` where the outcome is no query.
    pub(super) fn apply(&self, uri: &mut Uri) -> Option<()> {
        if self.set.is_empty() && self.remove.is_empty() {
            return Some(());
        }
        let own =
            uri.query().unwrap_or_default().split('&').filter(|text| !text.is_empty()).map(Cow::Borrowed);
        let mut parameters: Vec<Cow<'_, str>> = own.collect();
        for (key, value) in &self.set {
            parameters.retain(|parameter| !is(parameter, key));
            parameters.push(format!("{key}={value}").into());
        }
        for key in &self.remove {
            parameters.retain(|parameter| !is(parameter, key));
        }
        let mark = if parameters.is_empty() { "" } else { "?" };
        let whole = format!("{}{mark}{}", uri.path(), parameters.join("&"));
        *uri = Uri::from(PathAndQuery::try_from(whole).ok()?);
        Some(())
    }
}

/// Whether a parameter has this name.
fn is(parameter: &str, key: &str) -> bool {
    let name = |text| form_urlencoded::parse(text).next().map(|(name, _)| name);
    name(parameter.as_bytes()) == name(key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(uri: &'static str, set: &[(&str, &str)], remove: &[&str]) -> Option<String> {
        let set = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let changes = QueryChanges { set, remove: remove.iter().map(|key| (*key).to_owned()).collect() };
        let mut uri = Uri::from_static(uri);
        changes.apply(&mut uri)?;
        Some(uri.to_string())
    }

    #[test]
    fn others_stay_as_they_were_sent() {
        for (uri, set, remove, expected) in [
            ("/a?b=%41&c&b=2", &[][..], &[][..], "/a?b=%41&c&b=2"),
            ("/a?b=%41&c&b=2", &[], &["b"], "/a?c"),
            ("/a?b=1", &[], &["b"], "/a"),
            ("/a?%62=1&B=2&b", &[], &["b"], "/a?B=2"),
            ("/a", &[("b", "x%20y")], &[], "/a?b=x%20y"),
            ("/a?b=1&c=2&b=3", &[("b", "4")], &[], "/a?c=2&b=4"),
            ("/a?b=1", &[("b", "4"), ("c", "")], &["b"], "/a?c="),
        ] {
            assert_eq!(changed(uri, set, remove).as_deref(), Some(expected), "{uri} {set:?} {remove:?}");
        }
    }

    #[test]
    fn what_is_no_query_is_refused() {
        assert_eq!(changed("/a", &[("b", "x y")], &[]), None);
        assert_eq!(changed("/a", &[("b\r\nc", "")], &[]), None);
    }
}

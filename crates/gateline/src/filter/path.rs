use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{FilterError, ReplaceRegexMatch};
use crate::model::PathMatch;

/// `path` of `RequestRedirect` and `URLRewrite`. The query of the request is always kept.
///
/// A replacement is text of a path: characters that cannot stand in one (`?`, `#`, space, …) are percent-encoded; `%` is
/// not, so that what is encoded already stays as written. What is kept of the request's path is kept byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathModifier {
    /// `ReplaceFullPath`.
    Full(Box<str>),
    /// `ReplacePrefixMatch`: replaces the prefix that the winning match matched, element by element.
    Prefix(Box<str>),
    /// HTTPRouteFilter `ReplaceRegexMatch`.
    Regex(ReplaceRegexMatch),
}

/// What may not stand in the path of a URI (RFC 3986 section 3.3, as browsers apply it) and would end or break it.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'`')
    .add(b'{')
    .add(b'}');

impl PathModifier {
    /// Appends the new path, which begins with `/` and is never empty.
    pub(super) fn apply(
        &self,
        path: &str,
        matched: &PathMatch,
        out: &mut Vec<u8>,
    ) -> Result<(), FilterError> {
        let start = out.len();
        match self {
            Self::Full(replacement) => push_escaped(replacement, out),
            Self::Prefix(replacement) => {
                let rest = strip_prefix(path, matched).ok_or(FilterError::NoPrefix)?;
                push_escaped(replacement.trim_end_matches('/'), out);
                out.extend_from_slice(rest.as_bytes());
            }
            Self::Regex(replace) => replace.replace(path, out)?,
        }
        if out.get(start) != Some(&b'/') {
            out.insert(start, b'/');
        }
        Ok(())
    }
}

/// What follows the matched prefix: empty, or text that begins with `/`.
fn strip_prefix<'a>(path: &'a str, matched: &PathMatch) -> Option<&'a str> {
    let PathMatch::Prefix(prefix) = matched else { return None };
    let rest = path.strip_prefix(prefix.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Appends text, with what cannot stand in a path percent-encoded.
pub(super) fn push_escaped(text: &str, out: &mut Vec<u8>) {
    for part in utf8_percent_encode(text, NOT_IN_PATH) {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(modifier: &PathModifier, path: &str, prefix: &str) -> String {
        let mut out = Vec::new();
        modifier.apply(path, &PathMatch::Prefix(prefix.into()), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// "`ReplacePrefixMatch`" of `HTTPPathModifier` in the Gateway API, `apis/v1/httproute_types.go`.
    #[test]
    fn replace_prefix_match() {
        let table = [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"),
            ("/foo", "/foo", "/", "/"),
            // Beyond the table: the root, a prefix of two elements, empty elements, what a path may not hold.
            ("/foo", "", "/xyz", "/xyz/foo"),
            ("/", "/", "/xyz", "/xyz/"),
            ("/a/b/c", "/a/b", "/z", "/z/c"),
            ("/foo//bar", "/foo", "/xyz", "/xyz//bar"),
            ("/foo/%2e", "/foo", "/x y?", "/x%20y%3F/%2e"),
            ("/foo", "/foo", "xyz", "/xyz"),
        ];
        for (path, prefix, replacement, expected) in table {
            let modifier = PathModifier::Prefix(replacement.into());
            assert_eq!(apply(&modifier, path, prefix), expected, "{path} {prefix} {replacement}");
        }
    }

    #[test]
    fn a_prefix_is_replaced_only_where_one_matched() {
        let modifier = PathModifier::Prefix("/xyz".into());
        for matched in [PathMatch::Exact("/foo".into()), PathMatch::Prefix("/fo".into())] {
            assert_eq!(modifier.apply("/foo", &matched, &mut Vec::new()), Err(FilterError::NoPrefix));
        }
    }

    #[test]
    fn replace_full_path() {
        for (replacement, expected) in
            [("/one", "/one"), ("", "/"), ("one", "/one"), ("/ü?a#b", "/%C3%BC%3Fa%23b")]
        {
            assert_eq!(apply(&PathModifier::Full(replacement.into()), "/foo/bar", "/foo"), expected);
        }
    }

    #[test]
    fn replace_regex_match() {
        let table = [
            (r"^/service/([^/]+)(/.*)$", r"\2/instance/\1", "/service/foo/v1/api", "/v1/api/instance/foo"),
            ("one", "two", "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/two/zzz"),
            (r"^(.*?)one(.*)$", r"\1two\2", "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/one/zzz"),
            (r"(?i)/xxx/", "/yyy/", "/aaa/XxX/bbb", "/aaa/yyy/bbb"),
            (r"/(a)|/(b)", r"/\1-\2", "/b", "/-b"),
            ("a*", "-", "/baac", "/-/-b-c-"),
            (r"^/x", r"/\\ ?", "/xa", "/%5C%20%3Fa"),
            ("/", "", "/a/b", "/ab"),
            ("nowhere", "x", "/a/b", "/a/b"),
        ];
        for (pattern, substitution, path, expected) in table {
            let replace = ReplaceRegexMatch::new(pattern, substitution).unwrap();
            assert_eq!(apply(&PathModifier::Regex(replace), path, ""), expected, "{pattern}");
        }
    }

    #[test]
    fn bad_regex_modifiers_are_refused_when_made() {
        for (pattern, substitution) in
            [("(", ""), ("(?=x)", ""), ("a", r"\1"), ("(a)", r"\2"), ("a", r"\n"), ("a", "\\")]
        {
            assert!(ReplaceRegexMatch::new(pattern, substitution).is_err(), "{pattern} {substitution}");
        }
    }

    #[test]
    fn a_substitution_cannot_blow_up() {
        let replace = ReplaceRegexMatch::new("a", &"b".repeat(1_000)).unwrap();
        let path = format!("/{}", "a".repeat(8_000));
        let result =
            PathModifier::Regex(replace).apply(&path, &PathMatch::Prefix("".into()), &mut Vec::new());
        assert_eq!(result, Err(FilterError::TooLong));
    }
}

//! Replacements that are written as if something were filled in: the Gateway API takes them as they stand.

use crate::finding::{Finding, Severity, codes};
use crate::object::Object;

/// Variables of nginx that stand in paths and hosts of Ingresses. Other words behind a `$`, as in `/$metadata`, are meant.
const VARIABLES: [&str; 18] = [
    "args",
    "best_http_host",
    "document_uri",
    "escaped_request_uri",
    "host",
    "hostname",
    "http_host",
    "is_args",
    "namespace",
    "proxy_host",
    "query_string",
    "remote_addr",
    "request_method",
    "request_uri",
    "scheme",
    "server_name",
    "server_port",
    "uri",
];

/// GL405: `$1`, `\1`, `${name}`, `$request_uri` in a text that is used as it stands.
pub(super) fn variable(object: &Object, path: &str, text: &str) -> Option<Finding> {
    let found = reference(text)?;
    let message = format!("{path}: {found} in {text:?} is not filled in: requests get the text as it stands");
    let help = "use ReplacePrefixMatch where the pattern is a prefix, or the implementation's own filter (Envoy Gateway: \
                HTTPRouteFilter with replaceRegexMatch)";
    Some(Finding::new(&codes::GL405, object.origin(path), message).help(help))
}

/// GL404 as a warning: a replacement that begins without a slash or leaves two in a row.
pub(super) fn slashes(object: &Object, path: &str, text: &str) -> Option<Finding> {
    let wrong = match text {
        "" => return None,
        text if text.contains("//") => "has two slashes in a row",
        text if !text.starts_with('/') => "does not begin with a slash",
        _ => return None,
    };
    let message = format!("{path}: {text:?} {wrong}: implementations make different paths of it");
    let finding = Finding::new(&codes::GL404, object.origin(path), message).severity(Severity::Warning);
    Some(finding.help("begin the replacement with one slash, and put one between its segments"))
}

fn reference(text: &str) -> Option<&str> {
    let signs = text.match_indices(['$', '\\']);
    signs.into_iter().find_map(|(start, sign)| {
        let rest = text.get(start + 1..)?;
        let end = match (sign, rest.as_bytes().first()?) {
            (_, byte) if byte.is_ascii_digit() => 1,
            ("$", b'{') => rest.find('}')? + 1,
            ("$", _) => {
                let word = rest.find(|char: char| char != '_' && !char.is_ascii_alphanumeric());
                let word = rest.get(..word.unwrap_or(rest.len()))?;
                (VARIABLES.contains(&word) || word.starts_with("arg_")).then_some(word.len())?
            }
            _ => return None,
        };
        text.get(start..=start + end)
    })
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn only_what_is_a_reference_somewhere() {
        for (text, expected) in [
            ("/$2", Some("$2")),
            ("/x/\\1/y", Some("\\1")),
            ("/${id}/x", Some("${id}")),
            ("n$request_uri", Some("$request_uri")),
            ("/?q=$arg_q", Some("$arg_q")),
            ("/odata/$metadata", None),
            ("/a$", None),
            ("/${", None),
            ("/plain", None),
        ] {
            assert_eq!(reference(text), expected, "{text}");
        }
    }
}

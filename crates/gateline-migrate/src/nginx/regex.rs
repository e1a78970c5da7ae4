//! Patterns of nginx (PCRE, found anywhere) as patterns of the engine (RE2's dialect, over the whole path).

use gateline::pattern;

/// The pattern over whole paths for what `location ~* "^…"` finds: without regard to case, anchored at the start, open at
/// the end. The error says what keeps it from being one.
pub(crate) fn starting(text: &str) -> Result<String, String> {
    let body = match without_lookahead(text) {
        Some(body) => body,
        None => format!("(?i:{text})(?s:.*)"),
    };
    // `^/a|/b`: the anchor belongs to the first branch alone.
    let whole = if has_branches(text) { format!("(?s:.*)(?i:^{text})(?s:.*)") } else { body };
    pattern::check(&whole).map_err(|error| error.reason.to_string())?;
    Ok(whole)
}

/// Whether it looks ahead or behind, which RE2 cannot.
pub(crate) fn looks_around(text: &str) -> bool {
    ["(?!", "(?=", "(?<!", "(?<="].iter().any(|look| text.contains(look))
}

/// Whether there is a `|` outside of all groups and classes.
pub(crate) fn has_branches(text: &str) -> bool {
    branches(text).len() > 1
}

/// The texts between the `|` that stand outside of groups and classes.
pub(crate) fn branches(text: &str) -> Vec<String> {
    let (mut parts, mut depth, mut class, mut escaped) = (vec![String::new()], 0_usize, false, false);
    for char in text.chars() {
        let apart = char == '|' && !escaped && !class && depth == 0;
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '(' if !class => depth += 1,
            ')' if !class => depth = depth.saturating_sub(1),
            _ => {}
        }
        match parts.last_mut() {
            Some(last) if !apart => last.push(char),
            _ => parts.push(String::new()),
        }
    }
    parts
}

/// `/api/(?!internal|admin)(.*)` without the look-ahead: what may follow is spelt out. `None` where there is no look-ahead, or
/// one that is not of this form: texts, and after it nothing or anything.
fn without_lookahead(text: &str) -> Option<String> {
    let (before, rest) = text.split_once("(?!")?;
    let (within, after) = rest.split_at_checked(closing(rest)?)?;
    let after = after.strip_prefix(')')?;
    if looks_around(before) || !["", ".*", "(.*)", ".*$", "(.*)$"].contains(&after) || has_branches(before) {
        return None;
    }
    let within = within.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(within);
    let texts: Vec<&str> = within.split('|').collect();
    let is_text = |text: &&str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-~".contains(&byte))
    };
    texts.iter().all(is_text).then(|| format!("(?i:{before}(?:{}))", not_starting(&texts)))
}

/// Where the group ends that a text is the inside of.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, char) in text.char_indices() {
        match char {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(index),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A pattern for all texts that begin with none of these.
fn not_starting(texts: &[&str]) -> String {
    let mut firsts: Vec<char> = texts.iter().filter_map(|text| text.chars().next()).collect();
    firsts.sort_unstable();
    firsts.dedup();
    let class: String = firsts.iter().map(|char| regex_syntax::escape(&char.to_string())).collect();
    let mut branches = vec![String::new(), format!("(?s:[^{class}].*)")];
    for first in firsts {
        let rest: Vec<&str> = texts.iter().filter_map(|text| text.strip_prefix(first)).collect();
        // A text that ends here takes all that begins with it.
        if !rest.iter().any(|text| text.is_empty()) {
            branches.push(format!("{}(?:{})", regex_syntax::escape(&first.to_string()), not_starting(&rest)));
        }
    }
    branches.join("|")
}

#[cfg(test)]
mod tests {
    use regex_automata::meta::Regex;

    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Regex::new(&format!("^(?:{pattern})$")).unwrap().is_match(path)
    }

    #[test]
    fn an_anchor_belongs_to_the_first_branch() {
        let pattern = starting("/a|/b").unwrap();
        for (path, found) in
            [("/a/x", true), ("/A", true), ("/zzz/b/c", true), ("/z/a", false), ("/c", false)]
        {
            assert_eq!(matches(&pattern, path), found, "{path}");
        }
        assert!(!has_branches(r"/(a|b)[|]\|"));
    }

    #[test]
    fn what_must_not_follow_is_spelt_out() {
        for text in
            ["/api/(?!internal|inner|a)(.*)", "/api/(?!(internal|inner|a)).*$", "/api/(?!internal|inner|a)"]
        {
            let pattern = starting(text).unwrap();
            let table = [
                ("/api/v1/users", true),
                ("/api/", true),
                ("/API/inte", true),
                ("/api/in/x", true),
                ("/api/internal", false),
                ("/api/INNER/x", false),
                ("/api/abc", false),
                ("/api", false),
            ];
            for (path, found) in table {
                assert_eq!(matches(&pattern, path), found, "{text} {path}");
            }
        }
    }

    #[test]
    fn what_is_not_understood_says_so() {
        for text in ["/a(?=b)", r"/(a)\1", "/(?<!x)y", "/(?!a.c)b"] {
            assert!(starting(text).is_err(), "{text}");
        }
    }
}

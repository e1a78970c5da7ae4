use super::*;

fn matches(pattern: &str, value: &str) -> bool {
    Pattern::compile(pattern).unwrap().matches(value.bytes())
}

#[test]
fn the_whole_value_must_match() {
    let table = [
        ("/foo", "/foo", true),
        ("/foo", "/foo/bar", false),
        ("^/foo$", "/foo", true),
        ("a|ab", "ab", true),
        ("/a|/b", "/b", true),
        ("/a|/b", "/a/b", false),
        ("", "", true),
        ("", "a", false),
        (r"\w+", "abc_1", true),
        (r"\d", "٣", false),
        ("(?x)a # a comment", "a", true),
        (r"a\b.*", "a b", true),
        (r"a\b.*", "ab", false),
        ("(?i)/Foo", "/fOO", true),
        ("[^/]+", "a/b", false),
    ];
    for (pattern, value, expected) in table {
        assert_eq!(matches(pattern, value), expected, "{pattern} {value}");
    }
}

#[test]
fn what_cannot_run_is_refused_with_a_reason() {
    let table = [
        ("(", "unclosed group"),
        ("a(?=b)", "look-around"),
        (r"(a)\1", "backreferences"),
        (r"\pL", "Unicode not allowed here"),
        ("(?u)\\b", "Unicode word boundaries"),
        ("((a{1000}){1000}){1000}", "too large"),
        ("((((a{1,100}){1,100}){1,100}){1,100}){1,100}", "too large"),
        ("(?:[a-z]?){0,1000}.*[a-z]{1000}x", "too large"),
    ];
    for (pattern, reason) in table {
        let error = check(pattern).expect_err(pattern);
        assert!(error.reason.contains(reason), "{error}");
    }
    assert!(check(&"(".repeat(4000)).is_err());
    assert!(check(&"a".repeat(5000)).is_err());
}

#[test]
fn a_pattern_without_a_small_dfa_runs_as_an_nfa() {
    let pattern = Pattern::compile(r".*a[a-c ]{20}\b").unwrap();
    assert!(matches!(pattern.machine, Machine::Nfa(_)));
    let tail = "bc ".repeat(6);
    for (value, expected) in
        [(format!("zz a{tail}bc"), true), (format!("zz b{tail}bc"), false), (format!("zz a{tail}b "), false)]
    {
        assert_eq!(pattern.matches(value.bytes()), expected, "{value}");
    }
}

#[test]
fn literals_are_seen() {
    let literal = |pattern| Pattern::compile(pattern).unwrap().literal;
    assert_eq!(literal("/foo").as_deref(), Some("/foo"));
    assert_eq!(literal("^(/foo)$").as_deref(), Some("/foo"));
    assert_eq!(literal(r"/a\.b").as_deref(), Some("/a.b"));
    assert_eq!(literal("/a.b"), None);
    assert_eq!(literal("$/foo"), None);
}

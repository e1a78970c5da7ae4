use regex_syntax::hir::{Class, ClassBytes, Hir, HirKind};

use super::{Pattern, parse};

/// Longest example that is built, in bytes.
const MAX_EXAMPLE: usize = 1024;
/// What reads well stands for a class, where the class has one of these.
const PREFERRED: &[u8] = b"a1A0xX-_.";

/// A short value that the pattern matches, for people to read and to paste: `/items/1` for `/items/[0-9]+`.
///
/// Branches and repetitions are taken the shortest way and the result is run against the pattern. `None` if the pattern
/// is refused, or if this finds no value of visible ASCII bytes (with `\b`, say): there may still be one.
/// O(pattern) and the cost of compiling it.
#[must_use]
pub fn example(pattern: &str) -> Option<String> {
    let mut value = Vec::new();
    extend(&mut value, &parse(pattern).ok()?)?;
    let matches = Pattern::compile(pattern).ok()?.matches(value.iter().copied());
    matches.then(|| String::from_utf8(value).ok()).flatten()
}

fn extend(value: &mut Vec<u8>, hir: &Hir) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal.0.iter().try_for_each(|byte| push(value, *byte))?,
        HirKind::Class(Class::Bytes(class)) => push(value, readable(class)?)?,
        HirKind::Class(Class::Unicode(class)) => push(value, readable(&class.to_byte_class()?)?)?,
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                extend(value, &repetition.sub)?;
            }
        }
        HirKind::Capture(capture) => extend(value, &capture.sub)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| extend(value, part))?,
        HirKind::Alternation(branches) => {
            let shortest = branches.iter().min_by_key(|branch| branch.properties().minimum_len())?;
            extend(value, shortest)?;
        }
    }
    Some(())
}

/// Nothing that a shell, a URL or a terminal would not show as it is.
fn push(value: &mut Vec<u8>, byte: u8) -> Option<()> {
    (byte.is_ascii_graphic() && value.len() < MAX_EXAMPLE).then(|| value.push(byte))
}

fn readable(class: &ClassBytes) -> Option<u8> {
    let holds = |byte: u8| class.iter().any(|range| (range.start()..=range.end()).contains(&byte));
    let visible = b'!'..=b'~';
    PREFERRED.iter().copied().chain(visible).find(|byte| holds(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_EXAMPLE, example};
    use crate::pattern::Pattern;

    #[test]
    fn reads_well() {
        for (pattern, value) in [
            ("/items/[0-9]+", "/items/1"),
            ("/v(1|22)/[^/]+(/details)?", "/v1/a"),
            (r"/\d{4}/.*", "/1111/"),
            ("(?i)get", "GET"),
            ("^/a$", "/a"),
            ("", ""),
        ] {
            assert_eq!(example(pattern).as_deref(), Some(value), "{pattern}");
        }
    }

    #[test]
    fn no_example_where_none_is_found() {
        for pattern in ["[", "[[:cntrl:]]", r"a\bb", "a b", "(a{50}){50}"] {
            assert_eq!(example(pattern), None, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn matches_its_pattern(pattern in "[/a-c.*+?()|\\[\\]^$0-9{},]{0,24}") {
            if let Some(value) = example(&pattern) {
                prop_assert!(value.len() <= MAX_EXAMPLE);
                prop_assert!(Pattern::compile(&pattern).is_ok_and(|pattern| pattern.matches(value.bytes())));
            }
        }
    }
}

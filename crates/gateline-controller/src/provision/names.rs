use std::hash::Hasher as _;

use fnv::FnvHasher;

/// The longest label value, and the longest name of a Service.
const LONGEST: usize = 63;
/// Characters of the hash that tells names apart which were cut off.
const HASH: usize = 10;

/// A name of at most 63 characters that begins with a letter, of letters, digits and hyphens: itself where it is one,
/// otherwise what fits of it and a hash of the whole. Stable: names survive restarts and releases.
pub(crate) fn bounded(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = name.len() <= LONGEST
        && name.chars().all(plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-');
    if fits {
        return name.to_owned();
    }
    let kept: String = name.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    let kept = kept.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let kept = if kept.is_empty() { "gateway" } else { kept };
    let kept: String = kept.chars().take(LONGEST - 1 - HASH).collect();
    format!("{}-{:0HASH$x}", kept.trim_end_matches('-'), fnv1a(name) & 0xff_ffff_ffff)
}

/// FNV-1a of 64 bits. Not the hasher of the standard library, which may change from one release to the next.
fn fnv1a(text: &str) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_stay() {
        assert_eq!(bounded("shop-gateline"), "shop-gateline");
    }

    #[test]
    fn other_names_are_cut_and_told_apart() {
        let long = "a".repeat(253);
        let longer = format!("{}b", "a".repeat(252));
        assert_eq!(bounded(&long), format!("{}-{}", "a".repeat(52), &bounded(&long)[53..]));
        assert_ne!(bounded(&long), bounded(&longer));
        for name in [&*long, "1.example.com", "example.com", "0", "9-9-9", "a."] {
            let bounded = bounded(name);
            assert!(
                bounded.len() <= 63 && bounded.starts_with(|c: char| c.is_ascii_lowercase()),
                "{bounded}"
            );
            assert!(
                bounded.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{bounded}"
            );
        }
        assert_ne!(bounded("a.b"), bounded("a-b"));
    }

    #[test]
    fn names_are_the_same_in_every_release() {
        assert_eq!(bounded("example.com"), "example-com-634e2714c6");
    }
}

/// Which texts there are at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::analysis) enum Alphabet {
    /// Paths in origin form as the `http` crate reads them: `/`, then UTF-8 without space, `#`, `?`, `<`, `>`, `` ` ``.
    Path,
    /// Values of header fields: visible ASCII, space, tab, and bytes beyond ASCII (RFC 9110 section 5.5).
    Header,
    /// Values of query parameters after decoding: any bytes.
    Query,
}

/// What reads well comes first, so that witnesses do.
const PREFERRED: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789/-_.ABCDEFGHIJKLMNOPQRSTUVWXYZ";

impl Alphabet {
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Path => !byte.is_ascii() || byte.is_ascii_graphic() && !b"#?<>`".contains(&byte),
            Self::Header => !byte.is_ascii() || (b' '..=b'~').contains(&byte) || byte == b'\t',
            Self::Query => true,
        }
    }

    /// Whether this text is one.
    pub(in crate::analysis) fn admits(self, text: &str) -> bool {
        (self != Self::Path || text.starts_with('/')) && text.bytes().all(|byte| self.holds(byte))
    }

    /// All bytes, the readable ones first.
    pub(super) fn bytes(self) -> Vec<u8> {
        let rest = (b'!'..=b'~').chain(0..=b' ').chain(0x7f..=0xff);
        let rest = rest.filter(|byte| !PREFERRED.contains(byte));
        PREFERRED.iter().copied().chain(rest).filter(|byte| self.holds(*byte)).collect()
    }

    /// Whether texts must be UTF-8.
    pub(super) fn is_text(self) -> bool {
        self == Self::Path
    }
}

/// Where a text stands between two characters of UTF-8 (Unicode 3.9, table 3-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Utf8 {
    #[default]
    Whole,
    /// So many bytes of `80..=BF` to come.
    Tail(u8),
    /// The first of two or three bytes to come has narrower bounds.
    First { low: u8, high: u8, rest: u8 },
}

impl Utf8 {
    pub(super) fn step(self, byte: u8) -> Option<Self> {
        let tail = |rest: u8| if rest == 0 { Self::Whole } else { Self::Tail(rest) };
        let first = |low, high, rest| Some(Self::First { low, high, rest });
        match self {
            Self::Whole => match byte {
                0..=0x7f => Some(Self::Whole),
                0xc2..=0xdf => Some(Self::Tail(1)),
                0xe0 => first(0xa0, 0xbf, 1),
                0xed => first(0x80, 0x9f, 1),
                0xe1..=0xef => Some(Self::Tail(2)),
                0xf0 => first(0x90, 0xbf, 2),
                0xf4 => first(0x80, 0x8f, 2),
                0xf1..=0xf3 => Some(Self::Tail(3)),
                _ => None,
            },
            Self::Tail(rest) => (0x80..=0xbf).contains(&byte).then(|| tail(rest - 1)),
            Self::First { low, high, rest } => (low..=high).contains(&byte).then(|| tail(rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Utf8;

    #[test]
    fn utf8_is_what_rust_takes() {
        let whole = |bytes: &[u8]| bytes.iter().try_fold(Utf8::Whole, |state, byte| state.step(*byte));
        for a in 0..=255 {
            for b in (0..=255).step_by(3).chain([0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf]) {
                for text in [&[a][..], &[a, b], &[a, b, 0x80], &[a, b, 0xbf, 0x80], &[a, b, 0xc0]] {
                    assert_eq!(
                        whole(text) == Some(Utf8::Whole),
                        std::str::from_utf8(text).is_ok(),
                        "{text:x?}"
                    );
                }
            }
        }
    }
}

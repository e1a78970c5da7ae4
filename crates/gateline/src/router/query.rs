use std::cell::OnceCell;

/// How many parameters are kept. Those beyond are found by reading the query again.
const KEPT: usize = 32;

/// The query of a request, split at most once and only if some rule asks for it. Nothing is decoded into a buffer.
#[derive(Debug)]
pub(super) struct Query<'a> {
    raw: &'a str,
    kept: OnceCell<Kept<'a>>,
}

#[derive(Debug)]
struct Kept<'a> {
    parameters: [Parameter<'a>; KEPT],
    len: usize,
    /// What was not split.
    rest: Option<&'a str>,
}

/// A name and a value as sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parameter<'a> {
    pub(super) name: Encoded<'a>,
    pub(super) value: Encoded<'a>,
}

/// A form-encoded text: `+` is a space, `%41` an `A`. A `%` without two digits stands for itself (as the URL standard has it).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Encoded<'a>(pub(super) &'a str);

impl<'a> Query<'a> {
    #[inline]
    pub(super) fn new(raw: Option<&'a str>) -> Self {
        Self { raw: raw.unwrap_or_default(), kept: OnceCell::new() }
    }

    /// The value of the first parameter of that name.
    pub(super) fn first(&self, name: &str) -> Option<Encoded<'a>> {
        self.parameters()
            .find(|parameter| parameter.name.is(name.as_bytes()))
            .map(|parameter| parameter.value)
    }

    /// All parameters in order.
    pub(super) fn parameters(&self) -> impl Iterator<Item = Parameter<'a>> + '_ {
        let kept = self.kept.get_or_init(|| Kept::read(self.raw));
        let rest = kept.rest.into_iter().flat_map(split);
        kept.parameters.iter().take(kept.len).copied().chain(rest)
    }
}

impl<'a> Kept<'a> {
    fn read(raw: &'a str) -> Self {
        let mut kept = Self { parameters: [Parameter::default(); KEPT], len: 0, rest: Some(raw) };
        while let Some(slot) = kept.parameters.get_mut(kept.len)
            && let Some(raw) = kept.rest
        {
            let (text, rest) = raw.split_once('&').map_or((raw, None), |(text, rest)| (text, Some(rest)));
            kept.rest = rest;
            if !text.is_empty() {
                *slot = Parameter::read(text);
                kept.len += 1;
            }
        }
        kept
    }
}

fn split(raw: &str) -> impl Iterator<Item = Parameter<'_>> {
    raw.split('&').filter(|text| !text.is_empty()).map(Parameter::read)
}

impl<'a> Parameter<'a> {
    fn read(text: &'a str) -> Self {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        Self { name: Encoded(name), value: Encoded(value) }
    }
}

impl<'a> Encoded<'a> {
    /// The bytes it stands for.
    pub(super) fn decode(self) -> impl Iterator<Item = u8> + use<'a> {
        let mut rest = self.0.as_bytes();
        std::iter::from_fn(move || {
            let (&byte, tail) = rest.split_first()?;
            rest = tail;
            let byte = match (byte, tail) {
                (b'+', _) => b' ',
                (b'%', [high, low, tail @ ..]) => match (digit(*high), digit(*low)) {
                    (Some(high), Some(low)) => {
                        rest = tail;
                        high << 4 | low
                    }
                    _ => byte,
                },
                _ => byte,
            };
            Some(byte)
        })
    }

    /// Whether it stands for itself.
    pub(super) fn is_plain(self) -> bool {
        !self.0.bytes().any(|byte| byte == b'%' || byte == b'+')
    }

    pub(super) fn is(self, decoded: &[u8]) -> bool {
        self.decode().eq(decoded.iter().copied())
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(raw: &str, name: &str) -> Option<String> {
        let value = Query::new(Some(raw)).first(name)?;
        Some(String::from_utf8(value.decode().collect()).unwrap())
    }

    #[test]
    fn the_first_of_a_name_is_decoded() {
        let table = [
            ("a=1&a=2", "a", Some("1")),
            ("a&a=2", "a", Some("")),
            ("&&b=x=y", "b", Some("x=y")),
            ("%61=%42+c%2B", "a", Some("B c+")),
            ("a=%&b=%4&c=%zz", "a", Some("%")),
            ("a=%&b=%4&c=%zz", "b", Some("%4")),
            ("a=%&b=%4&c=%zz", "c", Some("%zz")),
            ("A=1", "a", None),
            ("", "", None),
            ("=1", "", Some("1")),
        ];
        for (raw, name, expected) in table {
            assert_eq!(first(raw, name).as_deref(), expected, "{raw} {name}");
        }
    }

    #[test]
    fn parameters_beyond_those_kept_are_found() {
        let raw: Vec<_> = (0..100).map(|n| format!("p{n}={n}")).collect();
        for n in [0, KEPT - 1, KEPT, KEPT + 1, 99] {
            assert_eq!(first(&raw.join("&"), &format!("p{n}")), Some(n.to_string()));
        }
        assert_eq!(first(&raw.join("&"), "p100"), None);
    }
}

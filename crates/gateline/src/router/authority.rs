use std::net::Ipv6Addr;

/// The longest host, in bytes (RFC 1035 section 2.3.4, without the root's dot).
pub(crate) const MAX_HOST: usize = 253;
/// A host with its trailing dot and a port.
const MAX_AUTHORITY: usize = MAX_HOST + ".:65535".len();

/// Why a text is no authority: 400.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadAuthority;

/// A host as hostnames are compared: lower case, without port and without the dot of the root.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack for one decision, which must not allocate"
)]
pub(crate) enum Host<'a> {
    /// As sent.
    Same(&'a str),
    /// It had capital letters.
    Lowered { bytes: [u8; MAX_HOST], len: usize },
}

impl<'a> Host<'a> {
    /// Reads `host [ ":" port ]` (RFC 3986 section 3.2, without user information). The empty text is the empty host. Longer
    /// texts than a host can have are refused unread.
    #[inline]
    pub(crate) fn parse(authority: &'a str) -> Result<Self, BadAuthority> {
        let (host, seen) = read(authority)?;
        if seen & UPPER == 0 { Ok(Self::Same(host)) } else { Self::lower(host) }
    }

    #[cold]
    fn lower(host: &str) -> Result<Self, BadAuthority> {
        let mut bytes = [0; MAX_HOST];
        let target = bytes.get_mut(..host.len()).ok_or(BadAuthority)?;
        target.copy_from_slice(host.as_bytes());
        target.make_ascii_lowercase();
        Ok(Self::Lowered { bytes, len: host.len() })
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Same(host) => host,
            Self::Lowered { bytes, len } => {
                bytes.get(..*len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
            }
        }
    }
}

/// The host as sent, without port and last dot, and the classes of its bytes.
fn read(authority: &str) -> Result<(&str, u8), BadAuthority> {
    if authority.len() > MAX_AUTHORITY {
        return Err(BadAuthority);
    }
    let (host, seen) = match authority.strip_prefix('[') {
        Some(rest) => (address(authority, rest)?, UPPER),
        None => name(authority)?,
    };
    if host.len() <= MAX_HOST { Ok((host, seen)) } else { Err(BadAuthority) }
}

/// `[::1]:80`, with its brackets and without the port.
fn address<'a>(authority: &'a str, rest: &str) -> Result<&'a str, BadAuthority> {
    let (address, port) = rest.split_once(']').ok_or(BadAuthority)?;
    address.parse::<Ipv6Addr>().map_err(|_| BadAuthority)?;
    if !port.is_empty() {
        check_port(port.strip_prefix(':').ok_or(BadAuthority)?)?;
    }
    authority.get(..address.len() + 2).ok_or(BadAuthority)
}

fn name(authority: &str) -> Result<(&str, u8), BadAuthority> {
    let (mut seen, mut previous, mut end) = (0, DOT, authority.len());
    for (index, byte) in authority.bytes().enumerate() {
        let class = CLASSES[usize::from(byte)];
        if class == COLON {
            end = index;
            break;
        }
        // No label is empty.
        if class == NONE || class & previous == DOT {
            return Err(BadAuthority);
        }
        seen |= class;
        previous = class;
    }
    let (host, port) = authority.split_at_checked(end).ok_or(BadAuthority)?;
    if !port.is_empty() {
        check_port(port.strip_prefix(':').ok_or(BadAuthority)?)?;
    }
    // No label at all: only the empty authority has none.
    if host.is_empty() && !authority.is_empty() {
        return Err(BadAuthority);
    }
    Ok((host.strip_suffix('.').unwrap_or(host), seen))
}

const NONE: u8 = 0;
const LABEL: u8 = 1;
const UPPER: u8 = 2;
const DOT: u8 = 4;
const COLON: u8 = 8;

/// What a byte is in a host and port: labels hold unreserved bytes, `%` and delimiters (RFC 3986 section 3.2.2).
const CLASSES: [u8; 256] = {
    let mut classes = [NONE; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        classes[byte as usize] = match byte {
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'~'
            | b'%'
            | b'!'
            | b'$'
            | b'&'..=b','
            | b';'
            | b'=' => LABEL,
            b'.' => DOT,
            b':' => COLON,
            _ => NONE,
        };
        byte += 1;
    }
    classes
};

/// Digits or nothing, at most 65535.
fn check_port(port: &str) -> Result<(), BadAuthority> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    if port.is_empty() || digits && port.parse::<u16>().is_ok() { Ok(()) } else { Err(BadAuthority) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        let long = format!("{}.example", "a".repeat(245));
        let table = [
            ("", Some("")),
            ("example.com", Some("example.com")),
            ("EXAMPLE.com.:8080", Some("example.com")),
            ("example.com:", Some("example.com")),
            ("10.0.0.1:80", Some("10.0.0.1")),
            ("[::1]", Some("[::1]")),
            ("[2001:DB8::1]:443", Some("[2001:db8::1]")),
            ("a_b.example", Some("a_b.example")),
            (&long, Some(&*long)),
            (&format!("{long}.:65535"), Some(&*long)),
            (&format!("a{long}"), None),
            (&"a".repeat(65_536), None),
            (":80", None),
            (".", None),
            ("a..b", None),
            (".a", None),
            ("a..", None),
            ("a:65536", None),
            ("a:+1", None),
            ("a:80:80", None),
            ("user@a", None),
            ("a b", None),
            ("ü.example", None),
            ("::1", None),
            ("[::1", None),
            ("[::1]80", None),
            ("[::g]", None),
        ];
        for (authority, expected) in table {
            let host = Host::parse(authority);
            assert_eq!(host.as_ref().ok().map(Host::as_str), expected, "{authority:.80}");
        }
    }
}

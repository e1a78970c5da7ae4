use gateline::model::Place;

use super::error::RecordError;
use super::{LogFormat, LogOptions, Recorded, RecordedOutcome};
use crate::request::Request;

/// `address - user [time] "GET /path HTTP/1.1" status bytes "referer" "user agent"`, and whatever follows.
pub(super) fn read(place: Place, text: &str, options: &LogOptions) -> Result<Recorded, RecordError> {
    let fail = |rest: &str, message: &str| {
        let before = text.len().saturating_sub(rest.len());
        let column = text.get(..before).unwrap_or_default().chars().count() + 1;
        let column = u32::try_from(column).unwrap_or(u32::MAX);
        RecordError::new(Place { column, ..place.clone() }, message)
    };
    let (_, rest) = text.split_once("] \"").ok_or_else(|| {
        fail(
            text,
            "this line is neither JSON nor of nginx's combined format (address - user [time] \"request\" …)",
        )
    })?;
    let (request, after) = quoted(rest).ok_or_else(|| fail(rest, "the request has no closing quote"))?;
    let words: Vec<&str> = request.split(' ').collect();
    let [method, target, version] = *words else {
        return Err(fail(rest, "this is no request: `METHOD /path HTTP/1.1` is expected"));
    };
    if !version.starts_with("HTTP/") {
        return Err(fail(rest, "this is no request: it ends without HTTP/1.1"));
    }
    let url = match (&options.host, target.contains("://")) {
        (_, true) => target.to_owned(),
        (Some(host), false) => host.url(target),
        (None, false) => return Err(fail(rest, "this format names no host: say which it is of (--host)")),
    };
    let (numbers, strings) = after.split_once('"').unwrap_or((after, ""));
    let status = numbers.split_ascii_whitespace().next().and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| fail(after, "there is no status after the request"))?;
    let (referer, after) = quoted(strings).unwrap_or_default();
    let (agent, more) = after.split_once('"').and_then(|(_, rest)| quoted(rest)).unwrap_or_default();
    let proxied = if options.format == Some(LogFormat::NginxCombined) { None } else { proxied(more) };
    if proxied.is_none() && options.format == Some(LogFormat::IngressNginx) {
        return Err(fail(more, "there is no [upstream] and its address: this is not ingress-nginx's format"));
    }
    let known = |name: &str, value: &str| {
        let known = !matches!(value, "" | "-");
        known.then(|| format!("{name}: {value}"))
    };
    let fields: Vec<String> =
        known("referer", &referer).into_iter().chain(known("user-agent", &agent)).collect();
    let request = Request::parse(&format!("{method} {url}"), &fields);
    let request = request.map_err(|error| fail(rest, &error.to_string()))?;
    let upstream = proxied.and_then(|proxied| proxied.upstream).map(str::to_owned);
    let outcome = RecordedOutcome { status: Some(status), upstream, ..RecordedOutcome::default() };
    Ok(Recorded { place, request, outcome })
}

/// What ingress-nginx adds.
struct Proxied<'t> {
    /// What was asked; `None` if it answered itself.
    upstream: Option<&'t str>,
}

/// Reads `LENGTH TIME [UPSTREAM] [ALTERNATIVE] ADDRESS …`; `None` for another format. A canary that took the request stands as the alternative; old versions do not write it.
fn proxied(more: &str) -> Option<Proxied<'_>> {
    fn bracketed(word: &str) -> Option<&str> {
        word.strip_prefix('[')?.strip_suffix(']')
    }
    let mut words = more.split_ascii_whitespace().skip(2);
    let main = bracketed(words.next()?)?;
    let next = words.next()?;
    let (alternative, address) = match bracketed(next) {
        Some(alternative) => (alternative, words.next()?),
        None => ("", next),
    };
    let known = |name: &&str| !matches!(*name, "" | "-");
    let upstream = [alternative, main].into_iter().find(known);
    Some(Proxied { upstream: upstream.filter(|_| address != "-") })
}

/// The text before a closing quote, and what comes after it. nginx writes a quote and all that is not ASCII as `\x22`, others
/// write `\"`.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut read = Vec::new();
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\'])?;
        read.extend_from_slice(rest.get(..at)?.as_bytes());
        let after = rest.get(at + 1..)?;
        if rest.get(at..)?.starts_with('"') {
            return Some((String::from_utf8_lossy(&read).into_owned(), after));
        }
        let byte = after.strip_prefix('x').and_then(|hex| u8::from_str_radix(hex.get(..2)?, 16).ok());
        if let Some(byte) = byte {
            read.push(byte);
            rest = after.get(3..)?;
        } else {
            let char = after.chars().next()?;
            read.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after.get(char.len_utf8()..)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LogHost;

    fn read_line(text: &str, host: Option<&str>) -> Result<Recorded, RecordError> {
        let host = host.map(|host| LogHost::parse(host).unwrap());
        let place = Place { file: "log".into(), line: 3, column: 1 };
        read(place, text, &LogOptions { host, ..LogOptions::default() })
    }

    #[test]
    fn combined_lines() {
        let line = r#"203.0.113.7 - - [30/Nov/2026:17:00:00 +0000] "GET /cart?a=b HTTP/1.1" 404 153 "-" "Mozilla/5.0 (\x22X\x22)" 400 0.002 [default-web-80]"#;
        let recorded = read_line(line, Some("https://shop.example.com")).unwrap();
        let words = r#"GET https://shop.example.com/cart?a=b -H 'user-agent: Mozilla/5.0 ("X")'"#;
        assert_eq!(recorded.request.words(), words);
        assert_eq!(recorded.outcome.status, Some(404));
        let bytes = r#"::1 - - [t] "GET /caf\xC3\xA9 HTTP/1.1" 200 1 "-" "-""#;
        let recorded = read_line(bytes, Some("shop.example.com")).unwrap();
        assert_eq!(recorded.request.words(), "GET http://shop.example.com/caf\u{e9}");
        let absolute = r#"::1 - bob [t] "POST http://a.example/ HTTP/1.0" 200 - "https://r.example/" "-""#;
        let words = "POST http://a.example/ -H 'referer: https://r.example/'";
        assert_eq!(read_line(absolute, None).unwrap().request.words(), words);
    }

    #[test]
    fn the_upstream_of_ingress_nginx() {
        let begin = r#"10.0.0.1 - - [t] "GET / HTTP/1.1" 200 1 "-" "-" 400 0.002"#;
        for (more, upstream) in [
            ("[shop-cart-80] [] 10.0.0.9:8080 1 0.002 200 a1", Some("shop-cart-80")),
            ("[shop-cart-80] [shop-cart-next-80] 10.0.0.9:8080 1 0.002 200 a1", Some("shop-cart-next-80")),
            ("[shop-cart-80] 10.0.0.9:8080, 10.0.0.8:8080 1 0.002 200", Some("shop-cart-80")),
            ("[shop-cart-80] [] - - - - a1", None),
            ("[-] [] - - - - a1", None),
        ] {
            let recorded = read_line(&format!("{begin} {more}"), Some("a")).unwrap();
            assert_eq!(recorded.outcome.upstream.as_deref(), upstream, "{more}");
        }
        let read = |format| {
            let options =
                LogOptions { format: Some(format), host: LogHost::parse("a").ok(), ..LogOptions::default() };
            let place = Place { file: "log".into(), line: 3, column: 1 };
            read(place, &format!("{begin} [a-b-80] [] - - - -"), &options).and(read(
                Place { file: "log".into(), line: 4, column: 1 },
                begin,
                &options,
            ))
        };
        assert!(read(LogFormat::NginxCombined).is_ok());
        let error = read(LogFormat::IngressNginx).unwrap_err().to_string();
        assert!(error.starts_with("log:4:48: there is no [upstream]"), "{error}");
    }

    #[test]
    fn bad_lines_are_located() {
        for (text, message) in [
            ("nonsense", "log:3:1: this line is neither JSON nor"),
            (r#"a - - [t] "GET / HTTP/1.1" 200 1 "-" "-""#, "log:3:12: this format names no host"),
            (r#"a - - [t] "\x16\x03\x01" 400 1 "-" "-""#, "log:3:12: this is no request"),
            (r#"a - - [t] "GET / HTTP/1.1"#, "log:3:12: the request has no closing quote"),
            (r#"a - - [t] "GET http://a/ HTTP/1.1" - 1"#, "log:3:35: there is no status"),
            (r#"a - - [t] "GET / x" 200 1"#, "log:3:12: this is no request: it ends"),
        ] {
            let error = read_line(text, None).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}

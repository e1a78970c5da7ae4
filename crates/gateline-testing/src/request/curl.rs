//! A pasted `curl …` command as the request it would send.

use super::error::RequestError;

/// Options that take a value which does not matter for where a request goes.
const WITH_VALUE: [&str; 21] = [
    "output",
    "cacert",
    "cert",
    "key",
    "connect-to",
    "resolve",
    "max-time",
    "connect-timeout",
    "retry",
    "write-out",
    "dump-header",
    "interface",
    "proxy",
    "ciphers",
    "tls-max",
    "limit-rate",
    "cookie-jar",
    "cert-type",
    "key-type",
    "retry-delay",
    "max-redirs",
];
/// Options that take no value.
const FLAGS: [&str; 24] = [
    "silent",
    "show-error",
    "include",
    "insecure",
    "location",
    "verbose",
    "compressed",
    "http1.0",
    "http1.1",
    "http2",
    "http2-prior-knowledge",
    "http3",
    "fail",
    "fail-with-body",
    "no-buffer",
    "globoff",
    "ipv4",
    "ipv6",
    "path-as-is",
    "progress-bar",
    "no-progress-meter",
    "remote-name",
    "raw",
    "tlsv1.2",
];
/// The letters of options.
const SHORT: [(char, &str); 30] = [
    ('X', "request"),
    ('H', "header"),
    ('I', "head"),
    ('G', "get"),
    ('d', "data"),
    ('F', "form"),
    ('T', "upload-file"),
    ('A', "user-agent"),
    ('e', "referer"),
    ('b', "cookie"),
    ('u', "user"),
    ('o', "output"),
    ('E', "cert"),
    ('m', "max-time"),
    ('w', "write-out"),
    ('D', "dump-header"),
    ('x', "proxy"),
    ('c', "cookie-jar"),
    ('s', "silent"),
    ('S', "show-error"),
    ('i', "include"),
    ('k', "insecure"),
    ('L', "location"),
    ('v', "verbose"),
    ('f', "fail"),
    ('N', "no-buffer"),
    ('g', "globoff"),
    ('4', "ipv4"),
    ('6', "ipv6"),
    ('O', "remote-name"),
];

/// What a command says so far.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "as many switches as curl has")]
struct Command {
    method: Option<String>,
    url: Option<String>,
    headers: Vec<String>,
    data: Vec<String>,
    body: bool,
    get: bool,
    head: bool,
    put: bool,
}

/// `GET https://host/path` and its header fields, from a command as people copy it out of a shell or a browser. `None` for
/// what does not begin with `curl`.
pub(super) fn parse(text: &str) -> Option<Result<(String, Vec<String>), RequestError>> {
    let rest = text.trim_start().trim_start_matches("$ ").strip_prefix("curl")?;
    rest.starts_with(char::is_whitespace).then(|| read(rest))
}

fn read(text: &str) -> Result<(String, Vec<String>), RequestError> {
    let mut words = words(text)?.into_iter();
    let mut command = Command::default();
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            command.option(name, value, &mut words)?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            command.letters(letters, &mut words)?;
        } else if command.url.is_none() {
            command.url = Some(word);
        } else {
            return Err(fail(format!("it has a second URL, {word}")));
        }
    }
    command.finish()
}

fn fail(reason: String) -> RequestError {
    RequestError::Curl(reason)
}

impl Command {
    /// `-sX POST`, `-XPOST`: letters without a value, then perhaps one with.
    fn letters(
        &mut self,
        letters: &str,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<(), RequestError> {
        for (at, letter) in letters.char_indices() {
            let name = SHORT.iter().find(|(short, _)| *short == letter).map(|(_, name)| *name);
            let name = name.ok_or_else(|| fail(format!("-{letter} is not an option that is understood")))?;
            if FLAGS.contains(&name) || matches!(name, "head" | "get") {
                self.option(name, None, words)?;
                continue;
            }
            let rest = letters.get(at + letter.len_utf8()..).filter(|rest| !rest.is_empty());
            return self.option(name, rest.map(str::to_owned), words);
        }
        Ok(())
    }

    fn option(
        &mut self,
        name: &str,
        value: Option<String>,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<(), RequestError> {
        if FLAGS.contains(&name) {
            return Ok(());
        }
        match name {
            "head" => self.head = true,
            "get" => self.get = true,
            _ => {
                let known = WITH_VALUE.contains(&name);
                let value = value.or_else(|| words.next());
                let value = value.ok_or_else(|| fail(format!("--{name} has no value")))?;
                if !known {
                    self.valued(name, value)?;
                }
            }
        }
        Ok(())
    }

    fn valued(&mut self, name: &str, value: String) -> Result<(), RequestError> {
        match name {
            "request" => self.method = Some(value),
            "url" => self.url = Some(value),
            "header" => self.header(&value),
            "user-agent" => self.headers.push(format!("user-agent: {value}")),
            "referer" => self.headers.push(format!("referer: {value}")),
            "cookie" => self.headers.push(format!("cookie: {value}")),
            "user" => self.headers.push("authorization: Basic …".to_owned()),
            "data" | "data-raw" | "data-binary" | "data-ascii" | "data-urlencode" | "json" => {
                self.body = true;
                if name == "json" {
                    self.headers.push("content-type: application/json".to_owned());
                }
                self.data.push(value);
            }
            "form" => self.body = true,
            "upload-file" => self.put = true,
            _ => return Err(fail(format!("--{name} is not an option that is understood"))),
        }
        Ok(())
    }

    /// `name;` is how curl sends an empty field, `name:` how it sends none.
    fn header(&mut self, text: &str) {
        let empty = text.strip_suffix(';').filter(|name| !name.contains(':')).map(|name| format!("{name}:"));
        if empty.is_some() || !text.trim_end().ends_with(':') {
            self.headers.push(empty.unwrap_or_else(|| text.to_owned()));
        }
    }

    fn finish(self) -> Result<(String, Vec<String>), RequestError> {
        let mut url = self.url.ok_or_else(|| fail("it has no URL".to_owned()))?;
        if !url.contains("://") {
            url = format!("http://{url}");
        }
        if self.get && !self.data.is_empty() {
            let sign = if url.contains('?') { '&' } else { '?' };
            url = format!("{url}{sign}{}", self.data.join("&"));
        }
        let method = self.method.unwrap_or_else(|| {
            let usual = match (self.head, self.put, self.body && !self.get) {
                (true, ..) => "HEAD",
                (_, true, _) => "PUT",
                (_, _, true) => "POST",
                _ => "GET",
            };
            usual.to_owned()
        });
        let mut headers = self.headers;
        let typed = headers.iter().any(|header| header.to_ascii_lowercase().starts_with("content-type:"));
        if !self.data.is_empty() && !self.get && !typed {
            headers.push("content-type: application/x-www-form-urlencoded".to_owned());
        }
        Ok((format!("{method} {url}"), headers))
    }
}

/// Words as a POSIX shell reads them; `$'…'` as bash does. Nothing is expanded.
fn words(text: &str) -> Result<Vec<String>, RequestError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some('\r') => drop(chars.next_if_eq(&'\n')),
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            '$' if chars.peek() == Some(&'\'') => {
                chars.next();
                quoted(&mut chars, '\'', true, word.get_or_insert_default())?;
            }
            '\'' => quoted(&mut chars, '\'', false, word.get_or_insert_default())?,
            '"' => quoted(&mut chars, '"', true, word.get_or_insert_default())?,
            '|' | ';' | '&' | '>' | '<' => break,
            char if char.is_whitespace() => words.extend(word.take()),
            char => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(
    chars: &mut impl Iterator<Item = char>,
    end: char,
    backslashes: bool,
    word: &mut String,
) -> Result<(), RequestError> {
    while let Some(char) = chars.next() {
        if char == end {
            return Ok(());
        }
        if char != '\\' || !backslashes {
            word.push(char);
            continue;
        }
        match chars.next() {
            Some('\n') | None => {}
            Some('n') if end == '\'' => word.push('\n'),
            Some('t') if end == '\'' => word.push('\t'),
            Some(escaped) if end == '\'' || "\\\"$`".contains(escaped) => word.push(escaped),
            Some(other) => word.extend(['\\', other]),
        }
    }
    Err(fail(format!("a quote {end} is not closed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Vec<String>) {
        parse(text).unwrap().unwrap()
    }

    #[test]
    fn commands_as_they_are_copied() {
        for (text, request, headers) in [
            ("curl https://a.example/b?c=d", "GET https://a.example/b?c=d", &[][..]),
            ("$ curl -si a.example", "GET http://a.example", &[]),
            ("curl -XDELETE https://a/ -H 'x-a: it'\\''s'", "DELETE https://a/", &["x-a: it's"]),
            (
                "curl 'https://a/' \\\n  -H \"x: \\\"1\\\"\" \\\n  --compressed",
                "GET https://a/",
                &["x: \"1\""],
            ),
            (
                "curl -sd a=b https://a/",
                "POST https://a/",
                &["content-type: application/x-www-form-urlencoded"],
            ),
            ("curl -G -d a=b -d c=d https://a/?x=1", "GET https://a/?x=1&a=b&c=d", &[]),
            ("curl -I --connect-to :443:127.0.0.1:8443 https://a/", "HEAD https://a/", &[]),
            ("curl --request=PATCH --url https://a/ -H 'e;' -H 'gone:'", "PATCH https://a/", &["e:"]),
            (
                "curl https://a/ --data-raw $'{\"a\":\\'b\\'}' -H 'content-type: application/json'",
                "POST https://a/",
                &["content-type: application/json"],
            ),
            ("curl https://a/ | jq .", "GET https://a/", &[]),
        ] {
            let (got, fields) = parsed(text);
            assert_eq!(
                (got.as_str(), fields),
                (request, headers.iter().map(|&h| h.to_owned()).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(parse("https://a/").is_none());
        assert!(parse("curly https://a/").is_none());
        for text in [
            "curl",
            "curl ",
            "curl -s",
            "curl 'https://a/",
            "curl --frobnicate https://a/",
            "curl a b",
            "curl -H",
        ] {
            assert!(parse(text).is_none_or(|read| read.is_err()), "{text}");
        }
    }
}

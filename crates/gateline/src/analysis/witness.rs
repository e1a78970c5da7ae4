use std::fmt::{self, Write};

use http::{HeaderMap, Method};

use crate::Head;
use crate::model::{ObjectName, Protocol};

/// A request that shows something: whoever sends it sees it too. It was run on the router before it was handed out.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// The Gateway it is sent to.
    pub gateway: ObjectName,
    /// Its port.
    pub port: u16,
    /// What is spoken there: HTTP and HTTPS carry requests, the others a connection or datagrams.
    pub protocol: Protocol,
    /// In TLS, the server name: the host, but where a connection for another host matters.
    pub sni: Option<String>,
    /// Lower case, without port. Empty where only that is left, and where nothing names a host.
    pub host: String,
    /// The method.
    pub method: Method,
    /// Begins with `/`. Empty for a connection or datagrams.
    pub path: String,
    /// Form-encoded.
    pub query: Option<String>,
    /// Only those that matter.
    pub headers: HeaderMap,
}

impl Witness {
    /// As the router takes it.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head {
            method: &self.method,
            authority: &self.host,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &self.headers,
            sni: self.sni.as_deref(),
        }
    }

    /// Whether it is a connection or datagrams, of which nothing is read.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        !matches!(self.protocol, Protocol::Http | Protocol::Https)
    }

    /// `https://a.example:8443/path?query`; of a connection `tls://a.example:8443`, `tcp://:9000`, `udp://:53`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = self.protocol.scheme();
        let default = match self.protocol {
            Protocol::Http => Some(80),
            Protocol::Https => Some(443),
            Protocol::Tls | Protocol::Tcp | Protocol::Udp => None,
        };
        let port = if Some(self.port) == default { String::new() } else { format!(":{}", self.port) };
        let query = self.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{scheme}://{}{port}{}{query}", self.host, self.path)
    }

    /// A command that sends it, for a POSIX shell: curl, or for a connection `openssl` or `nc`, which want the address.
    #[must_use]
    pub fn curl(&self) -> String {
        let (host, port) = (&self.host, self.port);
        match self.protocol {
            Protocol::Http | Protocol::Https => {}
            Protocol::Tls if host.is_empty() => {
                return format!("openssl s_client -connect ADDRESS:{port} -noservername");
            }
            Protocol::Tls => return format!("openssl s_client -connect {host}:{port} -servername {host}"),
            Protocol::Tcp => return format!("nc ADDRESS {port}"),
            Protocol::Udp => return format!("nc -u ADDRESS {port}"),
        }
        let mut words = vec!["curl".to_owned(), "-i".to_owned()];
        match self.method {
            Method::GET => {}
            Method::HEAD => words.push("--head".into()),
            _ => words.extend(["-X".into(), self.method.to_string()]),
        }
        for (name, value) in &self.headers {
            // `name;` is how curl sends an empty field.
            let field = match String::from_utf8_lossy(value.as_bytes()) {
                value if value.is_empty() => format!("{name};"),
                value => format!("{name}: {value}"),
            };
            words.extend(["-H".into(), quoted(&field)]);
        }
        let mut url = self.url();
        if let Some(sni) = self.sni.as_ref().filter(|sni| **sni != self.host) {
            // The name in the URL is the server name; the host of the request is another.
            words.extend(["-H".into(), quoted(&format!("host: {}", self.host))]);
            url = Self { host: sni.clone(), ..self.clone() }.url();
        }
        words.push(quoted(&url));
        words.join(" ")
    }

    /// What is read first is shortest.
    pub(super) fn weight(&self) -> (usize, usize, &str) {
        let query = self.query.as_ref().map_or(0, String::len);
        (self.headers.len(), self.host.len() + self.path.len() + query, &self.host)
    }
}

/// One word of a POSIX shell, which reads it back as it was; plain words stay as they are.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:%=@,+".contains(&byte);
    let is_plain = text.bytes().all(plain) && !text.is_empty();
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

impl fmt::Display for Witness {
    /// `GET https://a.example/path, x-a: b`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_connection() {
            let host = if self.host.is_empty() { "" } else { " for " };
            return write!(f, "a connection to port {}{host}{}", self.port, self.host);
        }
        write!(f, "{} {}", self.method, self.url())?;
        if let Some(sni) = self.sni.as_ref().filter(|sni| **sni != self.host) {
            write!(f, " on a connection for {sni}")?;
        }
        for (name, value) in &self.headers {
            f.write_str(", ")?;
            write!(f, "{name}: ")?;
            String::from_utf8_lossy(value.as_bytes()).chars().try_for_each(|char| f.write_char(char))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn commands_survive_a_shell() {
        let mut headers = HeaderMap::new();
        headers.insert("x-a", HeaderValue::from_static("it's"));
        headers.insert("x-b", HeaderValue::from_static(""));
        let witness = Witness {
            gateway: ObjectName::new("infra", "web"),
            port: 8443,
            protocol: Protocol::Https,
            sni: Some("a.example".into()),
            host: "a.example".into(),
            method: Method::POST,
            path: "/a(b)".into(),
            query: Some("q=1&r=".into()),
            headers,
        };
        let expected = r"curl -i -X POST -H 'x-a: it'\''s' -H 'x-b;' 'https://a.example:8443/a(b)?q=1&r='";
        assert_eq!(witness.curl(), expected);
        assert_eq!(witness.to_string(), "POST https://a.example:8443/a(b)?q=1&r=, x-a: it's, x-b: ");
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in ["plain", "x-a: 1", "it's", "a'b'c", "$HOME `ls` \"x\"", ""] {
            let command = format!("printf %s {}", quoted(text));
            let output = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }
}

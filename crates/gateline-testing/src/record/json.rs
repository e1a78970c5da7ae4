use gateline::model::Place;
use serde::Deserialize;

use super::error::RecordError;
use super::{LogOptions, Recorded, RecordedOutcome};
use crate::request::Request;

/// The fields that are looked at. Envoy writes `-` or null for what it does not know.
#[derive(Deserialize)]
struct Line {
    method: Option<String>,
    #[serde(rename = "x-envoy-origin-path", alias = "path")]
    path: Option<String>,
    #[serde(rename = ":authority", alias = "authority")]
    authority: Option<String>,
    protocol: Option<String>,
    #[serde(rename = "user-agent")]
    user_agent: Option<String>,
    requested_server_name: Option<String>,
    downstream_local_address: Option<String>,
    response_code: Option<Code>,
    #[serde(default)]
    route_name: RouteName,
    gateline_backend: Option<String>,
}

/// What the log says of the rule.
#[derive(Default, Deserialize)]
#[serde(from = "Option<String>")]
enum RouteName {
    /// It has no field for it.
    #[default]
    Absent,
    NoRule,
    Rule(String),
}

impl From<Option<String>> for RouteName {
    fn from(field: Option<String>) -> Self {
        field.filter(|text| is_known(text)).map_or(Self::NoRule, Self::Rule)
    }
}

/// As text where the format of the log is one of text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Number(u16),
    Text(String),
}

pub(super) fn read(place: Place, text: &str, options: &LogOptions) -> Result<Recorded, RecordError> {
    let line: Line = serde_json::from_str(text).map_err(|error| {
        let column = u32::try_from(error.column()).unwrap_or(u32::MAX).max(1);
        RecordError::new(
            Place { column, ..place.clone() },
            format!("this line is no JSON of an access log: {error}"),
        )
    })?;
    let request = line.request(options).map_err(|message| RecordError::new(place.clone(), message))?;
    let status = line.response_code.and_then(|code| match code {
        Code::Number(code) => Some(code),
        Code::Text(text) => text.parse().ok(),
    });
    let outcome = RecordedOutcome {
        status: status.filter(|code| *code > 0),
        names_rules: !matches!(line.route_name, RouteName::Absent),
        route: if let RouteName::Rule(name) = line.route_name { Some(name) } else { None },
        backend: known(line.gateline_backend.as_ref()).map(str::to_owned),
        ..RecordedOutcome::default()
    };
    Ok(Recorded { place, request, outcome })
}

impl Line {
    fn request(&self, options: &LogOptions) -> Result<Request, String> {
        let sni = known(self.requested_server_name.as_ref());
        let connection = match known(self.protocol.as_ref()) {
            Some("TLS") => Some("tls"),
            Some("TCP") => Some("tcp"),
            Some("UDP") => Some("udp"),
            _ => None,
        };
        let parsed = match connection {
            Some(scheme) => {
                let port = self.port(options, 443);
                Request::parse(&format!("{scheme}://{}:{port}", sni.unwrap_or_default()), &[])
            }
            None => Request::parse(&self.text(sni, options)?, &self.fields()),
        };
        parsed.map_err(|error| error.to_string())
    }

    /// `GET https://host:port/path`. The server name is that of the URL.
    fn text(&self, sni: Option<&str>, options: &LogOptions) -> Result<String, String> {
        let method = known(self.method.as_ref()).ok_or("the line has no `method`")?;
        let path = known(self.path.as_ref()).ok_or("the line has no `x-envoy-origin-path` (nor `path`)")?;
        let (scheme, usual) = if sni.is_some() { ("https", 443) } else { ("http", 80) };
        let port = self.port(options, usual);
        let port = if port == usual { String::new() } else { format!(":{port}") };
        match (sni.or_else(|| self.host()), &options.host) {
            (Some(host), _) => Ok(format!("{method} {scheme}://{host}{port}{path}")),
            (None, Some(host)) => Ok(format!("{method} {}", host.url(path))),
            (None, None) => Err("the line has no `:authority`: say which host it is of (--host)".to_owned()),
        }
    }

    /// The host as it was sent, and what else is known.
    fn fields(&self) -> Vec<String> {
        let host = known(self.authority.as_ref()).map(|authority| format!("host: {authority}"));
        let agent = known(self.user_agent.as_ref()).map(|agent| format!("user-agent: {agent}"));
        host.into_iter().chain(agent).collect()
    }

    /// The authority without its port.
    fn host(&self) -> Option<&str> {
        let authority = known(self.authority.as_ref())?;
        let end = authority.rfind(']').map_or(0, |end| end + 1);
        let port = authority.get(end..)?.find(':').map(|at| end + at);
        authority.get(..port.unwrap_or(authority.len()))
    }

    /// The port of the listener that this process bound as another.
    fn port(&self, options: &LogOptions, usual: u16) -> u16 {
        let address = known(self.downstream_local_address.as_ref());
        let bound: Option<u16> = address.and_then(|address| address.rsplit_once(':')?.1.parse().ok());
        let Some(bound) = bound else { return usual };
        let offsets = [0, 10_000, 64_512, 8_000];
        let mut ports = offsets.into_iter().filter_map(|offset| bound.checked_sub(offset));
        ports.find(|port| options.ports.contains(port)).unwrap_or(usual)
    }
}

fn known(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|text| is_known(text))
}

fn is_known(text: &str) -> bool {
    !matches!(text, "" | "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATELINE: &str = r#"{"start_time":"2026-11-30T17:00:00.000Z","method":"GET","x-envoy-origin-path":"/v1/orders?page=2","protocol":"HTTP/2","response_code":200,"response_flags":null,":authority":"api.shop.example.com","user-agent":"curl/8","downstream_local_address":"127.0.0.1:8443","requested_server_name":"api.shop.example.com","route_name":"httproute/api/api/rule/1/match/0","gateline_backend":"api/orders-v2:8080"}"#;
    const ENVOY: &str = r#"{":authority":"www.example.com","bytes_received":0,"bytes_sent":10,"connection_termination_details":null,"downstream_local_address":"10.244.0.9:10080","downstream_remote_address":"10.244.0.1:52000","duration":1,"method":"GET","protocol":"HTTP/1.1","requested_server_name":null,"response_code":404,"response_code_details":"route_not_found","response_flags":"NR","route_name":null,"start_time":"2026-11-30T17:00:00.000Z","upstream_cluster":null,"upstream_host":null,"user-agent":"-","x-envoy-origin-path":"/","x-envoy-upstream-service-time":null,"x-forwarded-for":"10.244.0.1","x-request-id":"a"}"#;

    fn read_line(text: &str) -> Result<Recorded, RecordError> {
        let ports = [80, 443, 9000].into();
        read(
            Place { file: "log".into(), line: 7, column: 1 },
            text,
            &LogOptions { ports, ..LogOptions::default() },
        )
    }

    #[test]
    fn lines_of_gateline_and_envoy_gateway() {
        let recorded = read_line(GATELINE).unwrap();
        let words = "GET https://api.shop.example.com/v1/orders?page=2 -H 'user-agent: curl/8'";
        assert_eq!(recorded.request.words(), words);
        assert_eq!(recorded.request.port(), 443);
        let outcome = recorded.outcome;
        assert_eq!(outcome.status, Some(200));
        assert_eq!(outcome.route.as_deref(), Some("httproute/api/api/rule/1/match/0"));
        assert_eq!(outcome.backend.as_deref(), Some("api/orders-v2:8080"));
        let recorded = read_line(ENVOY).unwrap();
        assert_eq!(recorded.request.words(), "GET http://www.example.com/");
        let outcome = RecordedOutcome { status: Some(404), names_rules: true, ..RecordedOutcome::default() };
        assert_eq!(recorded.outcome, outcome);
    }

    #[test]
    fn all_fields_as_text() {
        let line =
            r#"{"method":"GET","path":"/","authority":"a.example","response_code":"503","route_name":"-"}"#;
        let outcome = read_line(line).unwrap().outcome;
        assert_eq!((outcome.status, outcome.route, outcome.names_rules), (Some(503), None, true));
        let line = r#"{"method":"GET","path":"/","authority":"a.example","response_code":"-"}"#;
        let outcome = read_line(line).unwrap().outcome;
        assert_eq!((outcome.status, outcome.names_rules), (None, false));
    }

    #[test]
    fn a_host_that_is_not_the_server_name_and_connections() {
        let line =
            r#"{"method":"GET","path":"/","authority":"b.example:8443","requested_server_name":"a.example"}"#;
        let words = "GET https://a.example/ -H 'host: b.example:8443'";
        assert_eq!(read_line(line).unwrap().request.words(), words);
        for (line, words) in [
            (
                r#"{"protocol":"TLS","requested_server_name":"a.example","downstream_local_address":"[::]:64955"}"#,
                "tls://a.example:443",
            ),
            (r#"{"protocol":"TCP","downstream_local_address":"10.0.0.1:9000"}"#, "tcp://:9000"),
            (r#"{"protocol":"UDP","downstream_local_address":"[::1]:9000"}"#, "udp://:9000"),
        ] {
            assert_eq!(read_line(line).unwrap().request.words(), words);
        }
    }

    #[test]
    fn bad_lines_are_located() {
        for (text, message) in [
            (r#"{"method":"GET""#, "log:7:15: this line is no JSON"),
            (r#"{"method":1}"#, "log:7:11: this line is no JSON"),
            ("{}", "log:7:1: the line has no `method`"),
            (r#"{"method":"GET"}"#, "log:7:1: the line has no `x-envoy-origin-path`"),
            (r#"{"method":"GET","path":"/"}"#, "log:7:1: the line has no `:authority`"),
            (r#"{"method":"GET","path":"x y","authority":"a"}"#, "log:7:1: "),
        ] {
            let error = read_line(text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}

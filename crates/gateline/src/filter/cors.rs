use http::Method;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue,
    ORIGIN, VARY,
};

use super::CorsOrigin;
use crate::Head;

/// `CORS` (HTTPCORSFilter), as the Fetch standard has browsers read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// Which origins may read the answer.
    pub origins: Vec<CorsOrigin>,
    /// `allowMethods`; `None` is `*`.
    pub methods: Option<Vec<Method>>,
    /// `allowHeaders`; `None` is `*`.
    pub headers: Option<Vec<HeaderName>>,
    /// `exposeHeaders`, as written (`*` included).
    pub expose: Vec<HeaderValue>,
    /// `allowCredentials`.
    pub credentials: bool,
    /// Seconds; the API's default is 5.
    pub max_age: u32,
}

/// Fields of an answer that this filter alone decides. A backend's own would contradict them or stand there twice.
const OWNED: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

impl Cors {
    /// The fields of the answer to a preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`); `None` for any
    /// other request. An origin that is not allowed gets an answer without CORS fields, which a browser takes as a refusal.
    #[must_use]
    pub fn preflight(&self, head: &Head<'_>) -> Option<HeaderMap> {
        if head.method != Method::OPTIONS {
            return None;
        }
        let origin = head.headers.get(ORIGIN)?;
        let method = head.headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        let mut answer = HeaderMap::new();
        let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        answer.insert(VARY, HeaderValue::from_static(vary));
        let Some(allowed) = self.allow(origin) else { return Some(answer) };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, self.allow_methods(method));
        if let Some(headers) = self.allow_headers(head.headers) {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
        }
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(self.max_age));
        self.allow_reading(&mut answer);
        Some(answer)
    }

    /// Sets the CORS fields of an answer to a request with this `Origin`, and removes those that the backend sent.
    pub fn apply(&self, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        for name in &OWNED {
            answer.remove(name);
        }
        if !self.any_origin() || self.credentials {
            vary_by_origin(answer);
        }
        if let Some(allowed) = origin.and_then(|origin| self.allow(origin)) {
            let _full = answer.try_insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            self.allow_reading(answer);
        }
    }

    /// `Access-Control-Allow-Origin`: `*` only where it is meant for everybody and no credentials are, else the origin.
    fn allow(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        if self.any_origin() && !self.credentials {
            return Some(HeaderValue::from_static("*"));
        }
        let text = origin.to_str().ok()?;
        self.origins.iter().any(|allowed| allowed.matches(text)).then(|| origin.clone())
    }

    fn any_origin(&self) -> bool {
        self.origins.contains(&CorsOrigin::Any)
    }

    /// With credentials `*` would be taken literally, so the requested method stands for it.
    fn allow_methods(&self, requested: &HeaderValue) -> HeaderValue {
        match &self.methods {
            Some(methods) => join(methods.iter().map(|method| method.as_str().as_bytes())),
            None if self.credentials => requested.clone(),
            None => HeaderValue::from_static("*"),
        }
    }

    /// Nothing where no headers are asked for.
    fn allow_headers(&self, request: &HeaderMap) -> Option<HeaderValue> {
        request.get(ACCESS_CONTROL_REQUEST_HEADERS)?;
        Some(match &self.headers {
            Some(headers) => join(headers.iter().map(|name| name.as_str().as_bytes())),
            None if self.credentials => {
                join(request.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter().map(HeaderValue::as_bytes))
            }
            None => HeaderValue::from_static("*"),
        })
    }

    /// What a preflight and an answer have in common.
    fn allow_reading(&self, answer: &mut HeaderMap) {
        if self.credentials {
            let _full = answer.try_insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        let names = || self.expose.iter().filter(|name| !(self.credentials && *name == "*"));
        if names().next().is_some() {
            let names = join(names().map(HeaderValue::as_bytes));
            let _full = answer.try_insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
        }
    }
}

/// A list of parts that are valid in a header by themselves; the comma between them is too.
fn join<'a>(parts: impl Iterator<Item = &'a [u8]>) -> HeaderValue {
    let mut list = Vec::new();
    for part in parts {
        if !list.is_empty() {
            list.extend_from_slice(b", ");
        }
        list.extend_from_slice(part);
    }
    HeaderValue::try_from(list).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn vary_by_origin(answer: &mut HeaderMap) {
    let names = |value: &HeaderValue| {
        let mut names = value.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"origin"))
    };
    if !answer.get_all(VARY).iter().any(names) {
        let _full = answer.try_append(VARY, HeaderValue::from_static("Origin"));
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn names<T: std::str::FromStr<Err: std::fmt::Debug>>(list: &str) -> Vec<T> {
        list.split(", ").map(|name| name.parse().unwrap()).collect()
    }

    /// Rule `/cors-1` of the conformance test `HTTPRouteCORS`.
    fn cors_1() -> Cors {
        Cors {
            origins: vec![
                CorsOrigin::parse("https://www.foo.com").unwrap(),
                CorsOrigin::parse("https://*.bar.com").unwrap(),
            ],
            methods: Some(names("GET, OPTIONS")),
            headers: Some(names("x-header-1, x-header-2")),
            expose: names("x-header-3, x-header-4"),
            credentials: true,
            max_age: 3600,
        }
    }

    fn everything(credentials: bool) -> Cors {
        let origins = vec![CorsOrigin::Any];
        Cors { origins, expose: names("*"), credentials, max_age: 5, ..Cors::default() }
    }

    fn preflight(cors: &Cors, origin: &str, method: &str, headers: Option<&str>) -> Vec<(String, String)> {
        let mut request =
            Request::options("/").header(ORIGIN, origin).header(ACCESS_CONTROL_REQUEST_METHOD, method);
        if let Some(headers) = headers {
            request = request.header(ACCESS_CONTROL_REQUEST_HEADERS, headers);
        }
        fields(&cors.preflight(&Head::of(&request.body(()).unwrap(), None)).unwrap())
    }

    /// Without `Vary`, sorted, with `access-control-` cut off.
    fn fields(map: &HeaderMap) -> Vec<(String, String)> {
        let pair = |(name, value): (&HeaderName, &HeaderValue)| {
            Some((
                name.as_str().strip_prefix("access-control-")?.to_owned(),
                value.to_str().unwrap().to_owned(),
            ))
        };
        let mut fields: Vec<_> = map.iter().filter_map(pair).collect();
        fields.sort();
        fields
    }

    fn expect(fields: &[(String, String)], expected: &[(&str, &str)]) {
        let got: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn a_preflight_from_an_allowed_origin() {
        for origin in ["https://www.foo.com", "https://www.bar.com", "https://xpto.www.bar.com"] {
            let expected = [
                ("allow-credentials", "true"),
                ("allow-headers", "x-header-1, x-header-2"),
                ("allow-methods", "GET, OPTIONS"),
                ("allow-origin", origin),
                ("expose-headers", "x-header-3, x-header-4"),
                ("max-age", "3600"),
            ];
            expect(&preflight(&cors_1(), origin, "GET", Some("x-header-1, x-header-2")), &expected);
        }
    }

    #[test]
    fn a_preflight_from_another_origin() {
        for origin in [
            "https://foobar.com",
            "http://www.foo.com",
            "https://www.foo.com:8443",
            "https://bar.com",
            "null",
        ] {
            expect(&preflight(&cors_1(), origin, "GET", Some("x-header-1")), &[]);
        }
    }

    #[test]
    fn wildcards_without_credentials() {
        let expected = [
            ("allow-headers", "*"),
            ("allow-methods", "*"),
            ("allow-origin", "*"),
            ("expose-headers", "*"),
            ("max-age", "5"),
        ];
        expect(&preflight(&everything(false), "https://foobar.com:12345", "PUT", Some("x-a")), &expected);
        let put = Cors { methods: Some(names("PUT")), ..everything(false) };
        assert!(preflight(&put, "https://a", "PUT", None).contains(&("allow-methods".into(), "PUT".into())));
    }

    #[test]
    fn wildcards_with_credentials_name_what_was_asked_for() {
        let expected = [
            ("allow-credentials", "true"),
            ("allow-headers", "x-a, x-b"),
            ("allow-methods", "PUT"),
            ("allow-origin", "https://a.example"),
            ("max-age", "5"),
        ];
        expect(&preflight(&everything(true), "https://a.example", "PUT", Some("x-a, x-b")), &expected);
        let without = preflight(&everything(true), "https://a.example", "PUT", None);
        assert!(without.iter().all(|(name, _)| name != "allow-headers"));
    }

    #[test]
    fn other_requests_are_no_preflight() {
        let get = Request::get("/").header(ORIGIN, "https://www.foo.com").body(()).unwrap();
        let plain = Request::options("/").header(ORIGIN, "https://www.foo.com").body(()).unwrap();
        let same = Request::options("/").header(ACCESS_CONTROL_REQUEST_METHOD, "GET").body(()).unwrap();
        for request in [get, plain, same] {
            assert_eq!(cors_1().preflight(&Head::of(&request, None)), None);
        }
    }

    #[test]
    fn an_answer_replaces_what_the_backend_says() {
        let backend = [
            (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
            (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("TRACE")),
            (VARY, HeaderValue::from_static("accept, ORIGIN")),
        ];
        let answer = |cors: &Cors, origin: Option<&'static str>| {
            let mut answer: HeaderMap = backend.iter().cloned().collect();
            cors.apply(origin.map(HeaderValue::from_static).as_ref(), &mut answer);
            assert_eq!(answer.get_all(VARY).iter().count(), 1);
            fields(&answer)
        };
        let allowed = [
            ("allow-credentials", "true"),
            ("allow-origin", "https://www.foo.com"),
            ("expose-headers", "x-header-3, x-header-4"),
        ];
        expect(&answer(&cors_1(), Some("https://www.foo.com")), &allowed);
        expect(&answer(&cors_1(), Some("https://foobar.com")), &[]);
        expect(&answer(&cors_1(), None), &[]);
        let anybody = [("allow-origin", "*"), ("expose-headers", "*")];
        expect(&answer(&everything(false), Some("https://a.example")), &anybody);
    }

    #[test]
    fn an_answer_that_depends_on_the_origin_says_so() {
        let mut answer = HeaderMap::new();
        cors_1().apply(None, &mut answer);
        assert_eq!(answer.get(VARY).unwrap(), "Origin");
        let mut answer = HeaderMap::new();
        everything(false).apply(None, &mut answer);
        assert_eq!(answer.get(VARY), None);
    }
}

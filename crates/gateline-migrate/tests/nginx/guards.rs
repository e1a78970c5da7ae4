//! What the controller's template writes before a request is passed on: lists, questions, limits, CORS, shares of a canary. Apart from
//! the model, as all of the configuration.

use std::fmt::Write as _;

use gateline_api::Object;

use crate::conf::annotation;

/// Where those that are asked are, on the server that echoes: `/verdict/allow` lets pass, any other does not.
pub(crate) const VERDICTS: &str =
    "location = /verdict/allow { return 200; } location /verdict/ { return 401; }";

fn list<'o>(object: &'o Object, names: &[&str]) -> Vec<&'o str> {
    let text = names.iter().find_map(|name| annotation(object, name)).unwrap_or_default();
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect()
}

/// Directives of a location.
pub(crate) fn within(object: &Object, number: usize, text: &mut String) {
    for address in list(object, &["denylist-source-range"]) {
        let _ = writeln!(text, "      deny {address};");
    }
    let allowed = list(object, &["allowlist-source-range", "whitelist-source-range"]);
    for address in &allowed {
        let _ = writeln!(text, "      allow {address};");
    }
    if !allowed.is_empty() {
        text.push_str("      deny all;\n");
    }
    if annotation(object, "enable-cors") == Some("true") {
        cors(object, text);
    }
    if annotation(object, "auth-url").is_some() {
        let _ = writeln!(text, "      auth_request /_external-auth-{number};");
    }
    if annotation(object, "auth-signin").is_some() {
        let _ = writeln!(text, "      error_page 401 = @signin-{number};");
    }
    if annotation(object, "auth-type") == Some("basic") {
        text.push_str("      auth_basic \"\";\n      auth_basic_user_file htpasswd;\n");
    }
    if annotation(object, "limit-rps").is_some() {
        let rate: u32 = annotation(object, "limit-rps").unwrap().parse().unwrap();
        let times: u32 = annotation(object, "limit-burst-multiplier").unwrap_or("5").parse().unwrap();
        let zone = zone(object);
        let _ = writeln!(
            text,
            "      limit_req zone={zone} burst={} nodelay;\n      limit_req_status 503;",
            rate * times
        );
    }
    let size = annotation(object, "proxy-body-size").unwrap_or("1m");
    let _ = writeln!(text, "      client_max_body_size {size};");
}

/// Locations of the server that a location needs.
pub(crate) fn beside(object: &Object, number: usize, echo: u16, text: &mut String) {
    if let Some(url) = annotation(object, "auth-url") {
        let verdict = url.rsplit('/').next().unwrap();
        let _ = writeln!(
            text,
            "    location = /_external-auth-{number} {{ internal; proxy_pass_request_body off; proxy_set_header Content-Length \"\"; \
             proxy_pass http://127.0.0.1:{echo}/verdict/{verdict}; }}"
        );
    }
    if let Some(url) = annotation(object, "auth-signin") {
        let _ = writeln!(
            text,
            "    location @signin-{number} {{ internal; return 302 {url}?rd=$scheme://$http_host$request_uri; }}"
        );
    }
}

/// Directives of `http`: the zone that limits of an Ingress count in.
pub(crate) fn zones(object: &Object, text: &mut String) {
    if let Some(rate) = annotation(object, "limit-rps") {
        let _ =
            writeln!(text, "  limit_req_zone $binary_remote_addr zone={}:1m rate={rate}r/s;", zone(object));
    }
}

fn zone(object: &Object) -> String {
    object.name.to_string().replace('/', "_")
}

fn cors(object: &Object, text: &mut String) {
    let origins = list(object, &["cors-allow-origin"]);
    if origins.is_empty() || origins == ["*"] {
        text.push_str("      set $http_origin *;\n      set $cors 'true';\n");
    } else {
        let one = |origin: &&str| {
            format!("({})", regex_syntax::escape(origin).replacen(r"\*", r"[A-Za-z0-9\-]+", 1))
        };
        let all: Vec<String> = origins.iter().map(one).collect();
        let _ = writeln!(
            text,
            "      set $cors '';\n      if ($http_origin ~* (({})$)) {{ set $cors 'true'; }}",
            all.join("|")
        );
    }
    let credentials = annotation(object, "cors-allow-credentials") != Some("false");
    let credentials =
        if credentials { "add_header Access-Control-Allow-Credentials true always;" } else { "" };
    let fields = format!("add_header Access-Control-Allow-Origin $http_origin always; {credentials}");
    let _ = writeln!(
        text,
        "      if ($request_method = 'OPTIONS') {{ set $cors \"${{cors}}options\"; }}\n      \
         if ($cors = 'true') {{ {fields} }}\n      if ($cors = 'trueoptions') {{ {fields} return 204; }}"
    );
}

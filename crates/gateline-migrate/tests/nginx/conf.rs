//! A configuration of nginx as the controller's template makes it from Ingresses: written after the behaviour of
//! `buildLocation`, `updateServerLocations` and `buildProxyPass`, and apart from the model. Slashes are not merged, for the model
//! compares paths as sent.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use gateline_api::objects::Ingress;
use gateline_api::{Object, Objects};
use gateline_migrate::ImplementationSpecific;

use crate::guards;

pub(crate) struct Ports {
    pub(crate) http: u16,
    /// Stands for HTTPS.
    pub(crate) https: u16,
    pub(crate) echo: u16,
}

#[derive(Clone)]
struct Location {
    path: String,
    kind: String,
    backend: Option<String>,
    canary: Option<(Object, String)>,
    ingress: Object,
}

#[derive(Default)]
struct Server {
    tls: bool,
    aliases: Vec<String>,
    /// Whether the other name, with or without `www.`, leads here.
    www: bool,
    locations: Vec<Location>,
}

pub(crate) fn annotation<'o>(object: &'o Object, name: &str) -> Option<&'o str> {
    object.value["metadata"]["annotations"][format!("nginx.ingress.kubernetes.io/{name}")].as_str()
}

fn is_canary(object: &Object) -> bool {
    annotation(object, "canary") == Some("true")
}

/// The servers of the hosts, with their locations in the order in which the controller meets them.
fn servers(objects: &Objects, specific: ImplementationSpecific) -> BTreeMap<String, Server> {
    let mut list: Vec<&Object> = objects.of_kind("networking.k8s.io", "Ingress").collect();
    // Equally old: by name from the last.
    list.sort_by_key(|object| Reverse(object.name.to_string()));
    let mut servers: BTreeMap<String, Server> = BTreeMap::new();
    for object in list.iter().filter(|object| !is_canary(object)) {
        let ingress: Ingress = object.decode().unwrap();
        for rule in &ingress.spec.rules {
            let host = rule.host.clone().unwrap_or_else(|| "_".into());
            let root = || Location {
                path: "/".into(),
                kind: "Prefix".into(),
                backend: None,
                canary: None,
                ingress: (*object).clone(),
            };
            let server = servers
                .entry(host.clone())
                .or_insert_with(|| Server { locations: vec![root()], ..Server::default() });
            let aliases = annotation(object, "server-alias").unwrap_or_default().split(',').map(str::trim);
            server.aliases.extend(aliases.filter(|alias| !alias.is_empty()).map(str::to_owned));
            server.www |= annotation(object, "from-to-www-redirect") == Some("true");
            server.tls |= ingress.spec.tls.iter().any(|tls| tls.hosts.contains(&host));
        }
    }
    for object in &list {
        let ingress: Ingress = object.decode().unwrap();
        for rule in &ingress.spec.rules {
            let host = rule.host.clone().unwrap_or_else(|| "_".into());
            let server = servers.get_mut(&host).unwrap();
            for path in rule.http.iter().flat_map(|http| &http.paths) {
                let service = path.backend.service.as_ref().unwrap();
                let backend =
                    format!("{}/{}:{}", object.name.namespace, service.name, service.port.number.unwrap());
                let (text, mut kind) = (path.path.clone().unwrap(), path.path_type.clone().unwrap());
                // SetDefaultNGINXPathType.
                if kind == "ImplementationSpecific" && specific == ImplementationSpecific::Prefix {
                    kind = "Prefix".into();
                }
                if is_canary(object) {
                    let same =
                        server.locations.iter_mut().filter(|one| one.path == text && one.backend.is_some());
                    same.for_each(|one| one.canary = Some(((*object).clone(), backend.clone())));
                    continue;
                }
                let location = Location {
                    path: text.clone(),
                    kind: kind.clone(),
                    backend: Some(backend),
                    canary: None,
                    ingress: (*object).clone(),
                };
                match server
                    .locations
                    .iter_mut()
                    .find(|one| one.path == text && (one.kind == kind || text == "/" && kind != "Exact"))
                {
                    Some(known) if known.backend.is_none() => *known = location,
                    Some(_) => {}
                    None => server.locations.push(location),
                }
            }
        }
    }
    servers
}

/// The whole file.
pub(crate) fn of(objects: &Objects, specific: ImplementationSpecific, ports: &Ports) -> String {
    let mut text = String::from(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr warn;\nevents {}\nhttp {\n",
    );
    text += "  access_log off;\n  merge_slashes off;\n  port_in_redirect off;\n  server_names_hash_bucket_size 128;\n";
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "  {kind}_temp_path {kind}_temp;");
    }
    let _ = writeln!(
        text,
        "  server {{ listen 127.0.0.1:{}; merge_slashes off; {} location / {{ add_header X-Echo $http_x_backend; return 200 $request_uri; }} }}",
        ports.echo,
        guards::VERDICTS
    );
    let _ = writeln!(
        text,
        "  server {{ listen 127.0.0.1:{} default_server; listen 127.0.0.1:{} default_server; server_name _; return 404; }}",
        ports.http, ports.https
    );
    for object in objects.of_kind("networking.k8s.io", "Ingress") {
        guards::zones(object, &mut text);
    }
    let servers = servers(objects, specific);
    let hosts: Vec<String> = servers.keys().cloned().collect();
    let mut number = 0;
    for (host, mut server) in servers {
        server.locations.sort_by(|a, b| b.path.cmp(&a.path));
        server.locations.sort_by_key(|one| std::cmp::Reverse(one.path.len()));
        let locations = with_exact(&server.locations);
        let regex = locations
            .iter()
            .any(|one| rewrites(one) || annotation(&one.ingress, "use-regex") == Some("true"));
        for secure in [false, true] {
            if secure && !server.tls {
                continue;
            }
            let port = if secure { ports.https } else { ports.http };
            let other = host.strip_prefix("www.").map_or_else(|| format!("www.{host}"), str::to_owned);
            if server.www && !hosts.contains(&other) {
                let _ = writeln!(
                    text,
                    "  server {{ listen 127.0.0.1:{port}; server_name {other}; return 308 $scheme://{host}$request_uri; }}"
                );
            }
            let mut names = server_name(&host);
            for alias in server.aliases.iter().filter(|alias| !hosts.contains(alias)) {
                let _ = write!(names, " {alias}");
            }
            let _ = writeln!(text, "  server {{\n    listen 127.0.0.1:{port};\n    server_name {names};");
            if let Some(root) = locations.iter().find_map(|one| annotation(&one.ingress, "app-root")) {
                let scheme = if secure { "https" } else { "http" };
                let _ = writeln!(text, "    if ($uri = /) {{ return 302 {scheme}://$http_host{root}; }}");
            }
            for one in &locations {
                number += 1;
                guards::beside(&one.ingress, number, ports.echo, &mut text);
                location(one, regex, !secure && server.tls, (ports, number), &mut text);
            }
            text += "  }\n";
        }
    }
    text + "}\n"
}

fn server_name(host: &str) -> String {
    match host.strip_prefix("*.") {
        Some(rest) => format!(r"~^(?<subdomain>[\w-]+)\.{}$", rest.replace('.', r"\.")),
        None => host.to_owned(),
    }
}

fn rewrites(location: &Location) -> bool {
    annotation(&location.ingress, "rewrite-target").is_some_and(|target| target != location.path)
}

/// A Prefix becomes the location with a slash and an exact one without, unless it is part of a pattern.
fn with_exact(locations: &[Location]) -> Vec<Location> {
    let mut list = Vec::new();
    for one in locations {
        let plain = one.kind == "Prefix"
            && one.path != "/"
            && !rewrites(one)
            && annotation(&one.ingress, "use-regex") != Some("true");
        if !plain {
            list.push(one.clone());
            continue;
        }
        let path = if one.path.ends_with('/') { one.path.clone() } else { format!("{}/", one.path) };
        list.push(Location { path, ..one.clone() });
        if !locations.iter().any(|other| other.kind == "Exact" && other.path == one.path) {
            list.push(Location { kind: "Exact".into(), ..one.clone() });
        }
    }
    list
}

fn location(
    one: &Location,
    regex: bool,
    redirect: bool,
    (ports, number): (&Ports, usize),
    text: &mut String,
) {
    let path = &one.path;
    let _ = match (regex, &*one.kind) {
        (true, _) => writeln!(text, "    location ~* \"^{path}\" {{"),
        (false, "Exact") => writeln!(text, "    location = \"{path}\" {{"),
        (false, _) => writeln!(text, "    location \"{path}\" {{"),
    };
    guards::within(&one.ingress, number, text);
    for (name, default) in [("temporal-redirect", "302"), ("permanent-redirect", "301")] {
        if let Some(url) = annotation(&one.ingress, name) {
            let code = annotation(&one.ingress, &format!("{name}-code")).unwrap_or(default);
            let _ = writeln!(text, "      return {code} {url};");
        }
    }
    let wanted = annotation(&one.ingress, "ssl-redirect") != Some("false");
    if redirect && wanted {
        text.push_str("      return 308 https://$host$request_uri;\n");
    }
    let Some(backend) = &one.backend else {
        text.push_str("      return 404;\n    }\n");
        return;
    };
    let _ = writeln!(text, "      set $backend {backend};");
    if let Some((canary, other)) = &one.canary {
        split(canary, backend, other, text);
    }
    if let Some(target) = annotation(&one.ingress, "rewrite-target").filter(|target| target != path) {
        let _ = writeln!(text, "      rewrite \"(?i){path}\" {target} break;");
    }
    let _ = writeln!(
        text,
        "      proxy_set_header X-Backend $backend;\n      proxy_set_header Host $http_host;\n      proxy_pass http://127.0.0.1:{};\n    }}",
        ports.echo
    );
}

/// Who gets the canary. The weakest is written first: what follows overwrites it.
fn split(canary: &Object, backend: &str, other: &str, text: &mut String) {
    let weight = annotation(canary, "canary-weight").unwrap_or("0");
    if weight == "100" {
        let _ = writeln!(text, "      set $backend {other};");
    } else if weight != "0" {
        // The last digits of a random identifier stand for the dice of the balancer.
        let _ = writeln!(text, "      if ($request_id ~ \"{}\") {{ set $backend {other}; }}", share(weight));
    }
    let mut when = |variable: &str, test: &str, to: &str| {
        let _ = writeln!(text, "      if ({variable} {test}) {{ set $backend {to}; }}");
    };
    if let Some(cookie) = annotation(canary, "canary-by-cookie") {
        let variable = format!("$cookie_{cookie}");
        when(&variable, "= never", backend);
        when(&variable, "= always", other);
    }
    if let Some(header) = annotation(canary, "canary-by-header") {
        let variable = format!("$http_{}", header.to_ascii_lowercase().replace('-', "_"));
        if let Some(value) = annotation(canary, "canary-by-header-value") {
            when(&variable, &format!("= \"{value}\""), other);
        } else if let Some(pattern) = annotation(canary, "canary-by-header-pattern") {
            when(&variable, &format!("~ \"{pattern}\""), other);
        } else {
            when(&variable, "= never", backend);
            when(&variable, "= always", other);
        }
    }
}

/// A pattern that a share of all identifiers ends with, in percent.
fn share(percent: &str) -> String {
    let parts = percent.parse::<u32>().unwrap() * 256 / 100;
    let each: Vec<String> = (0..parts).map(|part| format!("{part:02x}")).collect();
    format!("({})$", each.join("|"))
}

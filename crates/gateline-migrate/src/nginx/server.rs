use std::collections::BTreeMap;

use gateline_api::objects::{Ingress, IngressService};
use gateline_api::{Object, Objects};

use super::annotations::Annotations;
use super::globals::{Globals, ImplementationSpecific};
use super::location::{Canary, Location, PathType};

/// A `server` of nginx: what one host is.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// `None`: every host that no other server takes.
    pub(crate) host: Option<String>,
    /// `server-alias`.
    pub(crate) aliases: Vec<String>,
    /// Whether the host has a certificate.
    pub(crate) tls: Option<String>,
    /// In the order in which the controller meets them.
    pub(crate) locations: Vec<Location>,
}

/// An Ingress of the controller's class, with its contents read.
#[derive(Debug)]
pub(crate) struct Read<'o> {
    pub(crate) object: &'o Object,
    pub(crate) ingress: Ingress,
    pub(crate) annotations: Annotations,
}

impl Read<'_> {
    pub(crate) fn is_canary(&self) -> bool {
        self.annotations.flag("canary") == Some(true)
    }

    /// Whether a host is among those of `spec.tls`: with the name of the Secret. An entry without hosts counts for all.
    fn secret(&self, host: &str) -> Option<String> {
        let tls = self.ingress.spec.tls.iter();
        let covers =
            |hosts: &[String]| hosts.is_empty() || hosts.iter().any(|one| one.eq_ignore_ascii_case(host));
        tls.filter(|tls| covers(&tls.hosts)).map(|tls| tls.secret_name.clone().unwrap_or_default()).next()
    }

    fn hosts(&self) -> impl Iterator<Item = Option<String>> {
        self.ingress.spec.rules.iter().map(|rule| host(rule.host.as_deref()))
    }
}

/// The Ingresses of a class: those with the name of it, or without any where `without` says so. The older one first, then by
/// name from the last, as the controller sorts them.
pub(crate) fn read<'o>(objects: &'o Objects, class: Option<&str>, globals: &Globals) -> Vec<Read<'o>> {
    let mut list: Vec<Read<'o>> = Vec::new();
    for object in
        objects.of_kind(gateline_api::objects::NETWORKING, "Ingress").filter(|object| !object.refused)
    {
        let Ok(ingress) = object.decode::<Ingress>() else { continue };
        let annotations = Annotations::new(&globals.annotations_prefix, object);
        let old = object.value.pointer("/metadata/annotations/kubernetes.io~1ingress.class");
        let written = ingress.spec.ingress_class_name.as_deref().or(old.and_then(serde_json::Value::as_str));
        if class.is_none() || written.is_none() || written == class {
            list.push(Read { object, ingress, annotations });
        }
    }
    list.sort_by(|a, b| {
        let age = |one: &Read<'_>| (one.object.created.is_none(), one.object.created);
        age(a).cmp(&age(b)).then_with(|| b.object.name.cmp(&a.object.name))
    });
    list
}

/// The servers of these Ingresses, by host; the one for all other hosts is last.
pub(crate) fn servers(list: &[Read<'_>], globals: &Globals) -> Vec<Server> {
    let mut servers: BTreeMap<Option<String>, Server> = BTreeMap::new();
    for read in list.iter().filter(|read| !read.is_canary()) {
        let default = read.ingress.spec.default_backend.as_ref().and_then(|backend| backend.service.clone());
        if read.ingress.spec.rules.is_empty() && default.is_some() {
            servers.entry(None).or_insert_with(|| Server::new(None, read, default.clone()));
        }
        for host in read.hosts() {
            let make = || Server::new(host.clone(), read, default.clone());
            let server = servers.entry(host.clone()).or_insert_with(make);
            if server.aliases.is_empty() {
                server.aliases = read.annotations.list("server-alias");
            }
            if let (None, Some(host)) = (&server.tls, &host) {
                server.tls = read.secret(host);
            }
        }
    }
    for read in list.iter().filter(|read| !read.is_canary()) {
        each_path(read, globals, |host, location| {
            if let Some(server) = servers.get_mut(&host) {
                server.add(location);
            }
        });
    }
    for read in list.iter().filter(|read| read.is_canary()) {
        each_path(read, globals, |host, location| {
            if let Some(server) = servers.get_mut(&host) {
                server.merge(location);
            }
        });
    }
    let known: Vec<String> = servers.keys().flatten().cloned().collect();
    for server in servers.values_mut() {
        server.aliases.retain(|alias| !known.contains(alias));
    }
    let other = servers.remove(&None);
    servers.into_values().chain(other).collect()
}

impl Server {
    /// With the location that it has whatever the rules say.
    fn new(host: Option<String>, read: &Read<'_>, default: Option<IngressService>) -> Self {
        let location = Location {
            path: "/".into(),
            kind: PathType::Prefix,
            specific: false,
            annotations: read.annotations.clone(),
            service: default,
            canary: None,
            is_default: true,
            origin: read.object.origin("spec"),
        };
        Self { host, aliases: Vec::new(), tls: None, locations: vec![location] }
    }

    /// Of two with one path and type the first counts.
    fn add(&mut self, location: Location) {
        let same = |known: &&mut Location| known.path == location.path && known.kind == location.kind;
        let same = self.locations.iter_mut().find(same);
        match same {
            Some(known) if known.is_default => *known = location,
            Some(_) => {}
            None => self.locations.push(location),
        }
    }

    /// A canary belongs to the location of its path; the first one of each counts.
    fn merge(&mut self, canary: Location) {
        let Some(service) = canary.service else { return };
        let matching = self.locations.iter_mut().filter(|known| {
            known.path == canary.path
                && known.kind == canary.kind
                && !known.is_default
                && known.canary.is_none()
        });
        for known in matching {
            if known
                .service
                .as_ref()
                .is_some_and(|known| (&known.name, &known.port) != (&service.name, &service.port))
            {
                known.canary = Some(Canary {
                    annotations: canary.annotations.clone(),
                    service: service.clone(),
                    origin: canary.origin.clone(),
                });
            }
        }
    }

    /// Whether all paths of the host are regular expressions.
    pub(crate) fn is_regex(&self) -> bool {
        self.locations.iter().any(Location::wants_regex)
    }
}

/// Calls `visit` with every path that has a Service.
fn each_path(read: &Read<'_>, globals: &Globals, mut visit: impl FnMut(Option<String>, Location)) {
    for (r, rule) in read.ingress.spec.rules.iter().enumerate() {
        for (p, path) in rule.http.iter().flat_map(|http| &http.paths).enumerate() {
            let Some(service) = path.backend.service.clone() else { continue };
            let specific = path.path_type.as_deref() == Some("ImplementationSpecific");
            let raw = globals.implementation_specific == ImplementationSpecific::Raw;
            let kind = match path.path_type.as_deref() {
                Some("Exact") => PathType::Exact,
                _ if specific && raw => PathType::Raw,
                _ => PathType::Prefix,
            };
            let text = path.path.as_deref().filter(|path| !path.is_empty()).unwrap_or("/");
            // Every path begins with the root: there is but one kind of it.
            let kind = if text == "/" && kind == PathType::Raw { PathType::Prefix } else { kind };
            let origin = read.object.origin(&format!("spec.rules[{r}].http.paths[{p}]"));
            let annotations = read.annotations.clone();
            let location = Location {
                path: text.into(),
                kind,
                specific,
                annotations,
                service: Some(service),
                canary: None,
                is_default: false,
                origin,
            };
            visit(host(rule.host.as_deref()), location);
        }
    }
}

fn host(written: Option<&str>) -> Option<String> {
    written.filter(|host| !host.is_empty()).map(str::to_ascii_lowercase)
}

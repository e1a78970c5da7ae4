//! From servers to the rules that the router searches and the prover compares.

use std::collections::{BTreeMap, BTreeSet};

use gateline::filter::Filters;
use gateline::model::{
    AttachedHostname, AttachedRoute, Backend, BackendId, BackendName, BackendProtocol, HostPattern, Listener,
    ListenerName, Match, Model, ObjectName, Origin, PathMatch, Protocol, Route, RouteId, RouteKind, Rule,
    Target, TlsMode, WeightedBackend,
};
use gateline_api::objects::{CORE, IngressService, Service};
use gateline_api::{Finding, Objects, Severity, finding::codes};
use http::StatusCode;

use super::annotations::Annotations;
use super::canary;
use super::filters;
use super::globals::Globals;
use super::location::{Canary, Location, PathType};
use super::order::{Does, Placed, order};
use super::policy;
use super::redirect;
use super::server::Server;

/// Names of rules that answer by themselves.
pub(crate) const ADD_SLASH: &str = "trailing-slash";
pub(crate) const SSL_REDIRECT: &str = "ssl-redirect";
pub(crate) const APP_ROOT: &str = "app-root";
pub(crate) const WWW: &str = "from-to-www-redirect";

/// The name that both sides of a comparison give to the Gateway.
pub(crate) fn gateway() -> ObjectName {
    ObjectName::new("", "ingress")
}

/// Builds a model of servers, and says what it could not read.
pub(crate) struct Builder<'a> {
    objects: &'a Objects,
    globals: &'a Globals,
    backends: Vec<Backend>,
    index: BTreeMap<BackendName, BackendId>,
    routes: Vec<Route>,
    listeners: [Listener; 2],
    sites: Vec<Site>,
    findings: Vec<Finding>,
    unknown: Vec<String>,
}

/// Where a rule is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Http,
    Https,
}

/// What a host has on one port.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// As written; `None` for every other host.
    pub(crate) hosts: Option<Vec<String>>,
    pub(crate) port: Port,
    /// Index of its server; `None` for a host that only leads to another.
    pub(crate) server: Option<usize>,
    /// Its routes in the model.
    pub(crate) routes: Vec<RouteId>,
}

/// All that comes of servers.
pub(crate) struct Built {
    pub(crate) model: Model,
    pub(crate) sites: Vec<Site>,
    pub(crate) findings: Vec<Finding>,
    /// What could not be read, with the place.
    pub(crate) unknown: Vec<String>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(objects: &'a Objects, globals: &'a Globals, ports: [u16; 2]) -> Self {
        let listener = |section: &str, protocol, port| Listener {
            name: ListenerName { gateway: gateway(), set: None, section: section.into() },
            port,
            protocol,
            mode: TlsMode::default(),
            hostname: None,
            filters: Vec::new(),
            attached: Vec::new(),
            origin: Origin::default(),
        };
        let [http, https] = ports;
        let listeners = [listener("http", Protocol::Http, http), listener("https", Protocol::Https, https)];
        Self {
            objects,
            globals,
            backends: Vec::new(),
            index: BTreeMap::new(),
            routes: Vec::new(),
            listeners,
            sites: Vec::new(),
            findings: Vec::new(),
            unknown: Vec::new(),
        }
    }

    pub(crate) fn build(mut self, servers: &[Server]) -> Built {
        let hosts: BTreeSet<&str> = servers.iter().filter_map(|server| server.host.as_deref()).collect();
        for (index, server) in servers.iter().enumerate() {
            let hostnames = self.hostnames(server);
            self.narrowed(server);
            let (placed, unread) = order(server);
            for one in unread {
                let path = &one.location.path;
                let message =
                    format!("path {path:?} is a pattern outside of what is reasoned about: {}", one.reason);
                let host = server.host.as_deref().unwrap_or("*");
                self.unknown.push(format!("{host}: {message} ({})", one.location.origin));
                self.findings.push(
                    Finding::new(&codes::GL707, one.location.origin.clone(), message)
                        .help("no implementation on RE2 takes it either: spell it out as several paths"),
                );
            }
            let ports = if server.tls.is_some() { &[Port::Http, Port::Https][..] } else { &[Port::Http] };
            for port in ports {
                let rules = self.rules(server, &placed, *port);
                let all = server.host.iter().chain(&server.aliases).cloned().collect::<Vec<_>>();
                let hosts_of = server.host.is_some().then_some(all);
                let routes = self.attach(*port, &hostnames, rules);
                self.sites.push(Site { hosts: hosts_of, port: *port, server: Some(index), routes });
                self.www(server, &hosts, *port);
            }
        }
        let listeners = self.listeners.into_iter().filter(|listener| !listener.attached.is_empty()).collect();
        let model = Model { listeners, routes: self.routes, backends: self.backends };
        Built { model, sites: self.sites, findings: self.findings, unknown: self.unknown }
    }

    /// Tells paths of type `ImplementationSpecific` that are read as `Prefix`: converters and readers of nginx expect more.
    fn narrowed(&mut self, server: &Server) {
        let narrowed =
            |one: &&Location| one.specific && one.kind == PathType::Prefix && !one.path.ends_with('/');
        let locations = server.locations.iter().filter(|_| !server.is_regex()).filter(narrowed);
        self.findings.extend(locations.map(|one| {
            let path = &one.path;
            let message = format!(
                "{path:?} of type ImplementationSpecific is Prefix to the controller: {:?} is not taken",
                format!("{path}bar")
            );
            let help =
                "compare with an nginx that takes every path that begins so: --implementation-specific raw";
            Finding::new(&codes::GL704, one.origin.clone(), message).severity(Severity::Info).help(help)
        }));
    }

    fn hostnames(&mut self, server: &Server) -> Vec<AttachedHostname> {
        let Some(host) = &server.host else {
            return vec![AttachedHostname { written: None, effective: None }];
        };
        let mut hostnames = Vec::new();
        for text in std::iter::once(host).chain(&server.aliases) {
            let pattern = match HostPattern::parse(text) {
                Ok(HostPattern::Wildcard(suffix)) => HostPattern::Label(suffix),
                Ok(pattern) => pattern,
                Err(error) => {
                    let origin = server.locations.first().map(|one| one.origin.clone()).unwrap_or_default();
                    self.unknown.push(format!("{text}: {error} ({origin})"));
                    continue;
                }
            };
            hostnames.push(AttachedHostname { written: Some(pattern.clone()), effective: Some(pattern) });
        }
        hostnames
    }

    /// Adds the rules of a server, one route for each Ingress.
    fn attach(&mut self, port: Port, hostnames: &[AttachedHostname], rules: Vec<Rule>) -> Vec<RouteId> {
        let mut routes: Vec<Route> = Vec::new();
        for (location, rule) in (0..).zip(rules) {
            let rule = Rule { location: Some(location), ..rule };
            match routes.iter_mut().find(|route| route.name == rule.origin.object) {
                Some(route) => route.rules.push(rule),
                None => routes.push(Route {
                    kind: RouteKind::Ingress,
                    name: rule.origin.object.clone(),
                    created: None,
                    origin: Origin { path: "".into(), ..rule.origin.clone() },
                    rules: vec![rule],
                }),
            }
        }
        let [http, https] = &mut self.listeners;
        let listener = if port == Port::Http { http } else { https };
        let mut ids = Vec::new();
        for route in routes {
            let id = RouteId(u32::try_from(self.routes.len()).unwrap_or(u32::MAX));
            listener.attached.push(AttachedRoute { route: id, hostnames: hostnames.to_vec() });
            self.routes.push(route);
            ids.push(id);
        }
        ids
    }

    /// `from-to-www-redirect`: the other name of a host leads to it.
    fn www(&mut self, server: &Server, hosts: &BTreeSet<&str>, port: Port) {
        let asks = |one: &&Location| one.annotations.flag("from-to-www-redirect") == Some(true);
        let (Some(host), Some(location)) = (&server.host, server.locations.iter().find(asks)) else { return };
        let other = host.strip_prefix("www.").map_or_else(|| format!("www.{host}"), str::to_owned);
        if hosts.contains(other.as_str()) {
            return;
        }
        let Ok(pattern) = HostPattern::parse(&other) else { return };
        let hostname = AttachedHostname { written: Some(pattern.clone()), effective: Some(pattern) };
        let filters = redirect::to_host(host, self.globals.http_redirect_code);
        let origin = location.annotations.origin("from-to-www-redirect");
        let rule = answering(WWW, PathMatch::default(), filters, origin);
        let routes = self.attach(port, &[hostname], vec![rule]);
        self.sites.push(Site { hosts: Some(vec![other]), port, server: None, routes });
    }

    /// The rules of a server in order.
    fn rules(&mut self, server: &Server, placed: &[Placed<'_>], port: Port) -> Vec<Rule> {
        let mut rules = Vec::new();
        let root = server.locations.iter().find_map(|one| Some((one, one.annotations.get("app-root")?)));
        if let Some((location, root)) = root.filter(|(_, root)| root.starts_with('/')) {
            let filters = redirect::to_path(root, StatusCode::FOUND);
            let origin = location.annotations.origin("app-root");
            let mut rule = answering(APP_ROOT, PathMatch::Exact("/".into()), filters, origin);
            rule.policies.insert(policy::QUERY.into(), "dropped".into());
            rules.push(rule);
        }
        for one in placed {
            match &one.does {
                Does::AddSlash(path) => {
                    let filters = redirect::to_path(path, StatusCode::MOVED_PERMANENTLY);
                    rules.push(answering(ADD_SLASH, one.path.clone(), filters, one.location.origin.clone()));
                }
                Does::Serve => self.serve(server, one, port, &mut rules),
            }
        }
        rules
    }

    fn serve(&mut self, server: &Server, placed: &Placed<'_>, port: Port, rules: &mut Vec<Rule>) {
        let (location, path) = (placed.location, &placed.path);
        let annotations = &location.annotations;
        if let Some(returned) = redirect::returned(annotations) {
            let origin = annotations.origin(returned.annotation);
            let mut rule =
                answering(returned.annotation, path.clone(), returned.filters, location.origin.clone());
            rule.origin = origin;
            rule.policies.extend(returned.policy.map(|(name, value)| (name.into(), value.into())));
            return rules.push(rule);
        }
        if port == Port::Http && self.is_redirected(server, location) {
            let filters = redirect::to_https(self.globals.http_redirect_code);
            return rules.push(answering(SSL_REDIRECT, path.clone(), filters, location.origin.clone()));
        }
        let mut policies = policy::of(annotations, port == Port::Https);
        let filters = filters::of(location, &mut policies);
        let Some(service) = &location.service else {
            let nothing = redirect::fixed("", StatusCode::NOT_FOUND);
            let filters = Filters { response_headers: None, ..nothing };
            return rules.push(answering("default-backend", path.clone(), filters, location.origin.clone()));
        };
        let primary = self.backend(service, annotations, &location.origin);
        let rule = Rule {
            matches: vec![matched(path.clone(), location.origin.clone())],
            filters,
            backends: vec![weighted(&primary, 1, &location.origin)].into(),
            session: filters::session(annotations),
            policies,
            origin: location.origin.clone(),
            ..Rule::default()
        };
        match &location.canary {
            Some(canary) => self.canary(canary, rule, &primary, rules),
            None => rules.push(rule),
        }
    }

    fn canary(&mut self, canary: &Canary, rule: Rule, primary: &Target, rules: &mut Vec<Rule>) {
        let steps = match canary::steps(&canary.annotations) {
            Ok(steps) => steps,
            Err(reason) => {
                self.unknown.push(format!("a canary cannot be read: {reason} ({})", canary.origin));
                return rules.push(rule);
            }
        };
        let other = self.backend(&canary.service, &canary.annotations, &canary.origin);
        for step in steps {
            let mut one = rule.clone();
            let shares = [
                weighted(primary, step.total - step.canary, &rule.origin),
                weighted(&other, step.canary, &canary.origin),
            ];
            one.backends = shares.into_iter().filter(|share| share.weight > 0).collect();
            if step.canary > 0 {
                one.name = Some("canary".into());
            }
            for matched in &mut one.matches {
                matched.headers.extend(step.header.clone());
            }
            rules.push(one);
        }
    }

    fn is_redirected(&self, server: &Server, location: &Location) -> bool {
        let exempt = self.globals.no_tls_redirect_locations.iter();
        if exempt.clone().any(|path| location.path.starts_with(path.as_str())) {
            return false;
        }
        let annotations = &location.annotations;
        let force = annotations.flag("force-ssl-redirect").unwrap_or(self.globals.force_ssl_redirect);
        let wanted = annotations.flag("ssl-redirect").unwrap_or(self.globals.ssl_redirect);
        force || (wanted && server.tls.is_some())
    }

    fn backend(&mut self, service: &IngressService, annotations: &Annotations, origin: &Origin) -> Target {
        let object = ObjectName::new(annotations.object().name.namespace.clone(), service.name.as_str());
        let known = self.objects.get(CORE, "Service", &object);
        let by_name = |name: &String| {
            let read = known?.decode::<Service>().ok()?;
            read.spec.ports.iter().find(|port| port.name.as_ref() == Some(name)).map(|port| port.port)
        };
        let Some(port) = service.port.number.or_else(|| service.port.name.as_ref().and_then(by_name)) else {
            let name = service.port.name.clone().unwrap_or_default();
            let message =
                format!("port {name:?} of Service {object} is not known: the Service is not in the input");
            let finding = Finding::new(&codes::GL728, origin.clone(), message);
            self.findings.push(
                finding.help("add the Service to the input: a backendRef needs the number of the port"),
            );
            return Target::Invalid {
                reference: format!("{object}:{name}").into(),
                reason: "BackendNotFound".into(),
            };
        };
        let name = BackendName { kind: "Service".into(), object, port: Some(port) };
        let next = BackendId(u32::try_from(self.backends.len()).unwrap_or(u32::MAX));
        let id = *self.index.entry(name.clone()).or_insert(next);
        if id == next {
            let protocol = match annotations.get("backend-protocol").map(str::to_ascii_uppercase).as_deref() {
                Some("HTTPS" | "GRPCS") => BackendProtocol::Https,
                Some("GRPC") => BackendProtocol::H2c,
                _ => BackendProtocol::Unspecified,
            };
            self.backends.push(Backend { name, protocol, origin: known.map(|object| object.origin("")) });
        }
        Target::Backend(id)
    }
}

fn matched(path: PathMatch, origin: Origin) -> Match {
    Match { path, origin, ..Match::default() }
}

fn answering(name: &str, path: PathMatch, filters: Filters, origin: Origin) -> Rule {
    Rule {
        name: Some(name.into()),
        matches: vec![matched(path, origin.clone())],
        filters,
        origin,
        ..Rule::default()
    }
}

fn weighted(target: &Target, weight: u32, origin: &Origin) -> WeightedBackend {
    WeightedBackend { target: target.clone(), weight, filters: Filters::default(), origin: origin.clone() }
}

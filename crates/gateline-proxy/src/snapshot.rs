use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use gateline::model::{
    BackendId, BackendProtocol, Listener, ListenerId, Model, ObjectName, Protocol, Route, Rule,
};
use gateline::{EntryId, Hit, Router};
use gateline_api::resolve::{Certificate, Endpoint, Resolution, UpstreamTls};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;

use crate::session::Session;
use crate::tls::{ClientTls, provider, server_config};
use crate::upstream::Name;
use crate::{Config, ProxyError};

/// All that serving needs from one resolution: immutable, shared by the threads, swapped whole.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) router: Arc<Router>,
    /// What there is to bind, by port of the listener.
    pub(crate) ports: BTreeMap<(Transport, u16), Port>,
    /// By [`ListenerId`]: how TLS ends there.
    server_tls: Vec<Option<Arc<ServerConfig>>>,
    /// By [`BackendId`], then those to which a Gateway shows its certificate.
    pub(crate) upstreams: Vec<Upstream>,
    /// The latter, by the listener that took the request.
    shown: BTreeMap<(ListenerId, BackendId), usize>,
    /// By [`gateline::model::RouteId`]: the number of rules of the routes before.
    first_rules: Vec<usize>,
    pub(crate) rules: usize,
    /// By [`Snapshot::rule_index`]; empty where no rule has any.
    sessions: Vec<Option<Session>>,
}

/// Connections and datagrams have ports of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Transport {
    Tcp,
    Udp,
}

#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) entry: EntryId,
    /// An HTTPS or TLS listener is among those of the port: clients begin with TLS.
    pub(crate) secure: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// `ns/name:port`.
    pub(crate) name: String,
    pub(crate) protocol: BackendProtocol,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) names: Vec<Arc<Name>>,
    pub(crate) tls: Option<Arc<ClientTls>>,
    /// `tls` is not a policy's: the backend says that it speaks HTTPS.
    implied_tls: bool,
    /// Requests are answered 500: TLS is asked for and cannot be had.
    pub(crate) broken_tls: bool,
}

impl Upstream {
    /// TLS that the gateway has to add to what it passes on.
    pub(crate) fn policy_tls(&self) -> Option<&ClientTls> {
        self.tls.as_deref().filter(|_| !self.implied_tls)
    }
}

impl Snapshot {
    /// Compiles a resolution. What the snapshot before has alike (TLS policies, names that are looked up) is carried
    /// over, so that connections survive.
    pub(crate) fn build(
        resolution: &Resolution,
        config: &Config,
        before: Option<&Self>,
    ) -> Result<Self, ProxyError> {
        let model = Arc::new(resolution.model.clone());
        let router = Arc::new(Router::compile(model.clone(), &config.router)?);
        let provider = provider();
        let ports = ports(&router);
        let server_tls = server_tls(resolution, &provider)?;
        let builder = Builder { config, before, provider: &provider };
        let mut upstreams = builder.upstreams(&model, resolution)?;
        let shown = builder.shown(&model, resolution, &mut upstreams)?;
        let mut rules = 0;
        let first_rules = model.routes.iter().map(|route| {
            let first = rules;
            rules += route.rules.len();
            first
        });
        let first_rules = first_rules.collect();
        let sessions = sessions(&model);
        Ok(Self { router, ports, server_tls, upstreams, shown, first_rules, rules, sessions })
    }

    /// The compiled rules, for explanations.
    #[must_use]
    pub fn router(&self) -> &Arc<Router> {
        &self.router
    }

    /// What listens on a port.
    pub(crate) fn port(&self, transport: Transport, port: u16) -> Option<&Port> {
        self.ports.get(&(transport, port))
    }

    /// `None` for a listener that does not end TLS.
    pub(crate) fn server_tls(&self, listener: ListenerId) -> Option<&Arc<ServerConfig>> {
        self.server_tls.get(usize::try_from(listener.0).ok()?)?.as_ref()
    }

    /// A dense number for the rule of a hit.
    pub(crate) fn rule_index(&self, hit: Hit) -> usize {
        let route = usize::try_from(hit.route.0).unwrap_or(usize::MAX);
        self.first_rules.get(route).map_or(0, |first| first + usize::from(hit.rule))
    }

    /// The index of a backend as requests of a listener meet it.
    pub(crate) fn upstream(&self, backend: BackendId, listener: ListenerId) -> usize {
        let plain = usize::try_from(backend.0).unwrap_or(usize::MAX);
        self.shown.get(&(listener, backend)).copied().unwrap_or(plain)
    }

    /// How the rule of a hit keeps sessions.
    pub(crate) fn session(&self, hit: Hit) -> Option<&Session> {
        self.sessions.get(self.rule_index(hit))?.as_ref()
    }

    /// Every name that is looked up.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<Name>> {
        self.upstreams.iter().flat_map(|upstream| &upstream.names)
    }
}

fn ports(router: &Router) -> BTreeMap<(Transport, u16), Port> {
    let mut ports = BTreeMap::new();
    for listener in &router.model().listeners {
        let Some(entry) = router.entry(listener.port) else { continue };
        let transport = if listener.protocol == Protocol::Udp { Transport::Udp } else { Transport::Tcp };
        let port = ports.entry((transport, listener.port)).or_insert(Port { entry, secure: false });
        port.secure |= matches!(listener.protocol, Protocol::Https | Protocol::Tls);
    }
    ports
}

fn server_tls(
    resolution: &Resolution,
    provider: &Arc<CryptoProvider>,
) -> Result<Vec<Option<Arc<ServerConfig>>>, ProxyError> {
    let listeners = resolution.model.listeners.iter().enumerate();
    let config = |(index, listener)| {
        let tls = resolution.tls.get(index).and_then(Option::as_ref);
        tls.map(|tls| server_config(listener, tls, provider)).transpose()
    };
    listeners.map(config).collect()
}

fn sessions(model: &Model) -> Vec<Option<Session>> {
    let rules =
        model.routes.iter().flat_map(|route| route.rules.iter().enumerate().map(move |rule| (route, rule)));
    if rules.clone().all(|(_, (_, rule))| rule.session.is_none()) {
        return Vec::new();
    }
    let session = |(route, (index, rule)): (&Route, (usize, &Rule))| {
        Session::new(route, index, rule.name.as_deref(), rule.session.as_ref()?)
    };
    rules.map(session).collect()
}

struct Builder<'a> {
    config: &'a Config,
    before: Option<&'a Snapshot>,
    provider: &'a Arc<CryptoProvider>,
}

impl Builder<'_> {
    fn upstreams(&self, model: &Model, resolution: &Resolution) -> Result<Vec<Upstream>, ProxyError> {
        let mut upstreams = Vec::with_capacity(model.backends.len());
        for (index, backend) in model.backends.iter().enumerate() {
            let resolved = resolution.upstreams.get(index).cloned().unwrap_or_default();
            let name = backend.name.to_string();
            let endpoints = self.config.backends.get(&name).unwrap_or(&resolved.endpoints);
            let (addresses, names) = self.endpoints(endpoints);
            let implied = implied_tls(backend);
            let policy = resolved.tls.as_ref().or(implied.as_ref());
            let fail = |reason| ProxyError::BackendTls { backend: name.clone(), reason };
            let tls = match policy {
                Some(policy) if !resolved.broken_tls => Some(self.tls(policy, None).map_err(fail)?),
                _ => None,
            };
            let (protocol, broken_tls) = (backend.protocol, resolved.broken_tls);
            let implied_tls = resolved.tls.is_none();
            upstreams.push(Upstream { name, protocol, addresses, names, tls, implied_tls, broken_tls });
        }
        Ok(upstreams)
    }

    /// Adds, for every Gateway with a certificate, the backends that it reaches and that speak TLS.
    fn shown(
        &self,
        model: &Model,
        resolution: &Resolution,
        upstreams: &mut Vec<Upstream>,
    ) -> Result<BTreeMap<(ListenerId, BackendId), usize>, ProxyError> {
        let mut by_gateway: BTreeMap<(&ObjectName, BackendId), usize> = BTreeMap::new();
        let mut shown = BTreeMap::new();
        for (index, listener) in (0..).zip(&model.listeners) {
            let gateway = &listener.name.gateway;
            let Some(certificate) = resolution.clients.get(gateway) else { continue };
            for backend in reached(model, listener) {
                let plain = usize::try_from(backend.0).ok().and_then(|index| upstreams.get(index));
                let Some((plain, tls)) = plain.and_then(|plain| Some((plain, plain.tls.as_ref()?))) else {
                    continue;
                };
                let index = ListenerId(index);
                if let Some(known) = by_gateway.get(&(gateway, backend)) {
                    shown.insert((index, backend), *known);
                    continue;
                }
                let fail = |reason| ProxyError::BackendTls { backend: plain.name.clone(), reason };
                let tls = self.tls(tls.policy(), Some(certificate)).map_err(fail)?;
                let upstream = Upstream { tls: Some(tls), ..plain.clone() };
                by_gateway.insert((gateway, backend), upstreams.len());
                shown.insert((index, backend), upstreams.len());
                upstreams.push(upstream);
            }
        }
        Ok(shown)
    }

    fn endpoints(&self, endpoints: &[Endpoint]) -> (Vec<SocketAddr>, Vec<Arc<Name>>) {
        let (mut addresses, mut names) = (BTreeSet::new(), Vec::new());
        for endpoint in endpoints {
            match endpoint {
                Endpoint::Address(address) => {
                    addresses.insert(*address);
                }
                Endpoint::Name(host, port) => names.push(self.name(host, *port)),
            }
        }
        (addresses.into_iter().collect(), names)
    }

    fn name(&self, host: &str, port: u16) -> Arc<Name> {
        let mut known = self.before.into_iter().flat_map(Snapshot::names);
        let same = known.find(|name| name.is(host, port));
        same.cloned().unwrap_or_else(|| Arc::new(Name::new(host, port)))
    }

    fn tls(
        &self,
        policy: &UpstreamTls,
        certificate: Option<&Arc<Certificate>>,
    ) -> Result<Arc<ClientTls>, String> {
        let known = self.before.into_iter().flat_map(|before| &before.upstreams);
        let mut known = known.filter_map(|upstream| upstream.tls.as_ref());
        match known.find(|tls| tls.is(policy, certificate)) {
            Some(tls) => Ok(tls.clone()),
            None => ClientTls::new(policy, certificate, self.provider).map(Arc::new),
        }
    }
}

/// The backends that requests of a listener may go to.
fn reached(model: &Model, listener: &Listener) -> BTreeSet<BackendId> {
    let routes = listener.attached.iter();
    let routes = routes.filter_map(|attached| model.routes.get(usize::try_from(attached.route.0).ok()?));
    routes.flat_map(Route::backends).collect()
}

/// `appProtocol: https` or `kubernetes.io/wss` without a BackendTLSPolicy: the name of the Service inside the cluster,
/// verified with the system's authorities.
fn implied_tls(backend: &gateline::model::Backend) -> Option<UpstreamTls> {
    let object = &backend.name.object;
    matches!(backend.protocol, BackendProtocol::Https | BackendProtocol::WebSocketTls).then(|| UpstreamTls {
        hostname: format!("{}.{}.svc", object.name, object.namespace),
        roots: None,
        san: Vec::new(),
    })
}

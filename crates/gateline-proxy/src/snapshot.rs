use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use gateline::model::{
    BackendId, BackendProtocol, Listener, ListenerId, ListenerName, Model, ObjectName, Protocol, Route, Rule,
};
use gateline::{EntryId, Hit, Router};
use gateline_api::resolve::{Certificate, Endpoint, ListenerTls, Resolution, UpstreamTls};
use rustls::crypto::CryptoProvider;

use crate::session::Session;
use crate::tls::{ClientTls, ServerTls, provider};
use crate::upstream::Name;
use crate::{Config, ProxyError};

/// All that serving needs from one resolution: immutable, shared by the threads, swapped whole.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) router: Arc<Router>,
    /// What there is to bind, by port of the listener.
    pub(crate) ports: BTreeMap<(Transport, u16), Port>,
    /// By [`ListenerId`]: how TLS ends there.
    server_tls: Vec<Option<Arc<ServerTls>>>,
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
    /// Requests are answered 500: TLS is asked for and cannot be had, for this reason.
    pub(crate) broken_tls: Option<Arc<str>>,
}

impl Upstream {
    /// TLS that the gateway has to add to what it passes on.
    pub(crate) fn policy_tls(&self) -> Option<&ClientTls> {
        self.tls.as_deref().filter(|_| !self.implied_tls)
    }
}

impl Snapshot {
    /// Compiles a resolution. What the snapshot before has alike (TLS of listeners and backends, names that are looked
    /// up) is carried over, so that connections and TLS sessions survive.
    pub(crate) fn build(
        resolution: &Resolution,
        config: &Config,
        before: Option<&Self>,
    ) -> Result<Self, ProxyError> {
        let model = Arc::new(resolution.model.clone());
        let router = Arc::new(Router::compile(model.clone(), &config.router)?);
        let provider = provider();
        let ports = ports(&router);
        let builder = Builder { config, before, provider: &provider };
        let server_tls = builder.server_tls(&model, resolution)?;
        let mut upstreams = builder.upstreams(&model, resolution);
        let shown = builder.shown(&model, resolution, &mut upstreams);
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
    pub(crate) fn server_tls(&self, listener: ListenerId) -> Option<&Arc<ServerTls>> {
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
    fn server_tls(
        &self,
        model: &Model,
        resolution: &Resolution,
    ) -> Result<Vec<Option<Arc<ServerTls>>>, ProxyError> {
        let one = |(listener, tls): (&Listener, &Option<ListenerTls>)| {
            let Some(tls) = tls else { return Ok(None) };
            let (name, protocol) = (&listener.name, listener.protocol);
            match self.server_tls_before(name).filter(|before| before.is(protocol, tls)) {
                Some(same) => Ok(Some(same.clone())),
                None => ServerTls::new(name, protocol, tls, self.provider).map(|new| Some(Arc::new(new))),
            }
        };
        model.listeners.iter().zip(&resolution.tls).map(one).collect()
    }

    fn server_tls_before(&self, name: &ListenerName) -> Option<&Arc<ServerTls>> {
        let before = self.before?;
        let listeners = &before.router.model().listeners;
        let index = listeners.binary_search_by(|listener| listener.name.cmp(name)).ok()?;
        before.server_tls.get(index)?.as_ref()
    }

    fn upstreams(&self, model: &Model, resolution: &Resolution) -> Vec<Upstream> {
        let mut upstreams = Vec::with_capacity(model.backends.len());
        for (index, backend) in model.backends.iter().enumerate() {
            let resolved = resolution.upstreams.get(index).cloned().unwrap_or_default();
            let name = backend.name.to_string();
            let endpoints = self.config.backends.get(&name).unwrap_or(&resolved.endpoints);
            let (addresses, names) = self.endpoints(endpoints);
            let implied = implied_tls(backend);
            let policy = resolved.tls.as_ref().or(implied.as_ref());
            let (tls, broken_tls) = match policy {
                _ if resolved.broken_tls => (None, Some("no BackendTLSPolicy for it can be used".into())),
                Some(policy) => self.tls(&name, policy, None),
                None => (None, None),
            };
            let (protocol, implied_tls) = (backend.protocol, resolved.tls.is_none());
            upstreams.push(Upstream { name, protocol, addresses, names, tls, implied_tls, broken_tls });
        }
        upstreams
    }

    /// Adds, for every Gateway with a certificate, the backends that it reaches and that speak TLS.
    fn shown(
        &self,
        model: &Model,
        resolution: &Resolution,
        upstreams: &mut Vec<Upstream>,
    ) -> BTreeMap<(ListenerId, BackendId), usize> {
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
                let (tls, broken_tls) = self.tls(&plain.name, tls.policy(), Some(certificate));
                let upstream = Upstream { tls, broken_tls, ..plain.clone() };
                by_gateway.insert((gateway, backend), upstreams.len());
                shown.insert((index, backend), upstreams.len());
                upstreams.push(upstream);
            }
        }
        shown
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

    /// TLS to a backend, or why it cannot be had: logged when it is new.
    fn tls(
        &self,
        backend: &str,
        policy: &UpstreamTls,
        certificate: Option<&Arc<Certificate>>,
    ) -> (Option<Arc<ClientTls>>, Option<Arc<str>>) {
        let before = || self.before.into_iter().flat_map(|before| &before.upstreams);
        let mut known = before().filter_map(|upstream| upstream.tls.as_ref());
        if let Some(tls) = known.find(|tls| tls.is(policy, certificate)) {
            return (Some(tls.clone()), None);
        }
        match ClientTls::new(policy, certificate, self.provider) {
            Ok(tls) => (Some(Arc::new(tls)), None),
            Err(reason) => {
                let same = |known: &Upstream| {
                    known.name == backend && known.broken_tls.as_deref() == Some(reason.as_str())
                };
                if !before().any(same) {
                    tracing::error!(backend, reason, "TLS to a backend cannot be set up: requests get 500");
                }
                (None, Some(reason.into()))
            }
        }
    }
}

/// The backends that requests of a listener may go to, or may have to be asked for.
fn reached(model: &Model, listener: &Listener) -> BTreeSet<BackendId> {
    let routes = listener.attached.iter();
    let routes = routes.filter_map(|attached| model.routes.get(usize::try_from(attached.route.0).ok()?));
    let asked = listener.filters.iter().filter_map(|filter| filter.target.backend());
    routes.flat_map(Route::backends).chain(asked).collect()
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

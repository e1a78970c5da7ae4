use gateline::model::{Model, Origin};
use gateline_api::{Finding, Objects};

use crate::implicit;
use crate::nginx::{self, Builder, Built, Globals, Location, Port, Server, Site};

/// Choices of a model of Ingresses.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourceOptions {
    /// Only Ingresses of this class, and those without any; `None` takes all.
    pub class: Option<String>,
    /// What the controller was told.
    pub globals: Globals,
    /// Where requests come in, HTTP and HTTPS; default 80 and 443.
    pub ports: [u16; 2],
}

impl Default for SourceOptions {
    fn default() -> Self {
        Self { class: None, globals: Globals::default(), ports: [80, 443] }
    }
}

/// What a controller does with Ingresses, as a model of the engine.
#[derive(Debug)]
pub struct Source {
    /// One Gateway with two listeners; its routes are of kind `Ingress`.
    pub model: Model,
    /// What a user should know about the Ingresses.
    pub findings: Vec<Finding>,
    /// What could not be read, in words: nothing is proved of it.
    pub unknown: Vec<String>,
    /// What the controller does without being asked, and no Gateway has to do.
    pub implicit: Vec<String>,
    /// How many Ingresses were read.
    pub ingresses: usize,
    pub(crate) servers: Vec<Server>,
    pub(crate) sites: Vec<Site>,
    pub(crate) globals: Globals,
    ports: [u16; 2],
}

impl Source {
    /// The Ingresses among the objects, as ingress-nginx serves them. The ConfigMap of the controller is read if it is there.
    /// O(n log n) in the number of paths.
    #[must_use]
    pub fn ingress_nginx(objects: &Objects, options: &SourceOptions) -> Self {
        let globals = options.globals.clone().read(objects);
        let list = nginx::read(objects, options.class.as_deref(), &globals);
        let servers = nginx::servers(&list, &globals);
        let ingresses = list.len();
        let Built { model, sites, findings, unknown } =
            Builder::new(objects, &globals, options.ports).build(&servers);
        let implicit = implicit::of(&servers, &globals);
        Self { model, findings, unknown, implicit, ingresses, servers, sites, globals, ports: options.ports }
    }

    /// Every path of the Ingresses, canaries included: its host, the Ingress, and the names of its annotations.
    pub(crate) fn written(&self) -> impl Iterator<Item = (String, Origin, Vec<String>)> {
        let places = self.servers.iter().flat_map(|server| {
            let host = server.host.clone().unwrap_or_else(|| "*".into());
            server.locations.iter().map(move |location| (host.clone(), location))
        });
        places.flat_map(|(host, location)| {
            let canary = location.canary.as_ref().map(|canary| &canary.annotations);
            std::iter::once(&location.annotations).chain(canary).map(move |annotations| {
                let names = annotations.iter().map(|(name, _)| name.to_owned()).collect();
                (host.clone(), annotations.object().origin("metadata.name"), names)
            })
        })
    }

    /// The number of a port.
    pub(crate) fn port(&self, port: Port) -> u16 {
        let [http, https] = self.ports;
        if port == Port::Http { http } else { https }
    }

    /// The location whose rule has this origin, and its server.
    pub(crate) fn location(&self, origin: &Origin) -> Option<(&Server, &Location)> {
        self.servers.iter().find_map(|server| {
            let of = |one: &&Location| {
                let own = &one.origin;
                (&own.object, &own.path) == (&origin.object, &origin.path)
                    || (own.object == origin.object && origin.path.starts_with("metadata.annotations"))
            };
            server.locations.iter().find(of).map(|location| (server, location))
        })
    }
}

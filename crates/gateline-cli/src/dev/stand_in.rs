use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use gateline::Model;
use gateline::model::{Backend, BackendId, HostPattern, Listener, ObjectName, Protocol, Target, TlsMode};
use gateline_api::resolve::{Certificate, Resolution};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;

use super::authority::Authority;
use super::echo::{Echo, Speech};
use crate::error::CliError;
use crate::input::World;

/// What stands in for the cluster, and what it stood in for. Lives as long as the command, so that a reload keeps the
/// ports of echo backends and the certificate authority.
pub(crate) struct StandIns {
    echo: Option<Echo>,
    authority: Option<Authority>,
    /// Where the user wants the authority's certificate.
    wanted_file: Option<PathBuf>,
    /// Where the authority's certificate is, once one was needed.
    pub(crate) authority_file: Option<PathBuf>,
    /// `ns/service:port`.
    pub(crate) services: BTreeSet<String>,
    /// Secrets.
    pub(crate) secrets: BTreeSet<ObjectName>,
    /// Backends whose TLS was switched off because an echo backend speaks none.
    pub(crate) plain: BTreeSet<String>,
}

impl StandIns {
    pub(crate) fn new(echo: bool, wanted_file: Option<PathBuf>) -> Result<Self, CliError> {
        let start =
            || Echo::start().map_err(|source| CliError::Io { what: "cannot start the echo backend", source });
        let echo = if echo { Some(start()?) } else { None };
        Ok(Self {
            echo,
            authority: None,
            wanted_file,
            authority_file: None,
            services: BTreeSet::new(),
            secrets: BTreeSet::new(),
            plain: BTreeSet::new(),
        })
    }

    /// Gives endpoints to backends without any, and certificates to listeners whose Secret is missing.
    pub(crate) fn fill(&mut self, world: &mut World) -> Result<(), CliError> {
        self.services.clear();
        self.secrets.clear();
        self.plain.clear();
        self.backends(&mut world.resolution)?;
        self.certificates(&mut world.resolution)
    }

    fn backends(&mut self, resolution: &mut Resolution) -> Result<(), CliError> {
        let Some(mut echo) = self.echo.take() else { return Ok(()) };
        let filled = self.echoes(resolution, &mut echo);
        self.echo = Some(echo);
        filled
    }

    fn echoes(&mut self, resolution: &mut Resolution, echo: &mut Echo) -> Result<(), CliError> {
        let carriers = carriers(&resolution.model);
        let backends = (0..).map(BackendId).zip(&resolution.model.backends);
        for ((id, backend), upstream) in backends.zip(&mut resolution.upstreams) {
            if !upstream.endpoints.is_empty() {
                continue;
            }
            let speech =
                carriers.get(&id).map_or(Ok(Speech::Http), |listener| self.speech(listener, backend))?;
            let address = echo.address(&backend.name, &speech);
            let address =
                address.map_err(|source| CliError::Io { what: "cannot bind an echo backend", source })?;
            upstream.endpoints.push(gateline_api::resolve::Endpoint::Address(address));
            self.services.insert(backend.name.to_string());
            if upstream.tls.take().is_some() || std::mem::take(&mut upstream.broken_tls) {
                self.plain.insert(backend.name.to_string());
            }
        }
        Ok(())
    }

    /// What an echo backend has to speak for a listener.
    fn speech(&mut self, listener: &Listener, backend: &Backend) -> Result<Speech, CliError> {
        Ok(match (listener.protocol, listener.mode) {
            (Protocol::Http | Protocol::Https, _) => Speech::Http,
            (Protocol::Tls, TlsMode::Passthrough) => {
                let certificate = self.authority()?.issue(&backend.name.object, names(listener))?;
                let config = server_config(certificate).map_err(|error| CliError::Io {
                    what: "cannot set up an echo backend",
                    source: std::io::Error::other(error),
                });
                Speech::Tls(Arc::new(config?))
            }
            (Protocol::Tls | Protocol::Tcp, _) => Speech::Bytes,
            (Protocol::Udp, _) => Speech::Datagrams,
        })
    }

    fn authority(&mut self) -> Result<&Authority, CliError> {
        match &mut self.authority {
            Some(authority) => Ok(authority),
            none => Ok(none.insert(Authority::new()?)),
        }
    }

    fn certificates(&mut self, resolution: &mut Resolution) -> Result<(), CliError> {
        let mut issued = BTreeSet::new();
        for (listener, tls) in resolution.model.listeners.iter().zip(&mut resolution.tls) {
            let Some(tls) = tls else { continue };
            for secret in std::mem::take(&mut tls.missing) {
                let certificate = self.authority()?.issue(&secret, names(listener))?;
                tls.certificates.push(Arc::new(certificate));
                issued.insert(secret);
            }
        }
        self.secrets.extend(issued);
        self.write_authority()
    }

    /// For `curl --cacert`: a file of this run alone. Without a place to write to, `curl -k` has to do.
    fn write_authority(&mut self) -> Result<(), CliError> {
        let (Some(authority), None) = (&self.authority, &self.authority_file) else { return Ok(()) };
        if let Some(file) = &self.wanted_file {
            let written = std::fs::write(file, authority.pem());
            written.map_err(|source| CliError::Write { path: file.clone(), source })?;
            self.authority_file = Some(file.clone());
            return Ok(());
        }
        let file = std::env::temp_dir().join(format!("gateline-dev-ca-{}.pem", std::process::id()));
        if std::fs::write(&file, authority.pem()).is_ok() {
            self.authority_file = Some(file);
        }
        Ok(())
    }
}

impl Drop for StandIns {
    fn drop(&mut self) {
        if let (Some(file), None) = (&self.authority_file, &self.wanted_file) {
            // Left behind, it is a certificate that nobody has the key of.
            let _ = std::fs::remove_file(file);
        }
    }
}

fn server_config(certificate: Certificate) -> Result<ServerConfig, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    builder.with_single_cert(certificate.chain, certificate.key)
}

/// The listener that each backend gets its traffic from; of several, HTTP first.
fn carriers(model: &Model) -> BTreeMap<BackendId, &Listener> {
    let mut carriers: BTreeMap<BackendId, &Listener> = BTreeMap::new();
    for listener in &model.listeners {
        let routes = listener.attached.iter().filter_map(|one| model.routes.get(one.route.0 as usize));
        for backend in routes.flat_map(|route| &route.rules).flat_map(|rule| &rule.backends) {
            if let Target::Backend(id) = backend.target {
                let carrier = carriers.entry(id).or_insert(listener);
                if listener.protocol < carrier.protocol {
                    *carrier = listener;
                }
            }
        }
    }
    carriers
}

/// The names a listener's certificate must have: its hostname, or those of its routes.
fn names(listener: &Listener) -> Vec<String> {
    let mut names: BTreeSet<String> = BTreeSet::from(["localhost".to_owned()]);
    let mut add = |pattern: &HostPattern| {
        names.insert(pattern.to_string());
    };
    if let Some(hostname) = &listener.hostname {
        add(hostname);
    } else {
        let hostnames = listener.attached.iter().flat_map(|attached| &attached.hostnames);
        hostnames.filter_map(|hostname| hostname.effective.as_ref()).for_each(&mut add);
    }
    names.into_iter().collect()
}

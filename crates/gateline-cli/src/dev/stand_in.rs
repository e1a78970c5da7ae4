use std::collections::BTreeSet;
use std::path::PathBuf;

use gateline::model::{HostPattern, Listener, ObjectName};
use gateline_api::resolve::Resolution;

use super::authority::Authority;
use super::echo::Echo;
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
        let Some(echo) = &mut self.echo else { return Ok(()) };
        for (backend, upstream) in resolution.model.backends.iter().zip(&mut resolution.upstreams) {
            if !upstream.endpoints.is_empty() {
                continue;
            }
            let address = echo.address(&backend.name);
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

    fn certificates(&mut self, resolution: &mut Resolution) -> Result<(), CliError> {
        let mut issued = BTreeSet::new();
        for (listener, tls) in resolution.model.listeners.iter().zip(&mut resolution.tls) {
            let Some(tls) = tls else { continue };
            for secret in std::mem::take(&mut tls.missing) {
                let names = names(listener);
                let authority = match &self.authority {
                    Some(authority) => authority,
                    None => self.authority.insert(Authority::new()?),
                };
                tls.certificates.push(authority.issue(&secret, names)?);
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

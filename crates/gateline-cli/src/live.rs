//! A cluster as input, and manifests laid over it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gateline_api::finding::codes;
use gateline_api::objects::{CORE, GATEWAY};
use gateline_api::parse::Loaded;
use gateline_api::resolve::{Assume, Options};
use gateline_api::{Finding, Object, Objects, validate};
use gateline_controller::{Snapshot, connect, resolve_options};

use crate::apply;
use crate::error::CliError;
use crate::input::World;
use crate::kubernetes::runtime;
use crate::output::Output;

/// Which cluster to read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LiveArgs {
    /// Read the objects of a cluster: that of $KUBECONFIG, of ~/.kube/config, or that this pod is in. Manifests are laid
    /// over them as `kubectl apply` would; nothing is written
    #[arg(long)]
    pub(crate) kubernetes: bool,
    /// Another kubeconfig
    #[arg(long, value_name = "FILE", requires = "kubernetes")]
    kubeconfig: Option<PathBuf>,
    /// Another context than the current one
    #[arg(long, value_name = "NAME", requires = "kubernetes")]
    context: Option<String>,
    /// Only Gateways of GatewayClasses with this `controllerName` [default: all, whoever serves them]
    #[arg(long, value_name = "DOMAIN/PATH", requires = "kubernetes")]
    controller_name: Option<String>,
}

/// A cluster, read once.
pub(crate) struct Live {
    cluster: Snapshot,
    /// That of the context: where manifests go that name none.
    namespace: Box<str>,
    /// What to think of things that are not there, and of those that cannot be seen.
    options: Options,
}

impl Live {
    pub(crate) fn read(args: &LiveArgs) -> Result<Self, CliError> {
        let (cluster, namespace) = runtime()?.block_on(async {
            let client = connect(args.kubeconfig.as_deref(), args.context.as_deref()).await;
            let client = client.map_err(CliError::Cluster)?;
            let cluster = Snapshot::take(&client).await.map_err(|error| CliError::Cluster(error.into()))?;
            Ok::<_, CliError>((cluster, client.default_namespace().into()))
        })?;
        let options = options(args.controller_name.as_deref(), &cluster.forbidden);
        Ok(Self { cluster, namespace, options })
    }

    /// The options of a resolution, before the user's choices.
    pub(crate) fn options(&self) -> Options {
        self.options.clone()
    }

    /// Says what could not be looked at.
    pub(crate) fn tell_unseen(&self, output: &mut Output) {
        for line in unseen(&self.cluster) {
            output.error_line(&line);
        }
    }

    /// The cluster as it is.
    pub(crate) fn world(&self, options: &Options) -> World {
        World::of(self.cluster.objects.clone(), Loaded::default(), options)
    }

    /// The cluster as it would be with the manifests. What it would refuse changes nothing.
    pub(crate) fn world_with(&self, mut manifests: Loaded, options: &Options) -> World {
        let mut objects = self.cluster.objects.clone();
        let mut laid = self.lay(&manifests.objects, options);
        manifests.findings.append(&mut validate(&mut laid));
        manifests.findings.append(&mut self.refuse_homeless(&mut laid));
        for object in laid.iter().filter(|object| !object.refused) {
            objects.insert(object.clone());
        }
        World::of(objects, manifests, options)
    }

    /// The manifests as they would be stored.
    fn lay(&self, manifests: &Objects, options: &Options) -> Objects {
        let mut laid = Objects::default();
        for manifest in manifests.iter() {
            let mut manifest = manifest.clone();
            if manifest.value["metadata"]["namespace"].is_null() && !manifest.name.namespace.is_empty() {
                manifest.name.namespace.clone_from(&self.namespace);
            }
            let live = self.cluster.objects.get(&manifest.group, &manifest.kind, &manifest.name);
            laid.insert(match live {
                Some(live) => apply::over(live, manifest),
                None => apply::new(manifest, options.now),
            });
        }
        laid
    }

    /// Refuses objects of kinds and in namespaces that there are not.
    fn refuse_homeless(&self, laid: &mut Objects) -> Vec<Finding> {
        let namespaces: BTreeSet<Box<str>> = [&self.cluster.objects, &*laid]
            .into_iter()
            .flat_map(|objects| objects.of_kind(CORE, "Namespace"))
            .map(|namespace| namespace.name.name.clone())
            .collect();
        let homeless = laid.iter_mut().filter_map(|object| {
            let (message, help) = self.homeless(object, &namespaces)?;
            object.refused = true;
            let message = format!("{} {}: {message}", object.kind, object.name);
            Some(Finding::new(&codes::GL001, object.origin("metadata"), message).help(help))
        });
        homeless.collect()
    }

    fn homeless(&self, object: &Object, namespaces: &BTreeSet<Box<str>>) -> Option<(String, &'static str)> {
        let namespace = &object.name.namespace;
        if self.cluster.absent.contains(&(&*object.group, &*object.kind)) {
            let message = format!("this cluster has no kind {} of group {}", object.kind, object.group);
            return Some((message, "install its CRD first"));
        }
        let unseen = self.cluster.forbidden.contains(&"Namespace");
        (!namespace.is_empty() && !unseen && !namespaces.contains(namespace))
            .then(|| (format!("namespaces \"{namespace}\" not found"), "make the Namespace first"))
    }
}

/// What is not there is missing; of what cannot be seen nothing is known.
fn options(controller: Option<&str>, forbidden: &[&str]) -> Options {
    let mut options = resolve_options(controller.unwrap_or_default());
    if controller.is_none() {
        // Gateways of others too: their pods have other ports.
        (options.controller, options.reserved_ports) = (None, None);
    }
    let seen = |kinds: &[&str]| {
        if kinds.iter().any(|kind| forbidden.contains(kind)) { Assume::Unknown } else { Assume::Missing }
    };
    options.services = seen(&["Service", "EndpointSlice"]);
    options.secrets = seen(&["Secret", "ConfigMap"]);
    options.gateways = seen(&["Gateway", "GatewayClass"]);
    options.namespaces = seen(&["Namespace"]);
    options
}

/// A line for what may not be read, and one for what the cluster does not have; other projects' kinds are no loss.
fn unseen(cluster: &Snapshot) -> Vec<String> {
    let absent = cluster.absent.iter().filter(|(group, _)| *group == GATEWAY).map(|(_, kind)| *kind);
    let line = |what: &str, kinds: &[&str]| {
        (!kinds.is_empty()).then(|| format!("note: {what}: {}", kinds.join(", ")))
    };
    let forbidden = line(
        "this user may not list the following, and what depends on them may be judged wrongly",
        &cluster.forbidden,
    );
    let absent = line("this cluster does not have", &absent.collect::<Vec<_>>());
    forbidden.into_iter().chain(absent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_may_not_be_read_nothing_is_assumed() {
        let seen = options(None, &["Secret"]);
        assert_eq!((seen.secrets, seen.services), (Assume::Unknown, Assume::Missing));
        assert_eq!((seen.controller, seen.reserved_ports), (None, None));
        assert_eq!(options(Some("a/b"), &[]).controller.as_deref(), Some("a/b"));
    }
}

use crate::address::GatewayAddress;

/// `controllerName` of the GatewayClasses that are ours, unless told otherwise.
pub const CONTROLLER_NAME: &str = "gateline.dev/controller";

/// Choices of a controller.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// `controllerName` of the GatewayClasses that are ours.
    pub controller: String,
    /// Who writes, if there are several controllers; `None` is this one, always.
    pub lease: Option<LeaseOptions>,
    /// Who serves the Gateways.
    pub serving: Serving,
}

/// Who serves the Gateways.
#[derive(Clone, Debug)]
pub enum Serving {
    /// Pods, made for each Gateway.
    Pods(PodOptions),
    /// Somebody else does, at these addresses: this very process, say.
    At(Vec<GatewayAddress>),
}

/// What pods are made of.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PodOptions {
    /// An image whose entry point is `gateline`.
    pub image: String,
    /// `IfNotPresent`, `Always` or `Never`; `None` leaves it to Kubernetes.
    pub pull_policy: Option<String>,
    /// Pods of a Gateway that does not say; `None` is one, and leaves the number to a HorizontalPodAutoscaler.
    pub replicas: Option<i32>,
    /// A ClusterRoleBinding that gives the pods leave to read: their ServiceAccounts are kept as its subjects. `None`
    /// if they need none.
    pub binding: Option<String>,
}

/// The Lease of the controller that writes.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    /// Where it is.
    pub namespace: String,
    /// What it is called.
    pub name: String,
    /// Who we are: different for each process.
    pub identity: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { controller: CONTROLLER_NAME.to_owned(), lease: None, serving: Serving::At(Vec::new()) }
    }
}

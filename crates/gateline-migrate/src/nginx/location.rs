use gateline::model::Origin;
use gateline_api::objects::IngressService;

use super::annotations::Annotations;

/// The pathType of an Ingress, as the controller reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PathType {
    /// The whole path.
    Exact,
    /// By elements.
    Prefix,
    /// Every path that begins with the text.
    Raw,
}

/// A `location` of nginx before it is put in order.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    /// As written; `/` where nothing is.
    pub(crate) path: String,
    pub(crate) kind: PathType,
    /// Whether the type is written as `ImplementationSpecific`.
    pub(crate) specific: bool,
    /// Of the Ingress that it is from.
    pub(crate) annotations: Annotations,
    /// `None`: the default backend of the controller, which answers 404.
    pub(crate) service: Option<IngressService>,
    /// Ingresses with `canary: "true"` for the same path.
    pub(crate) canary: Option<Canary>,
    /// Made up because no rule of the host has the path `/`.
    pub(crate) is_default: bool,
    pub(crate) origin: Origin,
}

/// The other backend of a location, and who gets it.
#[derive(Clone, Debug)]
pub(crate) struct Canary {
    pub(crate) annotations: Annotations,
    pub(crate) service: IngressService,
    pub(crate) origin: Origin,
}

impl Location {
    /// `rewrite-target`, unless it changes nothing.
    pub(crate) fn rewrite_target(&self) -> Option<&str> {
        self.annotations.get("rewrite-target").filter(|target| *target != self.path)
    }

    /// Whether it turns the paths of its whole host into regular expressions.
    pub(crate) fn wants_regex(&self) -> bool {
        self.rewrite_target().is_some() || self.annotations.flag("use-regex") == Some(true)
    }
}
